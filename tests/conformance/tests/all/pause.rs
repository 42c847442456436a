//! The CPU quota pauses; it does not kill (UWP-080, UWP-104, UWP-105).

use dormouse::testing::Rig;
use dormouse::{App, Outcome, QuotaPolicy, SignalTrigger, TaskBuilder, Trigger};
use test_artifacts as programs;

use crate::{SECOND, abort, application, component, only};

fn with_quota(rig: &Rig, path: &str, quota: QuotaPolicy) {
    let component = rig.component(&component(path));
    rig.host.install(App::new(Rig::app()).entry_point("main", component).quota(quota)).unwrap();
}

#[test]
pub(crate) fn pause_counts() {
    Rig::run(async |rig| {
        with_quota(rig, programs::PAUSE_COUNTS, QuotaPolicy::new(SECOND, SECOND * 60).unwrap());
        let id = rig.register(application()).await;
        let completion = rig.fire(id, "2").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        assert_eq!(rig.stdout(), "suspended=2 all=2 cpu=2 network=0\n");
        assert_eq!(
            only(&rig.log(id), &["paused", "resumed", "ended"]),
            ["paused", "resumed", "paused", "resumed", "ended succeeded"]
        );
        let receipt = &completion.run.receipt;
        assert_eq!(receipt.suspended_count, 2);
        assert!(receipt.paused > SECOND * 60, "most of two windows: {:?}", receipt.paused);
        assert!(receipt.wall > receipt.paused);
    });
}

#[test]
fn paused_time_does_not_count_as_wall_time() {
    Rig::run(async |rig| {
        with_quota(rig, programs::PAUSE_COUNTS, QuotaPolicy::new(SECOND, SECOND * 3600).unwrap());
        // Its class gives 25 seconds of wall-clock time; the pauses take hours.
        let trigger = Trigger::Signal(SignalTrigger::new("t"));
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        let fired = rig.signal("t", "").await;
        // A message is no number: the program fails at once, which shows that it was told of nothing else.
        let completion = rig.completed(fired[0].1.activation().unwrap()).await;
        assert!(matches!(completion.run.outcome, Outcome::Failed(_)), "{:#?}", rig.log(id));

        let limits = dormouse::LimitsRequest { wall: Some(SECOND * 25), ..Default::default() };
        let id = rig.register(application().limits(limits)).await;
        let completion = rig.fire(id, "2").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        assert!(completion.run.receipt.paused > SECOND * 3600);
    });
}

#[test]
fn the_quota_is_the_apps_and_a_spent_one_pauses_the_next_run_before_it_begins() {
    Rig::run(async |rig| {
        with_quota(rig, programs::CANCEL_SPIN, QuotaPolicy::new(SECOND, SECOND * 600).unwrap());
        let topic = |name: &str| {
            let trigger = SignalTrigger::new(name);
            TaskBuilder::new(name).entry_point("main").trigger(Trigger::Signal(trigger))
        };
        let first = rig.register(topic("first")).await;
        let second = rig.register(topic("second")).await;
        rig.signal("first", "").await;
        rig.until("the first to be paused", |e| {
            e.registration == first && matches!(e.kind, dormouse::EventKind::Paused { .. })
        })
        .await;
        rig.signal("second", "").await;
        rig.settle().await;
        assert_eq!(only(&rig.log(second), &["paused"]), ["paused"], "UWP-105");
        let other = rig.host.running().into_iter().find(|(_, _, id)| *id == second).unwrap();
        rig.host.kill(other.0, abort());
        rig.settle().await;
        let record = &rig.host.runs(Default::default(), 1).await.unwrap()[0].run;
        assert_eq!(record.registration, second);
        assert_eq!(record.receipt.cpu, std::time::Duration::ZERO, "it was not polled once");
    });
}

#[test]
fn a_cancellation_reaches_a_paused_run() {
    Rig::run(async |rig| {
        with_quota(rig, programs::CANCEL_POLLING_BUSY, QuotaPolicy::new(SECOND, SECOND * 600).unwrap());
        let id = rig.register(application()).await;
        let activation = rig.request(id, "").await;
        let run = rig.started(id).await;
        rig.until("the pause", |e| matches!(e.kind, dormouse::EventKind::Paused { .. })).await;
        assert!(rig.host.cancel(run, abort()));
        let completion = rig.completed(activation).await;
        assert!(
            matches!(completion.run.outcome, Outcome::Canceled { forced: false, .. }),
            "{:#?}",
            rig.log(id)
        );
        assert!(completion.run.receipt.paused < SECOND * 600, "it did not wait for the refill");
    });
}
