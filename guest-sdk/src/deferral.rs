//! "I have returned, but I am not finished."

use std::fmt;

use crate::bindings::dormouse::background::{instance, types as wit};

/// A promise that more work is coming: while a run holds one, the host goes on driving its instance
/// after the task has returned.
///
/// A deferral prevents an early end and never extends a deadline (UWP-076). Move it into the future
/// that you [`spawn`](crate::spawn): when the future is done, or dropped, so is the deferral.
///
/// Completing one twice cannot be written, because [`complete`](Self::complete) takes it (UWP-078).
///
/// ```no_run
/// # use dormouse_guest::{BackgroundTaskInstance, TaskError};
/// #[dormouse_guest::task]
/// async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
///     let deferral = instance.get_deferral()?;
///     dormouse_guest::spawn(async move {
///         // ... what is left to do ...
///         deferral.complete();
///     });
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "a deferral that is dropped is completed"]
pub struct Deferral {
    raw: instance::Deferral,
}

impl Deferral {
    pub(crate) fn new(raw: instance::Deferral) -> Self {
        Self { raw }
    }

    /// Completes the deferral. Dropping it does the same; this says so.
    pub fn complete(self) {
        instance::Deferral::complete(self.raw);
    }
}

/// Why no deferral was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeferralError {
    /// The run has ended: the task returned and no deferral was open, or it was cancelled and its
    /// grace is over (UWP-079). Of an app's transition: it is over.
    Ended,
    /// The run holds as many open deferrals as its limits allow; a transition, sixteen.
    TooMany,
}

impl fmt::Display for DeferralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "it has ended: take deferrals before the task or the handler returns",
            Self::TooMany => "too many deferrals are open: complete some first",
        })
    }
}

impl std::error::Error for DeferralError {}

impl From<wit::DeferralError> for DeferralError {
    fn from(e: wit::DeferralError) -> Self {
        match e {
            wit::DeferralError::Ended => Self::Ended,
            wit::DeferralError::TooMany => Self::TooMany,
        }
    }
}
