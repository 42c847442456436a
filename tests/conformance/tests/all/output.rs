//! What a run wrote is there when it is over.

use dormouse::testing::Rig;
use dormouse::{RunId, RunOutput, Stream};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, application, component, ready};

fn stdout(output: Option<RunOutput>) -> String {
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[test]
fn what_a_run_wrote_is_kept_with_its_end_over_restarts() {
    let lives = Lives::new();
    let (run, said) = lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::LIMIT_STDOUT_FLOOD).await;
            let run = rig.fire(id, "0").await.run.run;
            let output = rig.host.output(run).await.unwrap();
            assert_eq!(stdout(output.clone()), "begin\nend\n");
            assert!(output.as_ref().unwrap().stderr.is_empty());
            (run, output)
        },
    );
    lives.life(|b| b, async |rig| assert_eq!(rig.host.output(run).await.unwrap(), said));
}

#[test]
fn of_a_run_that_wrote_much_both_ends_are_kept_and_the_gap_is_marked() {
    Rig::run_with(
        |builder| builder.keep_output(20),
        async |rig| {
            let id = ready(rig, programs::LIMIT_STDOUT_FLOOD).await;
            let run = rig.fire(id, "1").await.run.run;
            let dropped = 6 + (1 << 20) + 4 - 20;
            let expected = format!("begin\nzzzz\n[... {dropped} bytes dropped ...]\nzzzzz\nend\n");
            assert_eq!(stdout(rig.host.output(run).await.unwrap()), expected);
        },
    );
}

#[test]
fn nothing_is_kept_of_a_run_that_wrote_nothing_and_where_nothing_is_to_be_kept() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let run = rig.fire(id, "").await.run.run;
        assert_eq!(rig.host.output(run).await.unwrap(), None);
        let none = RunId::from_uuid(uuid::Uuid::nil());
        assert_eq!(rig.host.output(none).await.unwrap(), None);
    });
    Rig::run_with(
        |builder| builder.keep_output(0),
        async |rig| {
            let id = ready(rig, programs::LIMIT_STDOUT_FLOOD).await;
            let run = rig.fire(id, "0").await.run.run;
            assert_eq!(rig.host.output(run).await.unwrap(), None);
        },
    );
}

#[test]
fn what_a_run_has_written_so_far_is_there_while_it_goes_on() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        let id = rig.register(application()).await;
        rig.request(id, "60000").await;
        let run = rig.started(id).await;
        rig.advance(SECOND).await;
        let live = rig.host.output(run).await.unwrap();
        assert_eq!(live.map(|live| live.stdout), rig.host.output_of(run, Stream::Stdout));
        assert_eq!(rig.store.output(run).await.unwrap(), None, "nothing is stored of it yet");
    });
}
