//! What its host keeps of an app and tells of it is bounded, whatever the app does.

use dormouse::{AppLimitsRequest, Outcome};
use dormouse_core::AppEventKind;
use test_artifacts as programs;

use super::{Life, live, live_on};

/// How many events of this name there were.
fn told(life: &Life<'_>, name: &str) -> usize {
    life.rig.events.app_events().iter().filter(|event| event.kind.name() == name).count()
}

#[test]
fn of_growths_that_are_refused_to_an_instance_a_hundred_are_told() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let _lease = life.launch("").await;
        for _ in 0..150 {
            drop(life.launch("grow:300").await);
        }
        let refused = life.lines().iter().filter(|line| *line == "refused 300 MiB").count();
        assert_eq!((refused, told(&life, "memory-refused")), (150, 100));
        life.handle.terminate().await.unwrap();
        let _lease = life.launch("grow:300").await;
        assert!(told(&life, "memory-refused") > 100, "of the next instance as many");
    });
}

#[test]
fn of_what_is_denied_to_an_instance_a_hundred_are_told() {
    let limits = AppLimitsRequest { setting_bytes: Some(4), ..AppLimitsRequest::none() };
    live_on(
        programs::APP_HOSTS_TASKS,
        |host| host.app_limits_default(limits),
        |app| app,
        async |life| {
            let id = life.task("sets").await;
            assert!(life.rig.fire(id, "sets:150").await.run.outcome.is_success());
            assert!(life.lines().contains(&"refused 150 settings".to_owned()), "{:?}", life.lines());
            assert_eq!(told(&life, "denied"), 100);
            life.handle.terminate().await.unwrap();
            life.rig.fire(id, "sets:1").await;
            assert_eq!(told(&life, "denied"), 101, "of the next instance as many");
        },
    );
}

#[test]
fn what_an_extended_execution_is_for_is_cut_to_256_bytes_and_not_within_a_character() {
    live(programs::APP_EXTENDS, async |life| {
        life.hidden("entered-background:unspecified describe:1000").await;
        let described = life.rig.events.app_events().into_iter().find_map(|event| match event.kind {
            AppEventKind::ExtensionGranted { description, .. } => Some(description),
            _ => None,
        });
        assert_eq!(described, Some("\u{20ac}".repeat(85)), "three bytes each");
    });
}

#[test]
fn an_app_that_lets_go_of_no_task_is_not_called_for_another_one() {
    live(programs::APP_HOSTS_TASKS, async |life| {
        let id = life.task("keeps").await;
        for n in 0..256 {
            let kept = life.rig.fire(id, "keeps").await.run.outcome.clone();
            assert_eq!(kept, Outcome::Succeeded, "{n}");
        }
        let mark = life.mark();
        let refused = life.rig.fire(id, "keeps").await.run.outcome.clone();
        let Outcome::Failed(failure) = &refused else { panic!("{refused:?}") };
        assert!(failure.message.contains("256 instances"), "{}", failure.message);
        let called =
            life.heard(mark).iter().filter(|heard| heard.starts_with("background-activated")).count();
        assert_eq!((called, life.ends()), (0, Vec::new()), "it does not hear of it, and goes on");
        life.handle.terminate().await.unwrap();
        assert!(life.rig.fire(id, "keeps").await.run.outcome.is_success(), "the next instance holds none");
    });
}
