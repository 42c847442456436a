//! What critical kinds have beside the quota of their app (UWP-106).

use std::time::Duration;

use dormouse::testing::{CPU_PER_INTERRUPT, Rig};
use dormouse::{MessageTrigger, RegistrationId, Reserve, SignalTrigger, TaskBuilder, Trigger, TriggerKind};
use test_artifacts as programs;

use super::{HOUR, install, of, paused};
use crate::{SECOND, abort, only};

fn on(trigger: Trigger) -> TaskBuilder {
    TaskBuilder::new(trigger.kind().as_str()).entry_point("main").trigger(trigger)
}

/// What a run of `id` has used that is paused for ever.
async fn used_when_paused(rig: &Rig, id: RegistrationId) -> Duration {
    rig.advance(SECOND * 10).await;
    assert_eq!(only(&rig.log(id), &["paused", "resumed"]), ["paused"]);
    let running = rig.host.running();
    let (run, ..) = running.iter().find(|(_, _, registration)| *registration == id).unwrap();
    rig.host.kill(*run, abort());
    rig.settle().await;
    let newest = &rig.host.runs(Default::default(), 1).await.unwrap()[0].run;
    assert_eq!(newest.registration, id);
    newest.receipt.cpu
}

#[test]
fn uwp_106_a_run_of_a_critical_kind_has_its_reserve_although_the_quota_is_spent() {
    let critical = Reserve { kinds: vec![TriggerKind::Message], cpu: SECOND };
    for (reserve, least, most) in [
        (critical, SECOND, SECOND + CPU_PER_INTERRUPT * 2),
        (Reserve::none(), Duration::ZERO, Duration::ZERO),
    ] {
        Rig::run_with(
            |builder| builder.quota_default(Some(of(SECOND, HOUR))).quota_reserve(reserve),
            async |rig| {
                install(rig, programs::CANCEL_SPIN, None);
                let ordinary = rig.register(on(Trigger::Signal(SignalTrigger::new("ordinary")))).await;
                let message = rig.register(on(Trigger::Message(MessageTrigger::new("critical")))).await;
                rig.signal("ordinary", "").await;
                paused(rig).await;
                rig.signal("critical", "").await;
                let cpu = used_when_paused(rig, message).await;
                assert!((least..=most).contains(&cpu), "{cpu:?}");
                let ordinary = used_when_paused(rig, ordinary).await;
                assert!(ordinary <= SECOND + CPU_PER_INTERRUPT * 2, "it has none: {ordinary:?}");

                // Each run has a reserve of its own.
                rig.signal("critical", "").await;
                rig.advance(SECOND * 10).await;
                let (run, ..) = rig.host.running()[0];
                rig.host.kill(run, abort());
                rig.settle().await;
                let again = rig.host.runs(Default::default(), 1).await.unwrap()[0].run.receipt.cpu;
                assert!((least..=most).contains(&again), "{again:?}");
            },
        );
    }
}
