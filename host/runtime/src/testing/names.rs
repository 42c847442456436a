//! Events as lines: what a test of order compares.

use dormouse_core::event::EventKind;
use dormouse_core::outcome::Outcome;

/// The event's name with what makes it worth telling apart.
pub(super) fn name_of(kind: &EventKind) -> String {
    match kind {
        EventKind::Registered { .. } => "registered".to_owned(),
        EventKind::RegistrationFailed { name, error, .. } => {
            format!("registration of {name:?} failed: {error}")
        }
        EventKind::Unregistered { .. } => "unregistered".to_owned(),
        EventKind::Spent => "spent".to_owned(),
        EventKind::Fired { coalesced, .. } => format!("fired x{coalesced}"),
        EventKind::Duplicate { .. } => "duplicate".to_owned(),
        EventKind::Refused { reason } => format!("refused: {reason}"),
        EventKind::Latched { blocking, .. } => {
            let names: Vec<String> = blocking.iter().map(ToString::to_string).collect();
            format!("latched: {}", names.join(", "))
        }
        EventKind::Waiting { shortage, .. } => format!("waiting: {shortage}"),
        EventKind::Started { attempt, .. } => format!("started attempt {attempt}"),
        EventKind::DeferralTaken { open, .. } => format!("deferral taken, {open} open"),
        EventKind::DeferralCompleted { open, .. } => format!("deferral completed, {open} open"),
        EventKind::Returned { ok, open, .. } => {
            format!("returned {}, {open} open", if *ok { "ok" } else { "error" })
        }
        EventKind::Progress { value, .. } => format!("progress {value}"),
        EventKind::Output { stream, .. } => format!("output on {stream:?}").to_lowercase(),
        EventKind::Denied { .. } => "denied".to_owned(),
        EventKind::MemoryRefused { .. } => "memory refused".to_owned(),
        EventKind::CancelRequested { cancellation, .. } => {
            format!("cancel: {} by {}", cancellation.reason, cancellation.policy)
        }
        EventKind::Paused { .. } => "paused".to_owned(),
        EventKind::Resumed { .. } => "resumed".to_owned(),
        EventKind::Ended { outcome, .. } => match outcome {
            Outcome::Canceled { forced: true, .. } => "ended canceled forced".to_owned(),
            Outcome::Canceled { forced: false, .. } => "ended canceled clean".to_owned(),
            outcome => format!("ended {}", outcome.as_str()),
        },
        EventKind::Retrying { attempt, .. } => format!("retrying as attempt {attempt}"),
        EventKind::Interrupted { .. } => "interrupted".to_owned(),
        EventKind::Completed { success, .. } => {
            format!("completed {}", if *success { "successfully" } else { "without success" })
        }
        EventKind::Quarantined { crashes } => format!("quarantined after {crashes} crashes"),
        EventKind::Released => "released".to_owned(),
        EventKind::Redriven { .. } => "redriven".to_owned(),
        EventKind::LeaseLost { .. } => "lease lost".to_owned(),
        EventKind::Fault { .. } => "fault".to_owned(),
        other => format!("{other:?}"),
    }
}
