//! What is done on a host in this process.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{Access, App, Component, FireOptions, Grants, HostError, QuotaPolicy};
use dormouse_control::api::{FiredView, Problem, RunView, SignaledView};
use dormouse_core::store::RunFilter;
use dormouse_core::{
    AccessStatus, Cancellation, CancellationReason, Clock as _, Message, SystemEvent, TaskBuilder, Trigger,
    TriggerDetails, TriggerKind, WorkCost,
};
use serde_json::json;
use tempfile::TempDir;

use super::super::as_told::{self, Told};
use super::super::wishes;
use crate::hex;
use crate::protocol::{self, Directory, DirectoryAccess, Event, Now, Op, Program, Registration, Reply};

/// The longest that a host may take to stop, of simulated time.
const STOPS: Duration = Duration::from_secs(60 * 60);

/// The most runs that are listed.
const RUNS: usize = 1_000;

/// A host, and how much of what happened on it was told.
pub(super) struct Acts<'a> {
    rig: &'a Rig,
    told: &'a Mutex<Told>,
    seen: usize,
    /// Directories that apps are granted.
    directories: Vec<TempDir>,
}

fn or_failed<T>(done: Result<T, impl std::fmt::Display>) -> Result<T, Reply> {
    done.map_err(Reply::failed)
}

fn or_refused<T, E: Into<Problem>>(done: Result<T, E>) -> Result<T, Reply> {
    done.map_err(|error| wishes::refused(&error.into()))
}

/// Whether an app may run.
pub(in crate::adapter) const fn access(access: protocol::Access) -> AccessStatus {
    match access {
        protocol::Access::Unspecified => AccessStatus::Unspecified,
        protocol::Access::AlwaysAllowed => AccessStatus::AlwaysAllowed,
        protocol::Access::AllowedSubjectToPolicy => AccessStatus::AllowedSubjectToPolicy,
        protocol::Access::DeniedByPolicy => AccessStatus::DeniedByPolicy,
        protocol::Access::DeniedByUser => AccessStatus::DeniedByUser,
    }
}

impl<'a> Acts<'a> {
    pub(super) const fn new(rig: &'a Rig, told: &'a Mutex<Told>) -> Self {
        Self { rig, told, seen: 0, directories: Vec::new() }
    }

    /// What happened since the last time.
    pub(super) fn events(&mut self) -> Result<Vec<Event>, serde_json::Error> {
        let new = self.rig.events.since(self.seen);
        self.seen += new.len();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        new.iter().filter_map(|event| told.own(event).transpose()).collect()
    }

    pub(super) async fn act(&mut self, op: Op) -> Reply {
        self.acted(op).await.unwrap_or_else(|reply| reply)
    }

    async fn acted(&mut self, op: Op) -> Result<Reply, Reply> {
        let host = &self.rig.host;
        Ok(match op {
            Op::Install { app, program } => {
                self.install(&app, &program)?;
                Reply::done()
            }
            Op::Register { registration } => {
                let (app, builder, if_exists) = builder(&registration)?;
                let made = or_refused(host.register(&app, builder, if_exists).await)?;
                Reply::ok(json!({ "registration": made.id }))
            }
            Op::Validate { registration } => {
                let (app, builder, _) = builder(&registration)?;
                or_refused(host.validate(&app, &builder).map_err(HostError::Registration))?;
                Reply::done()
            }
            Op::Unregister { registration, cancel } => {
                let id = or_failed(registration.parse())?;
                match or_refused(host.unregister(id, cancel).await)? {
                    true => Reply::done(),
                    false => Reply::refused("not-found", "there is no such registration"),
                }
            }
            Op::Fire { registration, arguments, key } => self.fire(&registration, arguments, key).await?,
            Op::Signal { topic, content_type, body } => {
                let body = hex::decode(&body).ok_or_else(|| Reply::failed("the body is no bytes"))?;
                let fired = or_refused(host.signal(Message { topic, content_type, body }).await)?;
                let fired: Vec<_> = fired.into_iter().map(|fired| signaled(&fired.into())).collect();
                Reply::ok(json!({ "fired": fired }))
            }
            Op::Condition { condition, holds } => {
                let condition = or_failed(condition.parse())?;
                let holds = or_failed(serde_json::from_value(holds.into()))?;
                self.rig.conditions.set(&condition, holds);
                Reply::done()
            }
            Op::WorkCost { cost } => {
                self.rig.conditions.set_work_cost(match cost {
                    protocol::WorkCost::Low => WorkCost::Low,
                    protocol::WorkCost::Medium => WorkCost::Medium,
                    protocol::WorkCost::High => WorkCost::High,
                });
                Reply::done()
            }
            Op::SystemEvent { event } => {
                let event: SystemEvent = or_failed(event.parse())?;
                or_refused(host.system_event(event).await)?;
                Reply::done()
            }
            Op::Access { app, access: decided } => {
                or_refused(host.set_access(&wishes::app(&app)?, access(decided)).await)?;
                Reply::done()
            }
            Op::Cancel { run, kill } => self.cancel(&run, kill)?,
            Op::Pass { ms } => {
                self.pass(Duration::from_millis(ms)).await;
                self.now()
            }
            Op::Advance { ms } => {
                self.rig.advance(Duration::from_millis(ms)).await;
                self.now()
            }
            Op::Settle => {
                self.rig.settle().await;
                Reply::done()
            }
            Op::List { app } => {
                let app = wishes::app(&app)?;
                let of = host.registrations().into_iter().filter(|record| record.registration.app == app);
                let all: Vec<_> = of
                    .map(|record| {
                        let registration = record.registration;
                        json!({
                            "registration": registration.id,
                            "name": registration.name,
                            "group": registration.group,
                            "status": record.status.as_str(),
                        })
                    })
                    .collect();
                Reply::ok(json!({ "registrations": all }))
            }
            Op::History { registration } => {
                let filter = RunFilter {
                    registration: Some(or_failed(registration.parse())?),
                    ..RunFilter::default()
                };
                let runs = or_refused(host.runs(filter, RUNS).await)?;
                as_told::recorded(runs.iter().rev().map(RunView::from))?
            }
            Op::Stop => tokio::select! {
                biased;
                () = host.shutdown(false) => Reply::done(),
                () = self.rig.advance(STOPS) => Reply::failed("the host does not stop"),
            },
            Op::Crash | Op::Close => Reply::done(),
            Op::Hello { .. } | Op::Open { .. } | Op::Start | Op::Command { .. } => {
                Reply::Unsupported(format!("`{}` in the middle of a life", op.word()))
            }
        })
    }

    /// Lets up to `span` pass, until there is something to tell.
    async fn pass(&self, span: Duration) {
        let until = self.rig.clock.now() + span;
        let mut looked = self.seen;
        while self.rig.news(looked, until.since(self.rig.clock.now())).await {
            let new = self.rig.events.since(looked);
            looked += new.len();
            if new.iter().any(as_told::is_told) {
                return;
            }
        }
    }

    fn now(&self) -> Reply {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Reply::ok(Now { at_ms: told.at_ms(self.rig.now()) })
    }

    pub(super) fn install(&mut self, app: &protocol::App, program: &Program) -> Result<(), Reply> {
        let id = wishes::app(&app.name)?;
        let bytes = or_failed(fs::read(&program.path))?;
        let component = Component::compile(self.rig.host.engine(), &bytes);
        let component = component.map_err(|error| Reply::refused("component", error))?;
        let mut made = App::new(id).entry_point("main", component).grants(self.grants(&app.directories)?);
        if let Some(words) = &app.triggers {
            let kinds: Result<Vec<TriggerKind>, _> = words.iter().map(|word| word.parse()).collect();
            made = made.declares("main", or_failed(kinds)?);
        }
        if let Some(quota) = app.quota {
            let (cpu, window) = (Duration::from_millis(quota.cpu_ms), Duration::from_millis(quota.window_ms));
            made = made.quota(or_failed(QuotaPolicy::new(cpu, window))?);
        }
        or_refused(self.rig.host.install(made))
    }

    fn grants(&mut self, directories: &[Directory]) -> Result<Grants, Reply> {
        let mut grants = Grants::none();
        for wanted in directories {
            let dir = or_failed(tempfile::tempdir())?;
            for (name, text) in &wanted.files {
                or_failed(fs::write(dir.path().join(name), text))?;
            }
            let access = match wanted.access {
                DirectoryAccess::ReadOnly => Access::ReadOnly,
                DirectoryAccess::ReadWrite => Access::ReadWrite,
            };
            grants = or_failed(grants.with_path(dir.path(), &wanted.path, access))?;
            self.directories.push(dir);
        }
        Ok(grants)
    }

    async fn fire(
        &self,
        registration: &str,
        arguments: Option<String>,
        key: Option<String>,
    ) -> Result<Reply, Reply> {
        let id = or_failed(registration.parse())?;
        let arguments = match arguments {
            Some(digits) => {
                Some(hex::decode(&digits).ok_or_else(|| Reply::failed("the arguments are no bytes"))?)
            }
            None => None,
        };
        let record = self.rig.host.registration(id);
        let is_application = record.is_some_and(|record| record.registration.trigger == Trigger::Application);
        let details = match arguments {
            Some(bytes) => TriggerDetails::Application(bytes),
            None if is_application => TriggerDetails::Application(Vec::new()),
            None => TriggerDetails::None,
        };
        let fired = or_refused(self.rig.host.fire_with(id, FireOptions { details, key }).await)?;
        match FiredView::try_from(fired) {
            Ok(fired) => Ok(Reply::ok(fired)),
            Err(refusal) => Err(Reply::refused(refusal.as_str(), refusal)),
        }
    }

    fn cancel(&self, run: &str, kill: bool) -> Result<Reply, Reply> {
        let run = or_failed(run.parse())?;
        let cancellation = Cancellation::new(CancellationReason::Abort, "operator", "a conformance case");
        let host = &self.rig.host;
        let there = if kill { host.kill(run, cancellation) } else { host.cancel(run, cancellation) };
        Ok(if there { Reply::done() } else { Reply::refused("ended", "the run does not go on") })
    }
}

/// What a signal came to.
pub(in crate::adapter) fn signaled(view: &SignaledView) -> protocol::Signaled {
    let word = || serde_json::to_value(view.result).ok().and_then(|word| word.as_str().map(str::to_owned));
    let result = match view.reason {
        Some(reason) => reason.as_str().to_owned(),
        None => word().unwrap_or_default(),
    };
    protocol::Signaled { registration: view.registration.to_string(), result }
}

type Wish = (dormouse::AppId, TaskBuilder, dormouse::IfExists);

fn builder(wish: &Registration) -> Result<Wish, Reply> {
    let app = wishes::app(&wish.app)?;
    let Some(trigger) = &wish.trigger else {
        // What the builder says of itself is what is to be seen.
        let bare = TaskBuilder::new(&wish.name).entry_point(&wish.entry_point);
        return Ok((app, bare, dormouse::IfExists::AllowDuplicate));
    };
    let request = wishes::registration(wish, wishes::trigger(trigger)?)?;
    let builder = or_refused(request.builder())?;
    Ok((app, builder, request.if_exists.into()))
}
