//! What a package says its app keeps and spends: no more than the host allows, and after what the operator says.

use dormouse::{
    AppLimits, AppLimitsRequest, Event, FoldersUsed, HostError, QuotaDecision, QuotaPolicy, QuotaSource,
    QuotaView,
};

use super::*;
use crate::only;

const MIB: u64 = 1 << 20;

impl Machine {
    /// With a host that is as `configure` says.
    fn run_as<R>(
        &self,
        configure: impl FnOnce(HostBuilder) -> HostBuilder,
        test: impl AsyncFnOnce(&Rig) -> R,
    ) -> R {
        let ready = |builder: HostBuilder| {
            configure(builder.app_folders(self.folders.try_clone().unwrap()).packages(self.config()))
        };
        Rig::run_on(self.store.clone(), self.clock.clone(), ready, test)
    }
}

fn quota(cpu: Duration, window: Duration) -> QuotaPolicy {
    QuotaPolicy::new(cpu, window).unwrap()
}

/// Sets itself a quota of 2 s in 15 minutes.
fn frugal(version: &str) -> Package {
    simple(version).with("[quota]\ncpu = \"2s\"\nwindow = \"15m\"")
}

fn keeping(version: &str, limits: &str) -> Package {
    simple(version).with("[app-limits]").with(limits)
}

fn view(rig: &Rig) -> QuotaView {
    rig.host.quota(&app()).unwrap()
}

fn kept(rig: &Rig) -> AppLimits {
    rig.host.app_limits(&app()).unwrap()
}

#[test]
fn a_package_sets_itself_a_quota_that_is_no_looser_than_the_hosts() {
    let machine = Machine::new();
    for (host, taken) in [
        (quota(SECOND * 2, SECOND * 900), true),
        (quota(SECOND * 3, SECOND * 60), true),
        (quota(SECOND, SECOND * 900), false),
        // More in the long run, though no more at once.
        (quota(SECOND * 2, SECOND * 901), false),
    ] {
        machine.run_as(
            |builder| builder.quota_default(Some(host)),
            async |rig| {
                let done = rig.host.install_package(frugal("1.0.0").source(), consent()).await;
                if taken {
                    done.unwrap();
                    assert_eq!((view(rig).policy, view(rig).set_by), (QuotaPolicy::UWP8, QuotaSource::App));
                    rig.host.uninstall_package(&app()).await.unwrap();
                } else {
                    let refused = done.unwrap_err();
                    assert!(matches!(refused, InstallError::Quota { .. }), "{refused}");
                    assert!(refused.to_string().contains("of 2s/15m, looser than"), "{refused}");
                }
            },
        );
        assert!(
            machine.kept().is_empty()
                && futures::executor::block_on(machine.store.apps()).unwrap().is_empty()
        );
    }
}

#[test]
fn a_quota_of_a_package_goes_behind_the_operators_and_behind_a_stricter_host() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(frugal("1.0.0").source(), InstallOptions::default()).await.unwrap();
        assert_eq!((view(rig).policy, view(rig).set_by), (QuotaPolicy::UWP8, QuotaSource::App));
    });
    let strict = quota(SECOND, SECOND * 900);
    machine.run_as(
        |builder| builder.quota_default(Some(strict)),
        async |rig| {
            assert_eq!((view(rig).policy, view(rig).set_by), (strict, QuotaSource::Host));
            let loose = quota(SECOND * 60, SECOND * 60);
            rig.host.set_quota(&app(), Some(QuotaDecision::Limited(loose))).await.unwrap();
            assert_eq!((view(rig).policy, view(rig).set_by), (loose, QuotaSource::Operator));
            rig.host.set_quota(&app(), None).await.unwrap();
        },
    );
    machine.run_as(
        |builder| builder.read_only(),
        async |rig| {
            assert_eq!((view(rig).policy, view(rig).set_by), (QuotaPolicy::UWP8, QuotaSource::App));
        },
    );
}

#[test]
fn to_keep_more_than_any_app_may_needs_consent_and_more_than_the_host_allows_is_refused() {
    let machine = Machine::new();
    let max = AppLimits { folder_bytes: 100 * MIB, ..AppLimits::HOST_MAX };
    let max = |builder: HostBuilder| builder.app_limits_max(max);
    machine.run_as(max, async |rig| {
        let above = keeping("1.0.0", "folder-bytes = \"101MiB\"");
        let refused = rig.host.install_package(above.source(), consent()).await.unwrap_err();
        assert!(matches!(refused, InstallError::AppLimits(_)), "{refused}");
        let much = keeping("1.0.0", "folder-bytes = \"100MiB\"\nsettings = 10");
        let refused = rig.host.install_package(much.source(), InstallOptions::default()).await.unwrap_err();
        let InstallError::ConsentNeeded { difference, .. } = refused else { panic!("{refused}") };
        assert_eq!(difference.to_string(), "+ keep folder-bytes 100MiB");
        assert!(rig.host.packages().is_empty() && rig.host.app_limits(&app()).is_none());

        let shown = InstallOptions { consent: Consent::To(difference), ..InstallOptions::default() };
        rig.host.install_package(much.source(), shown).await.unwrap();
        assert_eq!(kept(rig), AppLimits { folder_bytes: 100 * MIB, settings: 10, ..AppLimits::DEFAULT });
        // What was agreed to is not asked for again.
        let next = keeping("1.1.0", "folder-bytes = \"100MiB\"");
        rig.host.update_package(next.source(), InstallOptions::default()).await.unwrap();
        assert_eq!(kept(rig).settings, AppLimits::DEFAULT.settings);
    });
    assert_eq!(machine.kept(), [APP]);
    // A host that allows less by now takes it as it is.
    let less = AppLimits { folder_bytes: MIB, ..AppLimits::HOST_MAX };
    machine.run_as(
        |builder| builder.app_limits_max(less),
        async |rig| {
            assert!(rig.host.packages()[0].loaded);
            assert_eq!(kept(rig).folder_bytes, MIB);
        },
    );
    machine.run_as(|builder| builder.read_only(), async |rig| assert_eq!(kept(rig).folder_bytes, 100 * MIB));
}

#[test]
fn what_an_operator_decides_about_keeping_comes_first_and_outlives_updates_and_hosts() {
    let machine = Machine::new();
    let decided = AppLimitsRequest { settings: Some(3), ..AppLimitsRequest::none() };
    machine.run(async |rig| {
        rig.host.set_app_limits(&app(), decided).await.unwrap();
        assert_eq!(rig.host.app_limits(&app()), None, "it is not installed");
        rig.host.install_package(keeping("1.0.0", "settings = 9").source(), consent()).await.unwrap();
        assert_eq!(kept(rig).settings, 3);
        rig.host.update_package(keeping("1.1.0", "settings = 8").source(), consent()).await.unwrap();
        assert_eq!(kept(rig).settings, 3);
        let above = AppLimitsRequest { settings: Some(u64::MAX), ..AppLimitsRequest::none() };
        let refused = rig.host.set_app_limits(&app(), above).await.unwrap_err();
        assert!(matches!(refused, HostError::AppLimits(_)), "{refused}");
        assert_eq!(rig.host.app_limits_decision(&app()), decided);
    });
    machine.run(async |rig| {
        assert_eq!((kept(rig).settings, rig.host.app_limits_decision(&app())), (3, decided));
        rig.host.set_app_limits(&app(), AppLimitsRequest::none()).await.unwrap();
        assert_eq!(kept(rig).settings, 8);
        rig.host.set_app_limits(&app(), decided).await.unwrap();
        rig.host.uninstall_package(&app()).await.unwrap();
        assert!(rig.host.app_limits_decision(&app()).is_none(), "it went with the app");
    });
}

#[test]
fn what_an_operator_decides_while_an_update_waits_is_kept() {
    Machine::new().run(async |rig| {
        let stays = Package::new("1.0.0").entry_point("main", programs::CANCEL_IGNORED, "\"message\"").with(
            "[[registrations]]\nname = \"stays\"\nentry-point = \"main\"\ntrigger = { message = \"go\" }",
        );
        let id = rig.host.install_package(stays.source(), consent()).await.unwrap().registered[0];
        rig.host.signal(message()).await.unwrap();
        rig.started(id).await;
        let next = simple("2.0.0");
        let (host, source) = (rig.host.clone(), next.source());
        let update = tokio::spawn(async move { host.update_package(source, consent()).await });
        // No time passes meanwhile: what runs is told by the update, and by nothing else.
        let told = |event: &Event| matches!(event.kind, EventKind::CancelRequested { .. });
        while !rig.events.events().iter().any(told) {
            tokio::task::yield_now().await;
        }
        let decided = AppLimitsRequest { settings: Some(3), ..AppLimitsRequest::none() };
        rig.host.set_app_limits(&app(), decided).await.unwrap();
        rig.host.set_quota(&app(), Some(QuotaDecision::Off)).await.unwrap();
        rig.advance(WHILE).await;
        assert_eq!(update.await.unwrap().unwrap().version, "2.0.0");
        assert_eq!(rig.host.app_limits_decision(&app()), decided);
        assert_eq!(rig.host.quota_decision(&app()), Some(QuotaDecision::Off));
    });
}

#[test]
fn what_is_decided_about_keeping_holds_for_what_is_open_already() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let keeps = Package::new("1.0.0").entry_point("main", programs::FOLDER_BYTES, "\"application\"").with(
            "[[registrations]]\nname = \"keeps\"\nentry-point = \"main\"\ntrigger = { application = true }",
        );
        rig.host.install_package(keeps.source(), consent()).await.unwrap();
        let id = the_one(rig);
        let refused = async || {
            let completion = rig.fire(id, "100000").await;
            assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
            completion.run.receipt.denials
        };
        assert!(refused().await < 8, "only what no limit allows is refused");
        let exactly = AppLimitsRequest { folder_bytes: Some(100_000), ..AppLimitsRequest::none() };
        rig.host.set_app_limits(&app(), exactly).await.unwrap();
        assert_eq!(refused().await, 8);
    });
}

#[test]
fn what_an_app_keeps_and_spends_is_told_in_one_view() {
    let machine = Machine::new();
    machine.run(async |rig| {
        assert_eq!(rig.host.usage(&app()).await.unwrap(), None);
        let package = Package::new("1.0.0")
            .entry_point("counts", programs::SETTINGS_VALUES, "\"application\"")
            .entry_point("spins", programs::CANCEL_POLLING_BUSY, "\"message\"")
            .with("[[registrations]]\nname = \"counts\"\nentry-point = \"counts\"\ntrigger = { application = true }")
            .with("[[registrations]]\nname = \"spins\"\nentry-point = \"spins\"\ntrigger = { message = \"go\" }")
            .with("[quota]\ncpu = \"500ms\"\nwindow = \"15m\"");
        let made = rig.host.install_package(package.source(), consent()).await.unwrap().registered;
        let usage = async || rig.host.usage(&app()).await.unwrap().unwrap();
        let before = usage().await;
        assert_eq!((before.registrations, before.running, before.runs), (2, 0, 0));
        assert_eq!(before.folders, FoldersUsed::Counted { bytes: 0, entries: 0 });
        assert_eq!((before.settings.settings, before.limits), (0, AppLimits::DEFAULT));
        assert_eq!(before.quota.unwrap().left, SECOND / 2);

        machine.folders.write(format!("{APP}/local/nuts"), "twelve bytes").unwrap();
        assert_eq!(rig.fire(made[0], "").await.run.outcome, Outcome::Succeeded);
        rig.host.signal(message()).await.unwrap();
        rig.until("it is paused", |event| matches!(event.kind, EventKind::Paused { .. })).await;
        let paused_at = rig.now();
        rig.advance(SECOND * 5).await;
        let after = usage().await;
        assert_eq!((after.running, after.runs), (1, 1));
        // A number under the id of the registration.
        assert_eq!((after.settings.settings, after.settings.bytes), (1, 36 + 1));
        let quota = after.quota.unwrap();
        assert_eq!((quota.left, quota.paused_runs), (Duration::ZERO, 1));
        assert!(quota.paused_since.is_some_and(|since| since <= paused_at && since + SECOND > paused_at));
        assert_eq!(only(&rig.log(made[1]), &["paused"]), ["paused"]);
    });
    // What was put there past the host is found by the next one.
    machine.run(async |rig| {
        let usage = rig.host.usage(&app()).await.unwrap().unwrap();
        assert_eq!(usage.folders, FoldersUsed::Counted { bytes: 12, entries: 1 });
        let few = AppLimitsRequest { folder_entries: Some(0), ..AppLimitsRequest::none() };
        rig.host.set_app_limits(&app(), few).await.unwrap();
    });
    machine.run(async |rig| {
        assert_eq!(rig.host.usage(&app()).await.unwrap().unwrap().folders, FoldersUsed::TooMany);
    });
    machine.run_as(
        |builder| builder.read_only(),
        async |rig| {
            rig.host.usage(&app()).await.unwrap().unwrap();
        },
    );
}
