//! What the contract promises, one test per guest program, on a host whose time is simulated.
//!
//! The programs in `tests/programs` assert what a guest can see; the tests here what a host shows: the
//! order of events, the outcome, the receipt. Rules are named in the programs' comments (`UWP-076`).
//! A program without a test here does not compile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "temporary folders are made where the machine keeps them")]

mod access;
mod access_lost;
mod app;
mod cancel;
mod command;
mod compile;
mod conditions;
mod contract;
mod deferral;
mod durable;
mod explain;
mod faults;
mod folder;
mod grant;
mod headers;
mod health;
mod health_writes;
mod hostile;
mod kill;
mod ledger;
mod limit;
mod limits_host;
mod limits_idle;
mod limits_levels;
mod limits_run;
mod lives;
mod look_only;
mod mend;
mod outlook;
mod output;
mod overlap;
mod package;
mod pause;
mod pressure;
mod promises;
mod quarantine;
mod quota;
mod registering;
mod registration;
mod retention;
mod retention_clock;
mod run;
mod schedule;
mod settings;
mod socket;
mod starved;
mod stats;
mod storage;
mod subscribe;
mod timers;
mod trap;
mod various;

use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{Cancellation, CancellationReason, Completion, Outcome, RegistrationId, TaskBuilder, Trigger};

/// The bytes of a component.
fn component(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// A registration with an application trigger.
fn application() -> TaskBuilder {
    TaskBuilder::new("task").entry_point("main").trigger(Trigger::Application)
}

/// Installs a program and registers it with an application trigger.
async fn ready(rig: &Rig, path: &str) -> RegistrationId {
    rig.install(&component(path));
    rig.register(application()).await
}

/// Runs a program once, with these arguments, to its end.
fn once(path: &str, arguments: &'static str) -> (Completion, Vec<String>, String) {
    Rig::run(async |rig| {
        let id = ready(rig, path).await;
        let completion = rig.fire(id, arguments).await;
        (completion, rig.log(id), rig.stdout())
    })
}

fn succeeds(path: &str, arguments: &'static str) -> String {
    let (completion, log, stdout) = once(path, arguments);
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{log:#?}");
    stdout
}

fn abort() -> Cancellation {
    Cancellation::new(CancellationReason::Abort, "operator", "a test")
}

/// The event log without what is not asked about.
fn only(log: &[String], kinds: &[&str]) -> Vec<String> {
    log.iter().filter(|line| kinds.iter().any(|kind| line.starts_with(kind))).cloned().collect()
}

/// Ids for several lives of a host on one store: none of them comes twice.
#[derive(Clone, Default)]
struct Ids(std::sync::Arc<dormouse_core::ids::SequentialIds>);

impl dormouse_core::IdSource for Ids {
    fn fresh(&self) -> uuid::Uuid {
        self.0.fresh()
    }
}

const SECOND: Duration = Duration::from_secs(1);

macro_rules! assert_test_exists {
    ($name:ident) => {
        #[expect(unused_imports, reason = "only to see whether it exists")]
        use $crate::all::$name as _;
    };
}

/// Every test, in one namespace.
mod all {
    pub(crate) use crate::app::*;
    pub(crate) use crate::cancel::*;
    pub(crate) use crate::command::*;
    pub(crate) use crate::deferral::*;
    pub(crate) use crate::folder::*;
    pub(crate) use crate::grant::*;
    pub(crate) use crate::hostile::named::*;
    pub(crate) use crate::kill::*;
    pub(crate) use crate::limit::*;
    pub(crate) use crate::limits_run::*;
    pub(crate) use crate::package::*;
    pub(crate) use crate::pause::*;
    pub(crate) use crate::quota::*;
    pub(crate) use crate::registration::*;
    pub(crate) use crate::run::*;
    pub(crate) use crate::settings::*;
    pub(crate) use crate::socket::*;
    pub(crate) use crate::storage::*;
    pub(crate) use crate::trap::*;
    pub(crate) use crate::various::*;
}

mod every_program_has_a_test {
    test_artifacts::foreach_program!(assert_test_exists);
}

fn is_ended(event: &dormouse::Event) -> bool {
    matches!(event.kind, dormouse::EventKind::Ended { .. })
}
