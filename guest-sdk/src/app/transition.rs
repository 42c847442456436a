//! A change of the app's state that waits until the app is ready for it.

use std::time::{Duration, SystemTime};

use crate::bindings::app::dormouse::background::transitions;
use crate::deferral::DeferralError;
use crate::millis::date;

/// One call of [`entered_background`], [`leaving_background`] or [`suspending`].
///
/// What it is about happens when the handler has returned and every [deferral](Self::deferral) is complete. An app
/// that has not come so far at the [deadline](Self::deadline) is taken down without further notice, and counts as not
/// having saved anything (UWP-129).
///
/// [`entered_background`]: super::App::entered_background
/// [`leaving_background`]: super::App::leaving_background
/// [`suspending`]: super::App::suspending
#[derive(Debug)]
pub struct Transition {
    raw: transitions::Transition,
}

impl Transition {
    pub(crate) fn new(raw: transitions::Transition) -> Self {
        Self { raw }
    }

    /// When it must be done. An [extended execution](super::control::extend) for saving data, granted within
    /// `suspending`, puts it off.
    #[must_use]
    pub fn deadline(&self) -> SystemTime {
        date(self.raw.deadline_ms())
    }

    /// What is left until then.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        Duration::from_millis(u64::from(self.raw.remaining_ms()))
    }

    /// Announces work that outlives the handler (UWP-128). At most sixteen are open at once.
    ///
    /// A handler is async: one that awaits its work needs none. Take one for work that is
    /// [spawned](crate::spawn).
    ///
    /// Keep the answer: a deferral that is dropped is completed, so `let _ = transition.deferral()?;` does nothing.
    ///
    /// # Errors
    ///
    /// [`DeferralError::Ended`] once the transition is over, [`DeferralError::TooMany`] when sixteen are open.
    pub fn deferral(&self) -> Result<TransitionDeferral, DeferralError> {
        match self.raw.get_deferral() {
            Ok(raw) => Ok(TransitionDeferral { raw }),
            Err(e) => Err(e.into()),
        }
    }
}

/// "My handler has returned, but I am not ready": the [`Transition`] waits until it is complete.
///
/// It never puts the deadline off. Completing one twice cannot be written, because [`complete`](Self::complete) takes
/// it.
///
/// ```no_run
/// # use std::rc::Rc;
/// # use dormouse_guest::app::{App, LaunchArgs, Transition};
/// # #[derive(Default)]
/// # struct Notes;
/// # impl Notes { async fn upload(&self) {} }
/// # impl App for Notes {
/// # async fn launched(self: Rc<Self>, _: LaunchArgs) {}
/// async fn suspending(self: Rc<Self>, transition: Transition) {
///     if let Ok(deferral) = transition.deferral() {
///         dormouse_guest::spawn(async move {
///             self.upload().await;
///             deferral.complete();
///         });
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a deferral that is dropped is completed"]
pub struct TransitionDeferral {
    raw: transitions::TransitionDeferral,
}

impl TransitionDeferral {
    /// Completes the deferral. Dropping it does the same; this says so.
    pub fn complete(self) {
        transitions::TransitionDeferral::complete(self.raw);
    }
}
