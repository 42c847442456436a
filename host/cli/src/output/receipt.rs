//! What one run used and how it ended, as a block of aligned rows.

use std::time::Duration;

use bytesize::ByteSize;
use dormouse_control::api::{EndingView, OutcomeView, ReceiptView, StopView};

/// The rows, without styles: a label, and its text, which may have several lines.
pub(crate) fn rows(outcome: &OutcomeView, receipt: &ReceiptView) -> Vec<(&'static str, String)> {
    let mut rows = outcome_rows(outcome);
    rows.push(("queue wait", millis(receipt.queue_wait_ms)));
    rows.push(("wall", millis(receipt.wall_ms)));
    rows.push(("cpu", millis(receipt.cpu_ms)));
    let refused = match receipt.memory_refusals {
        0 => String::new(),
        n => format!(" ({n} refused growths)"),
    };
    rows.push(("peak memory", format!("{}{refused}", size(receipt.peak_memory_bytes))));
    let dropped = match receipt.output_dropped_bytes {
        0 => String::new(),
        n => format!(" ({} dropped)", size(n)),
    };
    rows.push((
        "output",
        format!("{} stdout, {} stderr{dropped}", size(receipt.stdout_bytes), size(receipt.stderr_bytes)),
    ));
    if let Some(progress) = receipt.progress {
        rows.push(("progress", progress.to_string()));
    }
    rows.push(("deferrals", receipt.deferrals.to_string()));
    let paused =
        if receipt.pauses == 0 { String::new() } else { format!(" ({})", millis(receipt.paused_ms)) };
    rows.push(("pauses", format!("{}{paused}", receipt.pauses)));
    rows.push(("denials", receipt.denials.to_string()));
    rows.push(("host calls", receipt.host_calls.to_string()));
    if let Some(StopView { policy, threshold_ms: Some(most), observed_ms: Some(seen), .. }) = &receipt.stop {
        rows.push(("stopped by", format!("{policy}: {} of {}", millis(*seen), millis(*most))));
    }
    if let Some(EndingView { told_ms, ended_ms, freed_ms }) = &receipt.ending {
        let told = told_ms.map_or("never told".to_owned(), |told| format!("told after {}", millis(told)));
        rows.push((
            "end",
            format!("{told}, ended after {}, freed in {}", millis(*ended_ms), millis(*freed_ms)),
        ));
    }
    rows
}

/// What there is to say of how a run ended.
fn outcome_rows(outcome: &OutcomeView) -> Vec<(&'static str, String)> {
    let word = outcome.as_str();
    let mut rows = Vec::with_capacity(16);
    match outcome {
        OutcomeView::Succeeded | OutcomeView::Interrupted => rows.push(("outcome", word.to_owned())),
        OutcomeView::Failed { message, retry_after_ms } => {
            rows.push(("outcome", word.to_owned()));
            rows.push(("message", message.clone()));
            if let Some(after) = retry_after_ms {
                rows.push(("retry after", millis(*after)));
            }
        }
        OutcomeView::Canceled { reason, policy, detail, forced } => {
            let how = if *forced { "by force: it did not end within its grace" } else { "cleanly" };
            rows.push(("outcome", format!("{word}, {how}")));
            rows.push(("reason", reason.to_string()));
            rows.push(("policy", policy.clone()));
            if !detail.is_empty() {
                rows.push(("detail", detail.clone()));
            }
        }
        OutcomeView::Trapped { trap, message } => {
            rows.push(("outcome", format!("{word}, {trap}")));
            rows.push(("message", message.clone()));
        }
        OutcomeView::DeferralAbandoned { open } => {
            rows.push(("outcome", word.to_owned()));
            let what = "open, and nothing was left in the guest that could complete them";
            rows.push(("detail", format!("{open} {what}")));
        }
    }
    rows
}

/// The lines of a row's text: the label stands before the first.
pub(crate) fn lines<'a>(label: &'a str, text: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    text.lines().enumerate().map(move |(n, line)| (if n == 0 { label } else { "" }, line))
}

/// A number of milliseconds as people read it.
pub(crate) fn millis(ms: f64) -> String {
    span(Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or_default())
}

/// A span as people read it: `1.2ms`, `25.0s`, `2m 5s`.
pub(crate) fn span(span: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let secs = span.as_secs();
    if secs < MINUTE {
        format!("{span:.1?}")
    } else if secs < HOUR {
        format!("{}m {}s", secs / MINUTE, secs % MINUTE)
    } else {
        format!("{}h {}m", secs / HOUR, secs % HOUR / MINUTE)
    }
}

/// A number of bytes as people read it: `1.1 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    ByteSize(bytes).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use dormouse::CancellationReason;

    use super::*;

    fn row(rows: &[(&str, String)], label: &str) -> Option<String> {
        rows.iter().find(|(l, _)| *l == label).map(|(_, text)| text.clone())
    }

    #[test]
    fn a_cancellation_is_explained() {
        let outcome = OutcomeView::Canceled {
            reason: CancellationReason::ExecutionTimeExceeded,
            policy: "cpu".to_owned(),
            detail: "1.2s of 1s".to_owned(),
            forced: true,
        };
        let rows = rows(&outcome, &ReceiptView::default());
        assert_eq!(row(&rows, "reason").as_deref(), Some("execution-time-exceeded"));
        assert_eq!(row(&rows, "policy").as_deref(), Some("cpu"));
        assert_eq!(row(&rows, "detail").as_deref(), Some("1.2s of 1s"));
        assert!(row(&rows, "outcome").is_some_and(|o| o.contains("by force")));
    }

    #[test]
    fn what_was_dropped_paused_and_refused_is_said() {
        let receipt = ReceiptView {
            stdout_bytes: 4096,
            output_dropped_bytes: 2048,
            pauses: 2,
            paused_ms: 90_000.0,
            memory_refusals: 3,
            stop: Some(StopView {
                reason: CancellationReason::ExecutionTimeExceeded,
                policy: "wall".to_owned(),
                threshold_ms: Some(25_000.0),
                observed_ms: Some(25_100.0),
            }),
            ending: Some(EndingView { told_ms: None, ended_ms: 5_000.0, freed_ms: 0.5 }),
            ..ReceiptView::default()
        };
        let rows = rows(&OutcomeView::Succeeded, &receipt);
        assert_eq!(row(&rows, "end").as_deref(), Some("never told, ended after 5.0s, freed in 500.0µs"));
        assert_eq!(row(&rows, "output").as_deref(), Some("4.0 KiB stdout, 0 B stderr (2.0 KiB dropped)"));
        assert_eq!(row(&rows, "pauses").as_deref(), Some("2 (1m 30s)"));
        assert_eq!(row(&rows, "stopped by").as_deref(), Some("wall: 25.1s of 25.0s"));
        assert_eq!(row(&rows, "peak memory").as_deref(), Some("0 B (3 refused growths)"));
    }

    #[test]
    fn spans_are_short() {
        for (ms, text) in
            [(0, "0.0ns"), (1, "1.0ms"), (25_000, "25.0s"), (125_000, "2m 5s"), (7_260_000, "2h 1m")]
        {
            assert_eq!(span(Duration::from_millis(ms)), text);
        }
        assert_eq!(
            (millis(1.5), millis(-1.0), millis(f64::NAN)),
            ("1.5ms".into(), "0.0ns".into(), "0.0ns".into())
        );
    }

    #[test]
    fn a_label_stands_before_the_first_line_only() {
        let lines: Vec<_> = lines("message", "one\ntwo").collect();
        assert_eq!(lines, [("message", "one"), ("", "two")]);
    }
}
