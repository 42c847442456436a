//! The run, as its task sees it.

use std::rc::Rc;
use std::time::Duration;

use crate::activation::{Activation, TriggerDetails};
use crate::bindings::dormouse::background::{instance, waiting};
use crate::budget::{Budget, ThrottleCounter, WorkCost};
use crate::cancellation::Cancellation;
use crate::deferral::{Deferral, DeferralError};
use crate::millis;

/// One attempt at one activation, in a sandbox of its own or in the instance of its [app](mod@crate::app).
///
/// A clone is another handle to the same run; it costs a reference count. Take one into each future
/// that you [`spawn`](crate::spawn).
#[derive(Clone, Debug)]
pub struct BackgroundTaskInstance {
    raw: Rc<instance::BackgroundTaskInstance>,
}

impl BackgroundTaskInstance {
    pub(crate) fn new(raw: instance::BackgroundTaskInstance) -> Self {
        Self { raw: Rc::new(raw) }
    }

    pub(crate) fn raw(&self) -> &instance::BackgroundTaskInstance {
        &self.raw
    }

    /// Why the task was woken.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.raw.activation().into()
    }

    /// What came with the trigger. Each call copies it from the host: keep the answer.
    #[must_use]
    pub fn trigger_details(&self) -> TriggerDetails {
        self.raw.trigger_details().into()
    }

    /// Accepts the storage changes that came with the trigger: they are told no more, however the run ends
    /// (UWP-054).
    ///
    /// A run that succeeds accepts them of itself. Those of a run that neither succeeds nor accepts them are
    /// told again, before newer ones, with the next firing.
    pub fn accept_changes(&self) {
        self.raw.accept_changes();
    }

    /// Announces work that outlives the return of the task. Any number may be open at once, up to the
    /// run's limit (UWP-074).
    ///
    /// Keep the answer: a deferral that is dropped is completed, so `let _ = instance.get_deferral()?;`
    /// does nothing.
    ///
    /// # Errors
    ///
    /// [`DeferralError::TooMany`] when the run's limit is reached, [`DeferralError::Ended`] after the
    /// end of the run.
    pub fn get_deferral(&self) -> Result<Deferral, DeferralError> {
        match self.raw.get_deferral() {
            Ok(raw) => Ok(Deferral::new(raw)),
            Err(e) => Err(e.into()),
        }
    }

    /// The value last set, 0 at first.
    #[must_use]
    pub fn progress(&self) -> u32 {
        self.raw.progress()
    }

    /// Tells how far the run is. The meaning is yours; 0 to 100 is drawn as a bar. Values that follow
    /// each other fast are coalesced: the last one is kept.
    pub fn set_progress(&self, value: u32) {
        self.raw.set_progress(value);
    }

    /// How often a policy has paused this run (UWP-080).
    #[must_use]
    pub fn suspended_count(&self) -> u32 {
        self.raw.suspended_count()
    }

    /// How often a quota has paused this run.
    #[must_use]
    pub fn throttle_count(&self, counter: ThrottleCounter) -> u32 {
        self.raw.throttle_count(counter.into())
    }

    /// The cancellation, once there is one. For loops that compute and never wait.
    #[must_use]
    pub fn cancellation_requested(&self) -> Option<Cancellation> {
        self.raw.cancellation_requested().map(Into::into)
    }

    /// Waits for the cancellation.
    ///
    /// Resolves with none when the task has said that it is done: its last open deferral completed, or
    /// it returned with none open. So a spawned future may always await this to the end. A task that has
    /// taken no deferral waits for the cancellation alone: it should race this with its work.
    pub async fn canceled(&self) -> Option<Cancellation> {
        waiting::canceled(&self.raw).await.map(Into::into)
    }

    /// Waits for `duration`, or until the run is cancelled: then it returns the cancellation, at once,
    /// and so does every later call.
    ///
    /// **Look at what it returns.** A loop that ignores the answer does not wait any more once the run
    /// is cancelled: it spins through its grace and is killed.
    ///
    /// ```no_run
    /// # use dormouse_guest::{BackgroundTaskInstance, TaskError};
    /// # use std::time::Duration;
    /// # async fn poll_the_feed() {}
    /// # async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    /// loop {
    ///     poll_the_feed().await;
    ///     if let Some(cancellation) = instance.sleep(Duration::from_secs(1)).await {
    ///         eprintln!("stopping: {cancellation}");
    ///         return Ok(());
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// Counted in whole milliseconds, rounded up. Any length will do; what is longer than one call to
    /// the host can carry (49 days) is split.
    #[must_use = "once the run is cancelled this returns at once: end the loop when it is some"]
    pub async fn sleep(&self, duration: Duration) -> Option<Cancellation> {
        let mut left = millis::round_up(duration);
        loop {
            let ms = millis::slice(left);
            if let Some(cancellation) = waiting::sleep(&self.raw, ms).await {
                return Some(cancellation.into());
            }
            left = left.saturating_sub(u128::from(ms));
            if left == 0 {
                return None;
            }
        }
    }

    /// What the run has left.
    #[must_use]
    pub fn remaining(&self) -> Budget {
        self.raw.remaining().into()
    }

    /// What background work costs at present.
    #[must_use]
    pub fn work_cost(&self) -> WorkCost {
        self.raw.work_cost().into()
    }
}
