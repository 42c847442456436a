//! What a run takes out of its app's quota of CPU time, and what that does to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_core::Instant;
use dormouse_core::quota::{Covers, Save};
use dormouse_core::run::Throttle;

use super::{RunCell, nanos};

impl RunCell {
    /// Charges the app's quota for `cpu`, and pauses the run if it is spent; or, if the run was cancelled, takes it down
    /// when the app has overdrawn it. Only on the thread that polls the guest.
    pub(crate) fn charge(&self, cpu: Duration) {
        if !self.allowance.is_limited() {
            return;
        }
        let mut reserve = self.reserve();
        let Some(charged) = self.allowance.charge(cpu, &mut reserve, self.shared.clock.now()) else { return };
        self.reserve.store(nanos(reserve), Ordering::Relaxed);
        match charged.save {
            Some(Save::Now) => self.shared.wake.quotas.notify_one(),
            Some(Save::Soon) => self.shared.wake.spent.notify_one(),
            None => {}
        }
        let Covers::From(until) = charged.covers else { return };
        // Whether it was cancelled is seen in the same step: one that is just being cancelled has its grace.
        self.input(|machine, now| match machine.cancellation() {
            None => machine.pause(Throttle::Cpu, until, now),
            Some(_) if !charged.covers_grace => machine.overdrawn(now),
            Some(_) => None,
        });
    }

    /// What it may still use of its own when the quota is spent.
    pub(super) fn reserve(&self) -> Duration {
        Duration::from_nanos(self.reserve.load(Ordering::Relaxed))
    }

    /// The quota was set anew.
    pub(crate) fn requota(&self) {
        self.look_again();
        // For another moment until which it is held.
        self.driver.wake();
    }

    /// If a quota holds the run, it holds it until the moment that holds now, or not any more.
    fn look_again(&self) {
        let charged = self.allowance.charge(Duration::ZERO, &mut self.reserve(), self.shared.clock.now());
        let until = charged.and_then(|charged| match charged.covers {
            Covers::From(until) => Some(until),
            Covers::Yes { .. } => None,
        });
        self.input(|machine, now| machine.requota(until, now));
    }

    /// Whether a quota holds a run that is paused still: it may have been set anew between the look at it and the pause.
    pub(crate) fn is_held(&self) -> bool {
        self.look_again();
        self.paused_since().is_some()
    }

    /// Since when a quota holds it; none if none does.
    pub(crate) fn paused_since(&self) -> Option<Instant> {
        self.inner().machine.paused_since()
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::event::EventKind;
    use dormouse_core::{QuotaPolicy, TaskBuilder, Trigger};

    use super::*;
    use crate::app::App;
    use crate::sandbox::testing;
    use crate::testing::Rig;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A task that spins.
    const SPINS: &str = r#"(core module $module
        (memory (export "memory") 1)
        (func (export "run") (param i32) (result i32) (loop $on (br $on)) (unreachable)))"#;

    /// Starts a run of it.
    async fn spinning(rig: &Rig) {
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(Trigger::Application)).await;
        rig.request(id, "").await;
        rig.started(id).await;
    }

    #[test]
    fn a_quota_that_is_taken_away_between_the_look_at_it_and_the_pause_holds_nobody() {
        Rig::run(async |rig| {
            rig.install(&testing::task(SPINS));
            spinning(rig).await;
            let begun = rig.now();
            let running: Vec<_> = rig.host.inner.shared.state().running.values().cloned().collect();
            for cell in running {
                cell.input(|machine, now| machine.pause(Throttle::Cpu, now + HOUR, now));
            }
            rig.until("it goes on", |event| matches!(event.kind, EventKind::Resumed { .. })).await;
            assert!(rig.now() < begun + Duration::from_secs(60), "it did not wait for the refill");
        });
    }

    #[test]
    fn who_is_paused_holds_up_no_simulated_time_whatever_he_was_doing() {
        Rig::run(async |rig| {
            let app = App::new(Rig::app()).entry_point("main", rig.component(&testing::task(SPINS)));
            let quota = QuotaPolicy::new(Duration::from_secs(1), HOUR).expect("it is valid");
            rig.host.install(app.quota(quota)).expect("it is installed");
            spinning(rig).await;
            let elsewhere = || rig.host.inner.shared.seen.elsewhere.load(Ordering::Relaxed);
            // What spins waits for nothing of ours.
            while elsewhere() == 0 {
                tokio::task::yield_now().await;
            }
            rig.until("the pause", |event| matches!(event.kind, EventKind::Paused { .. })).await;
            rig.settle().await;
            assert_eq!(elsewhere(), 0);
        });
    }
}
