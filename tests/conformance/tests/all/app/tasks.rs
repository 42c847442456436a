//! Background tasks in the instance of their app.

use cap_std::ambient_authority;
use cap_tempfile::TempDir;
use dormouse::testing::Rig;
use dormouse::{
    CancellationReason, HostError, LimitsRequest, Outcome, Overlap, RegistrationId, TaskBuilder, Trigger,
};
use dormouse_core::RegistrationError;
use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::AppState;
use test_artifacts as programs;

use super::{Life, live};
use crate::{SECOND, abort, component, ready};

fn hosts(test: impl AsyncFnOnce(Life<'_>)) {
    live(programs::APP_HOSTS_TASKS, test);
}

#[test]
pub(crate) fn task_hosted() {
    with_folders(async |rig| {
        let id = ready(rig, programs::TASK_HOSTED).await;
        let completion = rig.fire(id, "interface progress:7").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        assert!(rig.stdout().contains("task interface is whole"), "{}", rig.stdout());
    });
}

/// On a host that has folders for its apps.
fn with_folders(test: impl AsyncFnOnce(&Rig)) {
    let folders = TempDir::new(ambient_authority()).unwrap();
    let dir = folders.try_clone().unwrap();
    Rig::run_with(|builder| builder.app_folders(dir), test);
}

#[test]
pub(crate) fn app_hosts_tasks() {
    with_folders(async |rig| {
        let life = Life::installed(rig, programs::APP_HOSTS_TASKS, |app| app);
        let id = life.task("hosted").await;
        let mark = life.mark();
        let completion = life.rig.fire(id, "interface progress:7").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "UWP-120");
        assert_eq!(completion.run.receipt.progress, Some(7));
        assert_eq!(
            life.said(mark),
            [
                "heard background-activated name=\"hosted\" arguments=\"interface progress:7\"",
                "state background",
                "task begins beside=0",
                "task interface is whole",
                "task over",
            ],
            "UWP-122"
        );
        assert_eq!(life.handle.view().leases, 0);
    });
}

#[test]
fn uwp_011_a_task_in_its_app_needs_no_declaration_of_its_trigger() {
    hosts(async |life| {
        let task = TaskBuilder::new("signal").trigger(Trigger::Signal(dormouse::SignalTrigger::new("t")));
        let id = life.rig.register(task).await;
        life.rig.signal("t", "").await;
        life.rig.until("its end", |event| event.registration == id && crate::is_ended(event)).await;
        assert_eq!(life.rig.outcomes(), [Outcome::Succeeded]);
    });
}

#[test]
fn without_an_app_there_is_nothing_to_run_it_in() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let task = TaskBuilder::new("t").trigger(Trigger::Application);
        let error = rig.host.register(&Rig::app(), task, Default::default()).await.unwrap_err();
        assert!(matches!(error, HostError::Registration(RegistrationError::NoApp { .. })), "{error:?}");
    });
}

#[test]
fn uwp_121_a_task_in_a_group_goes_to_the_group_and_not_to_the_app() {
    hosts(async |life| {
        let task = TaskBuilder::new("sync").group("mail").trigger(Trigger::Application);
        let id = life.rig.register(task).await;
        let mark = life.mark();
        life.rig.fire(id, "").await;
        assert_eq!(life.heard(mark), ["group-activated group=\"mail\" name=\"sync\" arguments=\"\""]);
    });
}

#[test]
fn uwp_127_a_task_holds_off_suspension() {
    hosts(async |life| {
        let id = life.task("long").await;
        life.hidden("").await;
        life.rig.advance(SECOND * 5).await;
        let activation = life.rig.request(id, "sleep:20000").await;
        life.rig.advance(SECOND * 19).await;
        assert_eq!(life.state(), AppState::Background, "24 s out of sight");
        assert!(life.rig.completed(activation).await.run.outcome.is_success());
        life.rig.advance(SECOND * 10).await;
        assert_eq!(life.state(), AppState::Suspended);
    });
}

#[test]
fn a_deferral_holds_the_task_as_everywhere() {
    hosts(async |life| {
        let id = life.task("defers").await;
        let completion = life.rig.fire(id, "defers:3000").await;
        assert_eq!((&completion.run.outcome, completion.run.receipt.deferrals), (&Outcome::Succeeded, 1));
        assert!(completion.run.receipt.wall >= SECOND * 3);
    });
}

/// Waits until `id` runs in its app; answers its activation and its run.
async fn running(
    life: &Life<'_>,
    id: RegistrationId,
    arguments: &str,
) -> (dormouse::ActivationId, dormouse::RunId) {
    let activation = life.rig.request(id, arguments.to_owned()).await;
    let run = life.rig.started(id).await;
    life.rig.settle().await;
    assert_eq!(life.handle.view().runs, 1);
    (activation, run)
}

#[test]
fn uwp_086_a_task_that_is_cancelled_and_ends_leaves_its_app_as_it_is() {
    hosts(async |life| {
        let id = life.task("waits").await;
        let (activation, run) = running(&life, id, "waits").await;
        assert!(life.rig.host.cancel(run, abort()));
        let ended = life.rig.completed(activation).await;
        assert!(
            matches!(&ended.run.outcome, Outcome::Canceled { forced: false, .. }),
            "{:?}",
            ended.run.outcome
        );
        assert!(life.lines().iter().any(|line| line.starts_with("task cancelled reason=abort")));
        assert!(life.ends().is_empty());
    });
}

#[test]
fn uwp_086_a_task_that_does_not_takes_its_app_with_it() {
    hosts(async |life| {
        let id = life.task("ignores").await;
        let (activation, run) = running(&life, id, "ignores").await;
        assert!(life.rig.host.kill(run, abort()));
        let ended = life.rig.completed(activation).await;
        assert!(
            matches!(&ended.run.outcome, Outcome::Canceled { forced: true, .. }),
            "{:?}",
            ended.run.outcome
        );
        life.rig.settle().await;
        assert_eq!(life.ends(), ["task-killed"]);
        let mark = life.mark();
        life.rig.fire(id, "").await;
        assert_eq!(life.heard(mark).len(), 1, "the next one has an instance of its own");
    });
}

#[test]
fn a_task_in_its_app_has_the_limits_of_every_task() {
    // Each with so little of the one that the other does not matter.
    let long = Some(SECOND * 600);
    let limits = |wall, cpu| LimitsRequest { wall, cpu, ..LimitsRequest::default() };
    let cases = [
        ("ignores", "wall", limits(Some(SECOND * 30), long)),
        ("spins", "cpu", limits(long, Some(SECOND * 2))),
    ];
    for (arguments, policy, limits) in cases {
        hosts(async |life| {
            let task = TaskBuilder::new("limited").trigger(Trigger::Application).limits(limits.clone());
            let id = life.rig.register(task).await;
            let ended = life.rig.fire(id, arguments).await;
            let Outcome::Canceled { cancellation, forced: true } = &ended.run.outcome else {
                panic!("{arguments}: {:?}", ended.run.outcome)
            };
            assert_eq!(cancellation.reason, CancellationReason::ExecutionTimeExceeded, "{arguments}");
            assert_eq!(cancellation.policy, policy, "{arguments}");
        });
    }
}

#[test]
fn uwp_094_whoever_closes_an_app_ends_its_tasks_and_they_stay_ended() {
    hosts(async |life| {
        let id = life.task("waits").await;
        let _lease = life.launch("").await;
        let (activation, _) = running(&life, id, "waits").await;
        life.handle.close().await.unwrap();
        let ended = life.rig.completed(activation).await;
        let Outcome::Canceled { cancellation, .. } = &ended.run.outcome else {
            panic!("{:?}", ended.run.outcome)
        };
        assert_eq!(cancellation.reason, CancellationReason::Terminating);
        assert_eq!(cancellation.policy, "app-closed");
        life.rig.advance(SECOND * 60).await;
        assert_eq!(life.state(), AppState::NotRunning, "nothing launches what its user closed");
    });
}

#[test]
fn tasks_run_beside_each_other_in_one_instance() {
    hosts(async |life| {
        let task =
            TaskBuilder::new("beside").trigger(Trigger::Application).overlap(Overlap::Parallel { max: 2 });
        let id = life.rig.register(task).await;
        let one = life.rig.request(id, "sleep:1000").await;
        let other = life.rig.request(id, "sleep:1000").await;
        for activation in [one, other] {
            assert!(life.rig.completed(activation).await.run.outcome.is_success());
        }
        assert!(life.lines().contains(&"task begins beside=1".to_owned()), "{:?}", life.lines());
        assert_eq!(life.handle.view().session, 1);
    });
}

#[test]
fn a_failure_is_the_tasks_own_and_its_app_goes_on() {
    hosts(async |life| {
        let id = life.task("fails").await;
        let ended = life.rig.fire(id, "fails").await;
        let Outcome::Failed(failure) = &ended.run.outcome else { panic!("{:?}", ended.run.outcome) };
        assert_eq!(failure.message, "as asked");
        assert!(life.ends().is_empty());
    });
}

#[test]
fn what_a_task_computes_is_on_its_receipt() {
    hosts(async |life| {
        let id = life.task("burns").await;
        let idle = life.rig.fire(id, "").await.run.receipt.cpu;
        let busy = life.rig.fire(id, "burns:8000").await.run.receipt.cpu;
        assert!(busy > idle, "{busy:?} after {idle:?}");
    });
}

#[test]
pub(crate) fn app_asks_for_tasks() {
    live(programs::APP_ASKS_FOR_TASKS, async |life| {
        life.task("asked").await;
        let answer =
            |state: &str, answer: &str| format!("request name=\"asked\" state={state} answer={answer}");
        let lease = life.launch("").await;
        life.rig.settle().await;
        let _again = life.launch("launched").await;
        assert!(life.lines().contains(&answer("foreground", "allowed")), "UWP-044: {:?}", life.lines());
        life.rig.settle().await;
        drop((lease, _again));
        life.rig.settle().await;
        let body = b"activated".to_vec();
        let orders = AppActivation::Custom { name: "orders".to_owned(), body };
        life.handle.activate_hidden(orders).await.unwrap();
        let refused = answer("background", "disabled-by-policy");
        assert!(life.lines().contains(&refused), "UWP-046: {:?}", life.lines());
    });
}
