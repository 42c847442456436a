//! An app is told what became of its tasks: of each once, wherever it was when they ended (UWP-111 to UWP-114, UWP-119);
//! and of nothing else that it missed (UWP-138).

use dormouse::testing::Rig;
use dormouse::{App, AppComponent, Launch, Overlap, RegistrationId};
use dormouse_core::app::lifecycle::AppState;
use test_artifacts as programs;

use super::{Life, live};
use crate::lives::Lives;
use crate::{SECOND, application, component};

const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

/// An app that hears of them, with a task that has a sandbox of its own: one that runs in the app wakes it.
async fn beside(rig: &Rig) -> (Life<'_>, RegistrationId) {
    beside_of(rig, programs::APP_HEARS_COMPLETIONS).await
}

pub(super) async fn beside_of<'a>(rig: &'a Rig, program: &str) -> (Life<'a>, RegistrationId) {
    let lives = AppComponent::compile(rig.host.engine(), &component(program)).unwrap();
    let task = rig.component(&component(programs::TASK_HOSTED));
    rig.host.install(App::new(Rig::app()).app(lives).entry_point("main", task)).unwrap();
    (Life::of(rig), rig.register(application().overlap(Overlap::Parallel { max: 4 })).await)
}

/// Of how many ends it was told in each call.
pub(super) fn counts(heard: &[String]) -> Vec<usize> {
    let count = |heard: &String| heard.strip_prefix("completed count=")?.parse().ok();
    heard.iter().filter_map(count).collect()
}

#[test]
fn uwp_113_and_138_of_what_happened_while_it_was_suspended_it_is_told_the_ends_of_its_tasks_and_how_long() {
    Rig::run(async |rig| {
        let (life, task) = beside(rig).await;
        life.suspended("").await;
        let mark = life.mark();
        assert!(rig.fire(task, "progress:5").await.run.outcome.is_success());
        assert!(rig.fire(task, "progress:6").await.run.outcome.is_success());
        assert!(rig.signal("news", "of the world").await.is_empty(), "nobody is registered for it");
        rig.advance(HOUR).await;
        assert_eq!((life.heard(mark), life.state()), (Vec::new(), AppState::Suspended));

        let lease = life.handle.show().await.unwrap();
        rig.settle().await;
        let heard = life.heard(mark);
        assert_eq!(heard[0], "resuming away-ms=3600000");
        assert_eq!(counts(&heard), [2], "UWP-113");
        let else_heard: Vec<&String> = heard.iter().filter(|one| !one.starts_with("completed")).collect();
        assert_eq!(else_heard, ["resuming away-ms=3600000", "leaving-background"], "UWP-138, UWP-111");

        let mark = life.mark();
        drop(lease);
        rig.advance(HOUR).await;
        let _lease = life.handle.show().await.unwrap();
        rig.settle().await;
        assert!(counts(&life.heard(mark)).is_empty(), "of each it is told once");
    });
}

#[test]
fn uwp_114_and_119_what_ended_when_it_was_not_there_it_is_told_by_the_next_host_too_and_in_order() {
    let lives = Lives::new();
    let life = |test: &dyn Fn(&[String]), fires: bool| {
        lives.life(
            |builder| builder,
            async |rig| {
                let life = Life::installed(rig, programs::APP_HEARS_COMPLETIONS, |app| app);
                if fires {
                    let id = life.task("work").await;
                    rig.fire(id, "").await;
                    rig.fire(id, "fails").await;
                    rig.settle().await;
                } else {
                    let _lease = life.launch("").await;
                    rig.settle().await;
                }
                let said = life.lines().into_iter().filter(|line| line.starts_with("completion "));
                test(&said.collect::<Vec<_>>());
            },
        );
    };
    life(&|said| assert!(said.is_empty(), "it was never launched: {said:?}"), true);
    life(
        &|said| {
            let [one, other] = said else { panic!("{said:?}") };
            assert!(one.contains("outcome=succeeded") && other.contains("outcome=failed"), "{said:?}");
        },
        false,
    );
    life(&|said| assert!(said.is_empty(), "it is told once: {said:?}"), false);
}

#[test]
fn what_is_much_is_told_in_several_calls_and_none_is_left_out() {
    Rig::run(async |rig| {
        let (life, task) = beside(rig).await;
        for _ in 0..150 {
            rig.fire(task, "").await;
        }
        let mark = life.mark();
        let _lease = life.launch("").await;
        rig.settle().await;
        assert_eq!(counts(&life.heard(mark)), [64, 64, 22]);
    });
}

/// Launches it, and answers of how many ends it was told in each call.
pub(super) async fn told(life: &Life<'_>, arguments: &str) -> Vec<usize> {
    let mark = life.mark();
    // It may not live to be seen.
    let _lease = life.handle.launch(Launch { arguments: arguments.to_owned() }).await;
    life.rig.advance(SECOND * 6).await;
    counts(&life.heard(mark))
}

#[test]
fn what_it_had_all_its_time_for_is_not_told_to_the_next_instance() {
    live(programs::APP_BAD_RETURNS_NEVER, async |life| {
        let id = life.task("work").await;
        let _lease = life.launch("completed").await;
        life.rig.settle().await;
        life.rig.fire(id, "").await;
        life.rig.advance(SECOND * 6).await;
        assert_eq!(life.ends().len(), 1);
        assert!(told(&life, "").await.is_empty());
        assert_eq!(life.ends().len(), 1);
    });
}

#[test]
fn what_it_was_told_when_it_trapped_it_is_told_once_more() {
    // By what: a task in it may have trapped, before the handler was begun.
    for (again, ends) in [("", 1), ("completed", 2)] {
        live(programs::APP_BAD_TRAPS, async |life| {
            let id = life.task("work").await;
            let lease = life.launch("completed").await;
            life.rig.settle().await;
            life.rig.fire(id, "").await;
            life.rig.settle().await;
            assert_eq!(life.ends().len(), 1);
            drop(lease);
            let heard = told(&life, again).await;
            assert_eq!(heard, [1], "then {again:?}");
            assert_eq!(life.ends().len(), ends, "then {again:?}");
            assert!(told(&life, "").await.is_empty(), "then {again:?}");
            assert_eq!(life.ends().len(), ends, "then {again:?}");
        });
    }
}

#[test]
fn uwp_111_of_progress_that_comes_fast_it_is_told_the_newest() {
    // While the handler does not return, what a run told before is replaced by what it tells now.
    for (orders, hears) in [("", vec!["1", "2", "3", "4"]), ("slow:3000", vec!["1", "4"])] {
        live(programs::APP_HEARS_COMPLETIONS, async |life| {
            let id = life.task("work").await;
            let _lease = life.launch(orders).await;
            life.rig.settle().await;
            let mark = life.mark();
            // Far enough from each other for each to be told to whoever listens.
            let steps = "progress:1 sleep:200 progress:2 sleep:200 progress:3 sleep:200 progress:4 sleep:200";
            assert!(life.rig.fire(id, steps).await.run.outcome.is_success());
            life.rig.advance(SECOND * 10).await;
            let heard = life.heard(mark);
            let values = heard.iter().filter_map(|heard| heard.strip_prefix("progressed value="));
            assert_eq!(values.collect::<Vec<_>>(), hears, "{orders:?}: {heard:?}");
            assert!(life.ends().is_empty(), "{orders:?}");
        });
    }
}

#[test]
fn uwp_113_it_is_told_when_it_has_resumed_and_what_it_was_not_told_the_next_instance_is() {
    Rig::run(async |rig| {
        let (life, task) = beside_of(rig, programs::APP_BAD_RETURNS_NEVER).await;
        life.suspended("resuming").await;
        rig.fire(task, "").await;
        let mark = life.mark();
        let looks = async {
            rig.advance(SECOND * 4).await;
            assert_eq!(life.heard(mark).len(), 1, "not while it resumes: {:?}", life.heard(mark));
            rig.advance(SECOND).await;
        };
        let _ = tokio::join!(life.handle.resume(), looks);
        assert_eq!(life.ends(), ["hung"]);

        let mark = life.mark();
        let _lease = life.launch("completed").await;
        rig.settle().await;
        assert_eq!(counts(&life.heard(mark)), [1]);
        // Ended from outside before it has returned from that: it may not have got so far.
        life.handle.terminate().await.unwrap();
        let mark = life.mark();
        let _lease = life.launch("").await;
        rig.settle().await;
        assert_eq!(counts(&life.heard(mark)), [1]);
    });
}
