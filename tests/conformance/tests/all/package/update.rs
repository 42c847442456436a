//! Packages that are replaced by another version.

use super::*;

#[test]
fn uwp_089_and_050_an_update_tells_what_runs_and_then_those_who_wait_for_it() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(waiting("1.0.0").source(), consent()).await.unwrap();
        let running = rig.request(the_one(rig), "servicing-update").await;
        rig.settle().await;

        let next = Package::new("1.1.0")
            .entry_point("main", programs::CANCEL_WAITING, "\"application\", \"system\"")
            .with("[[registrations]]\nname = \"waits\"\nentry-point = \"main\"\ntrigger = { application = true }")
            .with("[[registrations]]\nname = \"after\"\nentry-point = \"main\"\ntrigger = { system = \"servicing-complete\" }");
        let before = the_one(rig);
        let done = rig.host.update_package(next.source(), consent()).await.unwrap();
        assert_eq!((done.from.as_deref(), done.dropped.len()), (Some("1.0.0"), 0));
        assert_eq!(done.registered[0], before, "it is the same registration");

        let completion = rig.completed(running).await;
        let Outcome::Canceled { cancellation, forced: false } = &completion.run.outcome else { panic!() };
        assert_eq!(cancellation.reason, CancellationReason::ServicingUpdate);
        assert_eq!(cancellation.detail, "version 1.0.0 is being replaced by 1.1.0");
        let events = rig.events.events();
        let place = |is: &dyn Fn(&EventKind) -> bool| events.iter().position(|event| is(&event.kind)).unwrap();
        let ended = place(&|kind| matches!(kind, EventKind::Ended { .. }));
        let fired_after = events.iter().rposition(|event| matches!(event.kind, EventKind::Fired { .. })).unwrap();
        assert!(ended < fired_after, "servicing-complete fires when nothing of the old version runs");
        assert_eq!(events[fired_after].registration, done.registered[1]);
    });
}

#[test]
fn an_update_waits_no_longer_than_the_grace_of_what_does_not_listen() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let stubborn = |version| {
            Package::new(version).entry_point("main", programs::CANCEL_IGNORED, "\"application\"").with(
                "[[registrations]]\nname = \"waits\"\nentry-point = \"main\"\ntrigger = { application = true }",
            )
        };
        rig.host.install_package(stubborn("1.0.0").source(), consent()).await.unwrap();
        let running = rig.request(the_one(rig), "").await;
        rig.settle().await;
        let next = stubborn("1.1.0");
        let (host, source) = (rig.host.clone(), next.source());
        let update = tokio::spawn(async move { host.update_package(source, consent()).await });
        let completion = rig.completed(running).await;
        assert!(matches!(completion.run.outcome, Outcome::Canceled { forced: true, .. }));
        assert_eq!(update.await.unwrap().unwrap().version, "1.1.0");
    });
}

/// UWP-051: without any registration.
#[test]
pub(crate) fn package_update_task() {
    let machine = Machine::new();
    let package = |version: &str| {
        Package::new(version).update_task("migrate").entry_point("migrate", programs::PACKAGE_UPDATE_TASK, "")
    };
    machine.run(async |rig| {
        let installed = rig.host.install_package(package("1.0.0").source(), consent()).await.unwrap();
        assert_eq!(installed.update_task, None);
        rig.settle().await;
        assert_eq!(rig.stdout(), "", "an installation is no update");
        for (from, to) in [("1.0.0", "1.1.0"), ("1.1.0", "2.0.0")] {
            let done = rig.host.update_package(package(to).source(), consent()).await.unwrap();
            let task = done.update_task.unwrap();
            rig.until("the update task to end", |e| {
                e.registration == task && matches!(e.kind, EventKind::Completed { success: true, .. })
            })
            .await;
            assert!(rig.stdout().ends_with(&format!("updated {from} to {to}\n")), "{}", rig.stdout());
        }
        assert!(rig.host.tasks(&app()).is_empty(), "the app does not see it among its own");
    });
}

#[test]
fn registrations_that_the_new_version_cannot_have_are_removed_with_the_reason() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
        let system = Trigger::System(SystemTrigger::new(SystemEvent::TimeZoneChange));
        for (name, trigger) in [("kept", Trigger::Message(MessageTrigger::new("t"))), ("undeclared", system)]
        {
            let builder = TaskBuilder::new(name).entry_point("main").trigger(trigger);
            rig.host.register(&app(), builder, IfExists::default()).await.unwrap();
        }
        let next = Package::new("2.0.0").entry_point("main", programs::RUN_RETURNS_OK, "\"message\"");
        let done = rig.host.update_package(next.source(), consent()).await.unwrap();
        let dropped: Vec<_> = done.dropped.iter().map(|d| (d.name.as_str(), d.reason.as_str())).collect();
        let [("on go", made_no_more), ("undeclared", why)] = dropped[..] else { panic!("{dropped:?}") };
        assert_eq!(made_no_more, "the manifest does not make it any more");
        assert!(why.contains("does not declare system triggers"), "{why}");
        assert_eq!(names(rig), ["kept"]);
    });
}

#[test]
fn an_update_that_asks_for_more_needs_consent_and_the_old_version_goes_on() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let first = simple("1.0.0").with("[capabilities]\nnetwork = [\"api.example.org:443\"]");
        rig.host.install_package(first.source(), consent()).await.unwrap();
        let more = simple("1.1.0")
            .with("[capabilities]\nnetwork = [\"api.example.org:443\", \"telemetry.example.org:443\"]");
        let refused = rig.host.update_package(more.source(), InstallOptions::default()).await.unwrap_err();
        let InstallError::ConsentNeeded { difference, .. } = refused else { panic!("{refused}") };
        assert_eq!(difference.to_string(), "+ network telemetry.example.org:443");
        assert_eq!(rig.host.packages()[0].version, "1.0.0");
        let fired = rig.host.signal(message()).await.unwrap();
        let activation = fired[0].1.activation().unwrap();
        assert_eq!(rig.completed(activation).await.run.outcome, Outcome::Succeeded);

        rig.host.update_package(more.source(), consent()).await.unwrap();
        assert_eq!(rig.host.packages()[0].granted.network.len(), 2);
        // Fewer need no consent, and what is not asked for any more is not granted any more.
        rig.host.update_package(simple("1.2.0").source(), InstallOptions::default()).await.unwrap();
        assert!(rig.host.packages()[0].granted.network.is_empty());
    });
}

#[test]
fn the_same_contents_change_nothing_and_an_older_version_needs_to_be_allowed() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.1.0").source(), consent()).await.unwrap();
        let same = rig.host.update_package(simple("1.1.0").source(), consent()).await.unwrap();
        assert!(same.unchanged);
        let older = rig.host.update_package(simple("1.0.9").source(), consent()).await.unwrap_err();
        assert!(matches!(older, InstallError::Downgrade { .. }), "{older}");
        let allowed = InstallOptions { allow_downgrade: true, ..consent() };
        assert!(!rig.host.update_package(simple("1.0.9").source(), allowed).await.unwrap().unchanged);
        assert_eq!(rig.host.packages()[0].version, "1.0.9");
    });
}
