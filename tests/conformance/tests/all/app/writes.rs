//! What an app writes: told while it does, kept for whoever looks afterwards, and part of what is said of a crash.

use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{App, AppComponent, AppError, Launch, LimitsRequest};
use dormouse_core::app::lifecycle::End;
use test_artifacts as programs;

use super::{Life, live};
use crate::component;

fn stdout(life: &Life<'_>) -> String {
    String::from_utf8(life.handle.output().stdout).unwrap()
}

#[test]
fn what_it_wrote_is_there_while_it_is_and_after_its_end() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        assert_eq!(stdout(&life), "");
        let _lease = life.launch("first").await;
        assert_eq!(stdout(&life).lines().map(str::to_owned).collect::<Vec<_>>(), life.lines());
        life.handle.terminate().await.unwrap();
        assert!(stdout(&life).starts_with("heard launched"), "{}", stdout(&life));
        let _lease = life.launch("second").await;
        assert!(!stdout(&life).contains("first"), "each instance has its own: {}", stdout(&life));
    });
}

#[test]
fn uwp_134_what_is_said_of_a_crash_has_the_panic_in_it() {
    live(programs::APP_BAD_TRAPS, async |life| {
        let launch = Launch { arguments: "launched".to_owned() };
        let Err(AppError::Ended { end: End::Crashed, message }) = life.handle.launch(launch).await else {
            panic!("it panics")
        };
        assert!(message.contains("as asked, in launched"), "{message}");
        assert_eq!(life.handle.view().last_end, Some((End::Crashed, message)));
        let stderr = String::from_utf8(life.handle.output().stderr).unwrap();
        assert!(stderr.contains("as asked, in launched"), "{stderr}");
    });
}

#[test]
fn what_a_task_writes_in_its_app_is_the_apps() {
    live(programs::APP_HOSTS_TASKS, async |life| {
        let id = life.task("writes").await;
        let run = life.rig.fire(id, "").await.run;
        assert!(stdout(&life).contains("task over"), "{}", stdout(&life));
        assert_eq!(run.receipt.stdout_bytes, 0);
        assert_eq!(life.rig.host.output(run.run).await.unwrap(), None);
    });
}

#[test]
fn more_than_its_limit_within_an_hour_is_not_told_which_is_told_and_kept_are_both_ends() {
    const HOUR: Duration = Duration::from_secs(3_600);

    Rig::run(async |rig| {
        let lives =
            AppComponent::compile(rig.host.engine(), &component(programs::APP_HEARS_EVERYTHING)).unwrap();
        let limits = LimitsRequest { output_bytes: Some(400), ..LimitsRequest::default() };
        rig.host.install(App::new(Rig::app()).app(lives).limits(limits)).unwrap();
        let life = Life::of(rig);
        let told = || life.lines().join("\n");
        let _lease = life.launch(&"a".repeat(200)).await;
        assert!(!told().contains("not told"), "{}", told());
        let _again = life.launch(&"b".repeat(200)).await;
        let _again = life.launch(&"c".repeat(200)).await;
        let mark = "[... more than 400 bytes in an hour: the rest is not told ...]";
        assert_eq!(told().matches(mark).count(), 1, "{}", told());
        assert!(!told().contains("ccc"), "{}", told());
        assert!(stdout(&life).contains("aaa") && stdout(&life).contains("ccc"), "{}", stdout(&life));
        assert!(stdout(&life).contains("bytes dropped"), "{}", stdout(&life));

        rig.advance(HOUR).await;
        let _again = life.launch("later").await;
        assert!(told().contains("bytes not told ...]"), "{}", told());
        assert!(told().contains("\"later\""), "it is heard again: {}", told());

        // What came last is told when it ends.
        let _again = life.launch(&"d".repeat(300)).await;
        let _again = life.launch("at last").await;
        assert!(!told().contains("at last"), "{}", told());
        life.handle.terminate().await.unwrap();
        assert!(told().contains("at last"), "{}", told());
    });
}
