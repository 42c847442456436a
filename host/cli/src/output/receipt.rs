//! What one run used and how it ended, as a block of aligned rows.

use std::time::Duration;

use bytesize::ByteSize;
use dormouse::{Outcome, Receipt};

/// The rows, without styles: a label, and its text, which may have several lines.
pub(crate) fn rows(outcome: &Outcome, receipt: &Receipt) -> Vec<(&'static str, String)> {
    let mut rows = Vec::with_capacity(14);
    match outcome {
        Outcome::Succeeded | Outcome::Interrupted => rows.push(("outcome", outcome.as_str().to_owned())),
        Outcome::Failed(failure) => {
            rows.push(("outcome", outcome.as_str().to_owned()));
            rows.push(("message", failure.message.clone()));
            if let Some(after) = failure.retry_after {
                rows.push(("retry after", span(after)));
            }
        }
        Outcome::Canceled { cancellation, forced } => {
            let how = if *forced { "by force: it did not end within its grace" } else { "cleanly" };
            rows.push(("outcome", format!("{}, {how}", outcome.as_str())));
            rows.push(("reason", cancellation.reason.to_string()));
            rows.push(("policy", cancellation.policy.clone()));
            if !cancellation.detail.is_empty() {
                rows.push(("detail", cancellation.detail.clone()));
            }
        }
        Outcome::Trapped { kind, message } => {
            rows.push(("outcome", format!("{}, {kind}", outcome.as_str())));
            rows.push(("message", message.clone()));
        }
        Outcome::DeferralAbandoned { open } => {
            rows.push(("outcome", outcome.as_str().to_owned()));
            let what = "open, and nothing was left in the guest that could complete them";
            rows.push(("detail", format!("{open} {what}")));
        }
    }
    rows.push(("queue wait", span(receipt.queue_wait)));
    rows.push(("wall", span(receipt.wall)));
    rows.push(("cpu", span(receipt.cpu)));
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
        if receipt.suspended_count == 0 { String::new() } else { format!(" ({})", span(receipt.paused)) };
    rows.push(("pauses", format!("{}{paused}", receipt.suspended_count)));
    rows.push(("denials", receipt.denials.to_string()));
    rows
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
    use dormouse::{Cancellation, CancellationReason};

    use super::*;

    fn row(rows: &[(&str, String)], label: &str) -> Option<String> {
        rows.iter().find(|(l, _)| *l == label).map(|(_, text)| text.clone())
    }

    #[test]
    fn a_cancellation_is_explained() {
        let cancellation = Cancellation::new(CancellationReason::ExecutionTimeExceeded, "cpu", "1.2s of 1s");
        let rows = rows(&Outcome::Canceled { cancellation, forced: true }, &Receipt::default());
        assert_eq!(row(&rows, "reason").as_deref(), Some("execution-time-exceeded"));
        assert_eq!(row(&rows, "policy").as_deref(), Some("cpu"));
        assert_eq!(row(&rows, "detail").as_deref(), Some("1.2s of 1s"));
        assert!(row(&rows, "outcome").is_some_and(|o| o.contains("by force")));
    }

    #[test]
    fn what_was_dropped_paused_and_refused_is_said() {
        let receipt = Receipt {
            stdout_bytes: 4096,
            output_dropped_bytes: 2048,
            suspended_count: 2,
            paused: Duration::from_secs(90),
            memory_refusals: 3,
            ..Receipt::default()
        };
        let rows = rows(&Outcome::Succeeded, &receipt);
        assert_eq!(row(&rows, "output").as_deref(), Some("4.0 KiB stdout, 0 B stderr (2.0 KiB dropped)"));
        assert_eq!(row(&rows, "pauses").as_deref(), Some("2 (1m 30s)"));
        assert_eq!(row(&rows, "peak memory").as_deref(), Some("0 B (3 refused growths)"));
    }

    #[test]
    fn spans_are_short() {
        for (ms, text) in
            [(0, "0.0ns"), (1, "1.0ms"), (25_000, "25.0s"), (125_000, "2m 5s"), (7_260_000, "2h 1m")]
        {
            assert_eq!(span(Duration::from_millis(ms)), text);
        }
    }
}
