//! Events of apps as lines for people.

use std::io;

use dormouse::RunId;
use dormouse::core::AppEventKind;
use dormouse::core::app::lifecycle::{AppState, End, ExtensionReason, RevokedReason};
use dormouse::core::event::Stream;
use dormouse_control::api::AppEventView;

use super::{BAD, Detail, GOOD, Human, PLAIN, Sinks, Style, Told, WARN, guest_line};
use crate::output::receipt::size;

impl Human {
    /// Writes what there is to say of what happened to an app.
    ///
    /// # Errors
    ///
    /// Those of the sinks.
    pub(crate) fn app_event(&mut self, event: &AppEventView, to: &mut Sinks<'_>) -> io::Result<()> {
        let who = event.app.as_str();
        match &event.kind {
            AppEventKind::Output { stream, text } => {
                let mut written = Ok(());
                let begun = self.begun_of_apps.entry((event.app.clone(), *stream)).or_default();
                begun.push(text, |line| {
                    if written.is_ok() {
                        written = guest_line(who, *stream, line, to);
                    }
                });
                return written;
            }
            AppEventKind::Ended { .. } => {
                for stream in [Stream::Stdout, Stream::Stderr] {
                    if let Some(lines) = self.begun_of_apps.remove(&(event.app.clone(), stream)) {
                        let mut written = Ok(());
                        lines.finish(|line| written = guest_line(who, stream, line, to));
                        written?;
                    }
                }
            }
            _ => {}
        }
        let Some((least, run, word, style, text)) = told(&event.kind) else { return Ok(()) };
        if !self.shows(least) {
            return Ok(());
        }
        let told = Told { run, word, style, text: format!("{who} {text}") };
        self.line(event.time, &told, to.err)
    }
}

/// What is told of it behind the app's name, and at which detail it begins to be.
fn told(kind: &AppEventKind) -> Option<(Detail, Option<RunId>, &'static str, Style, String)> {
    use Detail::{Normal, Quiet, Verbose};
    let (least, word, style, text) = match kind {
        AppEventKind::StateChanged { from, to } => (Normal, "app", PLAIN, became(*from, *to)),
        AppEventKind::Called { handler, .. } => (Verbose, "called", PLAIN, handler.as_str().to_owned()),
        AppEventKind::Returned { handler, took_ms, .. } => {
            (Verbose, "returned", PLAIN, format!("{} after {took_ms}ms", handler.as_str()))
        }
        AppEventKind::DeferralTaken { open, .. } => {
            (Verbose, "deferral", PLAIN, format!("has taken one, {open} open"))
        }
        AppEventKind::DeferralCompleted { open, .. } => {
            (Verbose, "deferral", PLAIN, format!("has completed one, {open} open"))
        }
        AppEventKind::Activated { activation, previous } => {
            (Normal, "activated", PLAIN, format!("for {activation}, was {previous}"))
        }
        AppEventKind::Settled { activation } => {
            (Verbose, "settled", PLAIN, format!("has dealt with {activation}"))
        }
        AppEventKind::Refused { what, error } => (Normal, "refused", WARN, format!("{what}: {error}")),
        AppEventKind::ExtensionGranted { reason, description } => {
            (Normal, "extended", PLAIN, format!("for {}: {description}", extension(*reason)))
        }
        AppEventKind::ExtensionDenied { reason, error } => {
            (Normal, "refused", WARN, format!("an extended execution for {}: {error}", extension(*reason)))
        }
        AppEventKind::ExtensionRevoked { reason } => (Normal, "revoked", WARN, revoked(*reason).to_owned()),
        AppEventKind::ExtensionOver => (Verbose, "extended", PLAIN, "no longer".to_owned()),
        AppEventKind::MemoryLevel { level, used, limit, .. } => {
            let text = format!("holds {} of {}, {}", size(*used), size(*limit), level.as_str());
            (Verbose, "memory", PLAIN, text)
        }
        AppEventKind::MemoryLimit { old, new } => {
            (Verbose, "memory", PLAIN, format!("may hold {}, after {}", size(*new), size(*old)))
        }
        AppEventKind::MemoryRefused { wanted, limit } => {
            let text = format!("growing to {} of memory, the limit being {}", size(*wanted), size(*limit));
            (Normal, "refused", WARN, text)
        }
        AppEventKind::Denied { what } => (Normal, "denied", WARN, what.clone()),
        AppEventKind::RunEntered { run } => {
            return Some((Verbose, Some(*run), "entered", PLAIN, "runs it".to_owned()));
        }
        AppEventKind::Ended { end, message } => return Some(ended(*end, message)),
        AppEventKind::Fault { message } => (Quiet, "fault", BAD, message.clone()),
        // Written otherwise; and what later versions add.
        _ => return None,
    };
    Some((least, None, word, style, text))
}

fn became(from: AppState, to: AppState) -> String {
    let at = match to {
        AppState::NotRunning => "is not running",
        AppState::Background => "is in the background",
        AppState::Foreground => "is in the foreground",
        AppState::Suspending => "is about to be suspended",
        AppState::Suspended => "is suspended",
    };
    format!("{at}, was {}", from.as_str())
}

/// What an extended execution is for, in a word.
pub(crate) const fn extension(reason: ExtensionReason) -> &'static str {
    match reason {
        ExtensionReason::Unspecified => "unspecified",
        ExtensionReason::SavingData => "saving-data",
    }
}

const fn revoked(reason: RevokedReason) -> &'static str {
    match reason {
        RevokedReason::Resumed => "its extended execution: it is in sight again",
        RevokedReason::SystemPolicy => "its extended execution: its time is over",
    }
}

fn ended(end: End, message: &str) -> (Detail, Option<RunId>, &'static str, Style, String) {
    let (least, style) = match end {
        End::Closed
        | End::HostStopped
        | End::Restarted
        | End::Reclaimed
        | End::Uninstalled
        | End::LoggedOff => (Detail::Normal, GOOD),
        End::Terminated => (Detail::Normal, WARN),
        // Whoever prints nothing but what goes wrong prints this.
        _ => (Detail::Quiet, BAD),
    };
    let of = match end {
        End::Hung { handler } => format!(" in {}", handler.as_str()),
        _ => String::new(),
    };
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    (least, None, "ended", style, format!("{end}{of}{message}"))
}

#[cfg(test)]
mod tests {
    use dormouse::AppId;
    use dormouse::core::app::lifecycle::HandlerName;
    use dormouse::core::{AppEvent, Timestamp};
    use jiff::tz::TimeZone;

    use super::*;

    /// What is written for `kinds` to stdout and to stderr, without styles.
    fn written(detail: Detail, kinds: Vec<AppEventKind>) -> (String, String) {
        let mut human = Human::new(detail, TimeZone::UTC);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let app = AppId::new("org.example.notes").expect("a name");
        {
            let mut out = anstream::StripStream::new(&mut out);
            let mut err = anstream::StripStream::new(&mut err);
            for kind in kinds {
                let event =
                    AppEvent { at: Timestamp::from_millis(1_234), app: app.clone(), session: 1, kind };
                human
                    .app_event(&AppEventView::from(&event), &mut Sinks { out: &mut out, err: &mut err })
                    .expect("a vector takes everything");
            }
        }
        (String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text"))
    }

    fn output(text: &str) -> AppEventKind {
        AppEventKind::Output { stream: Stream::Stdout, text: text.to_owned() }
    }

    #[test]
    fn an_apps_lines_carry_its_name_and_its_last_one_comes_with_its_end() {
        let ended = AppEventKind::Ended { end: End::Closed, message: String::new() };
        let (out, err) = written(Detail::Normal, vec![output("one\ntw\u{1b}"), output("o"), ended]);
        assert_eq!(out, "org.example.notes | one\norg.example.notes | tw\\u{1b}o\n");
        assert!(err.ends_with("ended     org.example.notes closed\n"), "{err}");
    }

    #[test]
    fn where_an_app_is_is_told_and_its_handlers_only_to_those_who_want_everything() {
        let kinds = || {
            vec![
                AppEventKind::StateChanged { from: AppState::Background, to: AppState::Suspended },
                AppEventKind::Called { handler: HandlerName::Resuming, call: 1 },
            ]
        };
        let (_, err) = written(Detail::Normal, kinds());
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(err.contains("org.example.notes is suspended, was background"), "{err}");
        let (_, err) = written(Detail::Verbose, kinds());
        assert!(err.contains("called    org.example.notes resuming"), "{err}");
    }

    #[test]
    fn what_goes_wrong_is_told_to_those_who_want_nothing_else() {
        let hung = End::Hung { handler: HandlerName::Suspending };
        let kinds = [(End::Closed, false), (End::Reclaimed, false), (hung, true), (End::Crashed, true)];
        for (end, told) in kinds {
            let (_, err) = written(Detail::Quiet, vec![AppEventKind::Ended { end, message: "m".to_owned() }]);
            assert_eq!(!err.is_empty(), told, "{end}: {err}");
        }
        let (_, err) =
            written(Detail::Quiet, vec![AppEventKind::Ended { end: hung, message: String::new() }]);
        assert!(err.contains("org.example.notes hung in suspending"), "{err}");
    }
}
