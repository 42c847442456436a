//! Packages: installed, updated, removed, and found again.

mod app;
mod app_live;
mod asks;
mod crash;
mod look_only;
mod lost;
mod meanwhile;
mod update;

use std::sync::Arc;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use cap_tempfile::TempDir;
use dormouse::package::Source;
use dormouse::testing::Rig;
use dormouse::{
    AccessStatus, AppId, CancellationReason, Compiler, Consent, EventKind, Fired, HostBuilder, IfExists,
    InstallError, InstallOptions, MemoryStore, Message, MessageTrigger, Outcome, PackageConfig, Refusal,
    SystemEvent, SystemTrigger, TaskBuilder, Trigger,
};
use dormouse_core::store::Store;
use dormouse_core::{RegistrationId, SimClock};
use test_artifacts as programs;

use crate::{SECOND, component};
pub(crate) use update::package_update_task;

/// Everything of a machine that outlives a host.
struct Machine {
    store: Arc<dyn Store>,
    clock: SimClock,
    folders: TempDir,
    packages: TempDir,
    /// What its operator has on it.
    data: TempDir,
}

impl Machine {
    fn new() -> Self {
        let temp = || TempDir::new(ambient_authority()).unwrap();
        let (folders, packages, data) = (temp(), temp(), temp());
        Self { store: Arc::new(MemoryStore::new()), clock: SimClock::new(), folders, packages, data }
    }

    fn config(&self) -> PackageConfig {
        PackageConfig {
            directory: self.packages.try_clone().unwrap(),
            compiler: Compiler::InProcess { len_max: 64 << 20 },
            cache: None,
        }
    }

    fn run<R>(&self, test: impl AsyncFnOnce(&Rig) -> R) -> R {
        let configure = |builder: HostBuilder| {
            builder.app_folders(self.folders.try_clone().unwrap()).packages(self.config())
        };
        Rig::run_on(self.store.clone(), self.clock.clone(), configure, test)
    }

    /// Names of what is in the repository, but for the staging area, which is empty.
    fn kept(&self) -> Vec<String> {
        let names = |dir: &Dir| -> Vec<String> {
            let entries = dir.entries().unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        assert_eq!(names(&self.packages.open_dir(".staging").unwrap()), [""; 0]);
        let mut kept = names(&self.packages);
        kept.retain(|name| name != ".staging");
        kept.sort();
        kept
    }
}

const APP: &str = "org.example.feeds";

fn app() -> AppId {
    AppId::new(APP).unwrap()
}

/// A package in the making.
struct Package {
    dir: TempDir,
    manifest: String,
}

impl Package {
    fn new(version: &str) -> Self {
        let dir = TempDir::new(ambient_authority()).unwrap();
        let manifest = format!("[package]\nname = \"{APP}\"\nversion = \"{version}\"\n");
        Self { dir, manifest }
    }

    /// Goes into table `package`, so it comes first.
    fn update_task(mut self, entry_point: &str) -> Self {
        self.manifest.push_str(&format!("update-task = \"{entry_point}\"\n"));
        self
    }

    fn entry_point(mut self, name: &str, program: &str, triggers: &str) -> Self {
        self.dir.write(format!("{name}.wasm"), component(program)).unwrap();
        self.manifest.push_str(&format!(
            "[entry-points.{name}]\ncomponent = \"{name}.wasm\"\ntriggers = [{triggers}]\n"
        ));
        self
    }

    fn with(mut self, toml: &str) -> Self {
        self.manifest.push_str(toml);
        self.manifest.push('\n');
        self
    }

    fn source(&self) -> Source {
        self.dir.write("dormouse.toml", &self.manifest).unwrap();
        Source::directory(self.dir.try_clone().unwrap())
    }
}

fn consent() -> InstallOptions {
    InstallOptions { consent: Consent::ToAll, ..InstallOptions::default() }
}

/// Its one entry point does nothing, on messages of topic `go`.
fn simple(version: &str) -> Package {
    Package::new(version)
        .entry_point("main", programs::RUN_RETURNS_OK, "\"message\", \"system\"")
        .with("[[registrations]]\nname = \"on go\"\nentry-point = \"main\"\ntrigger = { message = \"go\" }")
}

/// Its one entry point waits for its cancellation, and expects `reason`.
fn waiting(version: &str) -> Package {
    Package::new(version)
        .entry_point("main", programs::CANCEL_WAITING, "\"application\"")
        .with("[[registrations]]\nname = \"waits\"\nentry-point = \"main\"\ntrigger = { application = true }")
}

fn message() -> Message {
    Message { topic: "go".to_owned(), content_type: String::new(), body: Vec::new() }
}

fn names(rig: &Rig) -> Vec<String> {
    rig.host.registrations().into_iter().map(|record| record.registration.name).collect()
}

fn the_one(rig: &Rig) -> RegistrationId {
    let all = rig.host.registrations();
    let [one] = &all[..] else { panic!("{all:#?}") };
    one.registration.id
}

#[test]
fn a_package_is_installed_with_the_registrations_of_its_manifest() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let done = rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
        assert_eq!((done.app, done.version.as_str(), done.from), (app(), "1.0.0", None));
        assert_eq!(done.registered, [the_one(rig)]);
        let fired = rig.host.signal(message()).await.unwrap();
        let [(_, Fired::Accepted(activation))] = fired[..] else { panic!("{fired:?}") };
        assert_eq!(rig.completed(activation).await.run.outcome, Outcome::Succeeded);

        let [package] = &rig.host.packages()[..] else { panic!() };
        assert_eq!((package.version.as_str(), package.registrations, package.loaded), ("1.0.0", 1, true));
        assert_eq!(package.access, AccessStatus::AllowedSubjectToPolicy);
        let again = rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap_err();
        assert!(matches!(again, InstallError::AlreadyInstalled { .. }), "{again}");
    });
    assert_eq!(machine.kept(), [APP]);
}

#[test]
fn uwp_020_packages_and_registrations_are_there_after_a_restart() {
    let machine = Machine::new();
    let before = machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
        the_one(rig)
    });
    machine.run(async |rig| {
        assert_eq!(the_one(rig), before);
        assert!(rig.host.packages()[0].loaded);
        let fired = rig.host.signal(message()).await.unwrap();
        let activation = fired[0].1.activation().unwrap();
        assert_eq!(rig.completed(activation).await.run.outcome, Outcome::Succeeded);
    });
}

#[test]
fn uwp_008_and_009_what_the_manifest_does_not_declare_is_refused() {
    Machine::new().run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
        let task = |entry_point: &str| TaskBuilder::new("t").entry_point(entry_point);
        let message = Trigger::Message(MessageTrigger::new("t"));
        for (builder, said) in [
            (task("other").trigger(message.clone()), "has no entry point \"other\"; it has main"),
            (task("main").trigger(Trigger::Application), "does not declare application triggers"),
        ] {
            let error = rig.host.register(&app(), builder, IfExists::default()).await.unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.contains(said), "{cause}");
        }
        assert!(rig.host.register(&app(), task("main").trigger(message), IfExists::default()).await.is_ok());
    });
}

#[test]
fn what_is_asked_for_needs_consent_and_without_it_nothing_is_left() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let asking =
            simple("1.0.0").with("[capabilities]\nnetwork = [\"api.example.org:443\"]\nenv = [\"TOKEN\"]");
        let refused = rig.host.install_package(asking.source(), InstallOptions::default()).await.unwrap_err();
        let InstallError::ConsentNeeded { difference, .. } = refused else { panic!("{refused}") };
        assert_eq!(difference.to_string(), "+ network api.example.org:443\n+ env TOKEN");
        assert!(rig.host.packages().is_empty());
        assert!(machine.kept().is_empty());
        assert!(machine.store.apps().await.unwrap().is_empty());

        // What was shown is not what it asks for by now.
        let shown = InstallOptions { consent: Consent::To(difference), ..InstallOptions::default() };
        let more = asking.with("listen = [\"127.0.0.1:7007\"]");
        let refused = rig.host.install_package(more.source(), shown).await.unwrap_err();
        let InstallError::ConsentNeeded { difference, .. } = refused else { panic!("{refused}") };
        assert_eq!(difference.as_slice().len(), 3);
        let shown = InstallOptions { consent: Consent::To(difference), ..InstallOptions::default() };
        let done = rig.host.install_package(more.source(), shown).await.unwrap();
        assert_eq!(done.not_granted, ["variable TOKEN"]);
        assert_eq!(rig.host.packages()[0].granted.network, ["api.example.org:443"]);
    });
}

#[test]
fn a_component_that_cannot_run_here_leaves_nothing() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let package = simple("1.0.0").entry_point("other", programs::WIT_NO_TASK, "\"message\"");
        let refused = rig.host.install_package(package.source(), consent()).await.unwrap_err();
        assert!(
            matches!(&refused, InstallError::Component { entry_point, .. } if entry_point == "other"),
            "{refused}"
        );
        assert!(rig.host.packages().is_empty() && rig.host.registrations().is_empty());
    });
    assert!(machine.kept().is_empty());
}

#[test]
fn uwp_024_and_090_uninstalling_ends_runs_and_takes_everything_of_the_app() {
    let machine = Machine::new();
    machine.data.write("photo", "x").unwrap();
    machine.run(async |rig| {
        let package = waiting("1.0.0").with("[capabilities.directories]\n\"/photos\" = \"read-write\"");
        let photos = machine.data.try_clone().unwrap();
        let path = std::fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&photos)));
        let options =
            InstallOptions { directories: [("/photos".to_owned(), path.unwrap())].into(), ..consent() };
        rig.host.install_package(package.source(), options).await.unwrap();
        assert!(machine.folders.exists(format!("{APP}/local")));
        let id = the_one(rig);
        let running = rig.request(id, "uninstall").await;
        rig.settle().await;

        rig.host.uninstall_package(&app()).await.unwrap();
        let outcome = rig.completed(running).await.run.outcome.clone();
        let Outcome::Canceled { cancellation, forced: false } = outcome else { panic!("{outcome}") };
        assert_eq!(cancellation.reason, CancellationReason::Uninstall);
        assert!(rig.host.registrations().is_empty() && rig.host.packages().is_empty());
        let fired = rig.host.request(id, "").await.unwrap();
        assert_eq!(fired, Fired::Refused(Refusal::NotRegistered));
        assert!(!machine.folders.exists(APP), "its folder is gone");
        assert!(machine.data.exists("photo"), "what it was granted stays");
        let gone = rig.host.uninstall_package(&app()).await.unwrap_err();
        assert!(matches!(gone, InstallError::NotInstalled { .. }));
    });
    assert!(machine.kept().is_empty());
}

#[test]
fn what_waits_of_an_app_does_not_run_when_it_is_uninstalled() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let package = Package::new("1.0.0").entry_point("main", programs::RUN_RETURNS_OK, "\"message\"").with(
            "[[registrations]]\nname = \"w\"\nentry-point = \"main\"\ntrigger = { message = \"go\" }\nconditions = [\"user-present\"]",
        );
        rig.host.install_package(package.source(), consent()).await.unwrap();
        let latched = rig.host.signal(message()).await.unwrap()[0].1.activation().unwrap();
        rig.settle().await;
        rig.host.uninstall_package(&app()).await.unwrap();
        rig.conditions.set(&dormouse::Condition::UserPresent, dormouse::Holds::Met);
        rig.advance(SECOND * 60).await;
        assert!(rig.outcomes().is_empty());
        let error = rig.host.completed(latched).await.unwrap_err();
        assert!(matches!(error, dormouse::HostError::Withdrawn(_)), "{error}");
    });
}

#[test]
fn an_installation_whose_caller_goes_away_is_done_to_its_end() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let package = simple("1.0.0");
        {
            let mut asked = std::pin::pin!(rig.host.install_package(package.source(), consent()));
            assert!(futures::poll!(asked.as_mut()).is_pending());
        }
        while rig.host.registrations().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(rig.host.packages()[0].loaded);
    });
}

#[test]
fn an_app_that_the_program_brings_along_is_not_replaced_by_a_package() {
    let machine = Machine::new();
    machine.run(async |rig| {
        let embedded = dormouse::App::new(app())
            .entry_point("main", rig.component(&component(programs::RUN_RETURNS_OK)));
        rig.host.install(embedded).unwrap();
        let refused = rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap_err();
        assert!(matches!(refused, InstallError::Embedded { .. }), "{refused}");
    });
    assert!(machine.kept().is_empty());
}

/// Long enough for anything that is going to happen.
const WHILE: Duration = Duration::from_secs(60);
