//! Quotas: what one that is spent does to a run (UWP-104).

use std::time::Duration;

use super::{Output, RunMachine};
use crate::outcome::Outcome;
use crate::time::Instant;

/// Which pauses a count is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// The app's CPU quota for the window is spent.
    Cpu,
    /// A network quota is spent.
    Network,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    since: Instant,
    pub(super) until: Instant,
}

impl RunMachine {
    /// A quota is spent until `until`: the guest is paused, not killed (UWP-104). A run that was cancelled
    /// is not paused: what its grace may use of the quota is said by [`RunMachine::overdrawn`].
    pub fn pause(&mut self, throttle: Throttle, until: Instant, now: Instant) -> Option<Output> {
        if self.ended.is_some() || self.told.is_some() || self.pause.is_some() {
            return None;
        }
        match throttle {
            Throttle::Cpu => self.throttled_cpu = self.throttled_cpu.saturating_add(1),
            Throttle::Network => self.throttled_network = self.throttled_network.saturating_add(1),
        }
        self.pause = Some(Pause { since: now, until });
        Some(Output::Pause)
    }

    /// The quota that holds it was set anew: it is spent until another moment, or, with none, not any more. That is
    /// no other pause.
    pub fn requota(&mut self, until: Option<Instant>, now: Instant) -> Option<Output> {
        let pause = self.pause.as_mut()?;
        match until {
            Some(until) => {
                pause.until = until;
                None
            }
            None => {
                self.unpause(now);
                Some(Output::Resume)
            }
        }
    }

    /// The quota of its app is spent, and what those that were cancelled may overdraw it by is too: a run in its grace is
    /// taken down, as if the grace were over. Of any other it says nothing.
    pub fn overdrawn(&mut self, now: Instant) -> Option<Output> {
        let cancellation = self.told.as_ref()?.cancellation.clone();
        self.end(now, Outcome::Canceled { cancellation, forced: true })
    }

    /// It is paused.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.pause.is_some()
    }

    /// Since when it is paused; none if it is not.
    #[must_use]
    pub fn paused_since(&self) -> Option<Instant> {
        self.pause.map(|pause| pause.since)
    }

    /// How often a policy has paused it (UWP-080).
    #[must_use]
    pub const fn suspended_count(&self) -> u32 {
        self.throttled_cpu.saturating_add(self.throttled_network)
    }

    /// How often one kind of quota has paused it (UWP-080).
    #[must_use]
    pub const fn throttle_count(&self, throttle: Throttle) -> u32 {
        match throttle {
            Throttle::Cpu => self.throttled_cpu,
            Throttle::Network => self.throttled_network,
        }
    }

    /// Time spent paused until `now`.
    #[must_use]
    pub fn paused(&self, now: Instant) -> Duration {
        let now = self.ended.unwrap_or(now);
        self.paused + self.pause.map_or(Duration::ZERO, |pause| now.since(pause.since))
    }

    pub(super) fn unpause(&mut self, now: Instant) {
        if let Some(pause) = self.pause.take() {
            self.paused += now.since(pause.since);
            // What could not do anything did not idle.
            self.idle_since = None;
            self.io.0 = now;
        }
    }
}
