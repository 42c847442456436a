//! Events as structured logs.

use dormouse_core::Observer;
use dormouse_core::event::{Event, EventKind};
use dormouse_core::{AppEvent, AppEventKind};

/// Writes each event to `tracing`, with the project's words as fields: endings, refusals and what an operator did at
/// `info`, registrations that failed at `warn`, faults and quarantine at `error`, all else at `debug`. What guests print
/// is not among them: it is the guest's, and belongs where the embedder puts it. What a guest has words in (its failure,
/// its trap) is a string and no `Display`: whoever writes it down quotes it, so that it makes no line of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn observe(&self, event: &Event) {
        let registration = event.registration;
        match &event.kind {
            EventKind::Ended { activation, run, attempt, outcome, receipt } => tracing::info!(
                %registration, %activation, %run, attempt, outcome = outcome.to_string(),
                cpu = ?receipt.cpu, wall = ?receipt.wall, queue_wait = ?receipt.queue_wait,
                "run ended"
            ),
            EventKind::Refused { reason } => tracing::info!(%registration, %reason, "firing refused"),
            EventKind::RegistrationFailed { app, name, error } => {
                tracing::warn!(%app, name, error, "registration failed");
            }
            EventKind::CancelRequested { run, cancellation } => {
                tracing::info!(%registration, %run, cancellation = cancellation.to_string(), "run cancelled");
            }
            EventKind::Denied { run, what } => {
                tracing::info!(%registration, %run, what, "guest was denied what it was not granted");
            }
            EventKind::Fault { message, given_up } => {
                tracing::error!(%registration, message, given_up, "fault");
            }
            EventKind::Quarantined { crashes } => {
                tracing::error!(%registration, crashes, "registration is in quarantine");
            }
            EventKind::Released => tracing::info!(%registration, "registration released from quarantine"),
            EventKind::Redriven { dead, activation } => {
                tracing::info!(%registration, %dead, %activation, "dead letter redriven");
            }
            EventKind::Output { .. } => {}
            other => tracing::debug!(%registration, event = ?other),
        }
    }

    fn observe_app(&self, event: &AppEvent) {
        let AppEvent { app, session, .. } = event;
        match &event.kind {
            AppEventKind::Ended { end, message } if end.cancellation("").is_none() => {
                tracing::warn!(%app, session, %end, message, "an instance of an app ended");
            }
            AppEventKind::Ended { end, message } => {
                tracing::info!(%app, session, %end, message, "an instance of an app ended");
            }
            AppEventKind::Denied { what } => {
                tracing::info!(%app, session, what, "an app was denied what it was not granted");
            }
            AppEventKind::Fault { message } => tracing::error!(%app, session, message, "fault"),
            AppEventKind::Output { .. } => {}
            other => tracing::debug!(%app, session, event = ?other),
        }
    }
}
