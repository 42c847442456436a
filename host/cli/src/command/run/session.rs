//! From the start of the host to its end.

use std::sync::Arc;

use dormouse::core::event::EventKind;
use dormouse::core::registration::RegistrationError;
use dormouse::core::{Activation, Timestamp};
use dormouse::{
    AccessStatus, ActivationId, App, AppId, Engine, FireError, Fired, Host, HostError, IfExists,
    RegistrationId,
};

use super::component::SLOTS;
use super::plan::Plan;
use super::tally::Tally;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground::{Foreground, Stop, given_up};
use crate::host::{self, start_failed, store_failed};
use crate::output::Control;
use crate::state::State;

/// Pending activations read in one go.
const PAGE: usize = 256;

/// One `dormouse run`, once everything is parsed, compiled and opened.
pub(super) struct Session {
    plan: Plan,
    app: AppId,
    state: State,
    pub(super) foreground: Foreground,
}

impl Session {
    pub(super) fn new(plan: Plan, app: AppId, state: State, foreground: Foreground) -> Self {
        Self { plan, app, state, foreground }
    }

    /// Runs to the goal, or until somebody asks to stop.
    pub(super) async fn run(&mut self, engine: Engine, install: App) -> Result<Exit> {
        let observer = Arc::new(self.foreground.printer.clone());
        // The component is the app: what else is in the state directory is left alone.
        let mut builder = Host::builder()
            .shared_store(self.state.store.clone())
            .app_folders(self.state.folders()?)
            .observer(observer)
            .engine(engine)
            .slots(SLOTS)
            .profile(self.plan.profile)
            // Who runs it has decided.
            .access_default(AccessStatus::AllowedSubjectToPolicy);
        builder = self.plan.host_limits.limit(builder);
        if self.plan.machine {
            builder = host::with_machine(builder, &host::machine()?);
        }
        let host = builder.start().await.map_err(|e| start_failed(&e))?;
        // After an error the host is dropped, which is to it as a crash: a store that fails could keep a
        // polite stop from ending, and the error from being told.
        self.on(&host, install).await
    }

    async fn on(&mut self, host: &Host, install: App) -> Result<Exit> {
        // Read while nothing can run: the app is not installed yet.
        let pending = self.pending().await?;
        if self.plan.task.is_none() {
            self.check_resumable(host)?;
        }
        let mut tally = Tally::new(self.plan.goal, pending.iter().map(|a| a.id));
        match pending.len() {
            0 if self.plan.task.is_none() => self.foreground.printer.note("nothing is left to resume"),
            0 => {}
            n => self
                .foreground
                .printer
                .note(format!("resuming {n} {} that an earlier run left", activations(n))),
        }
        host.install(install).map_err(host_failed)?;
        let mut registration = None;
        if let Some(task) = self.plan.task.take() {
            let registered =
                host.register(&self.app, task, IfExists::ReplaceIfDifferent).await.map_err(host_failed)?;
            tally.follow(registered.id);
            registration = Some(registered.id);
        }
        let stop = self.until_stop(host, registration, &mut tally).await?;
        stop.tell(&self.foreground.printer);
        self.foreground.stop(host).await;
        while let Ok(control) = self.foreground.control.try_recv() {
            match control {
                Control::Event(event) => tally.event(&event),
                Control::Failed(error) => self.foreground.unwritten = Some(error),
            }
        }
        match stop {
            Stop::Reached => Ok(tally.exit()),
            Stop::Asked(exit) => {
                self.tell_what_is_left().await;
                Ok(exit)
            }
            Stop::Failed(failure) => Err(failure),
        }
    }

    /// Makes the requests, and follows events until the goal is reached or a signal comes.
    async fn until_stop(
        &mut self,
        host: &Host,
        registration: Option<RegistrationId>,
        tally: &mut Tally,
    ) -> Result<Stop> {
        let requests = requests(host, registration, self.plan.requests, &self.plan.arguments);
        let mut requests = std::pin::pin!(requests);
        let mut requesting = true;
        loop {
            if tally.is_reached() {
                return Ok(Stop::Reached);
            }
            tokio::select! {
                biased;
                exit = self.foreground.signals.next() => return Ok(Stop::Asked(exit)),
                control = self.foreground.control.recv() => match control {
                    Some(Control::Event(event)) => {
                        if let EventKind::Fault { message, given_up: true } = &event.kind {
                            return Err(given_up(message));
                        }
                        tally.event(&event);
                    }
                    Some(Control::Failed(error)) => return Ok(Stop::unwritten(&error)),
                    None => return Err(Failure::internal("the printer has ended")),
                },
                done = &mut requests, if requesting => {
                    done?;
                    requesting = false;
                }
            }
        }
    }

    /// What waits in the store for this app, whatever its backoff.
    async fn pending(&self) -> Result<Vec<Activation>> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page =
                self.state.store.pending(Timestamp::MAX, after, PAGE).await.map_err(|e| store_failed(&e))?;
            let full = page.len() == PAGE;
            after = page.last().map(|a| (a.fired_at, a.id));
            all.extend(page.into_iter().filter(|a| a.app == self.app));
            if !full {
                return Ok(all);
            }
        }
    }

    /// Whether the state has anything of this app at all: if not, the name is probably wrong.
    fn check_resumable(&self, host: &Host) -> Result<()> {
        let mut apps: Vec<AppId> = host.registrations().into_iter().map(|r| r.registration.app).collect();
        if apps.contains(&self.app) {
            return Ok(());
        }
        apps.sort();
        apps.dedup();
        let known = match apps.as_slice() {
            [] => "it is empty".to_owned(),
            apps => {
                let names: Vec<_> = apps.iter().map(|app| format!("`{app}`")).collect();
                format!("it has {}", names.join(", "))
            }
        };
        Err(Failure::new(
            Exit::State,
            format!("the state directory has nothing of app `{}`: {known}", self.app),
        )
        .help("give the --state of the earlier run, and its --app if that is not the component's file name"))
    }

    async fn tell_what_is_left(&self) {
        // That the store does not answer was told before.
        let Ok(left) = self.pending().await else { return };
        let n = left.len();
        match (n, &self.state.kept_in) {
            (0, _) => {}
            (_, Some(directory)) => self.foreground.printer.note(format!(
                "{n} {} did not end; the next run with --state {} resumes, or one with --resume",
                activations(n),
                directory.display()
            )),
            (_, None) => self.foreground.printer.note(format!(
                "{n} {} did not end and {} lost; --state DIR keeps them",
                activations(n),
                if n == 1 { "is" } else { "are" }
            )),
        }
    }
}

const fn activations(n: usize) -> &'static str {
    if n == 1 { "activation" } else { "activations" }
}

/// Requests the task `count` times, one after the other, each durable before the next.
async fn requests(
    host: &Host,
    registration: Option<RegistrationId>,
    count: u32,
    arguments: &[u8],
) -> Result<Vec<ActivationId>> {
    let Some(registration) = registration else { return Ok(Vec::new()) };
    let mut made = Vec::new();
    for _ in 0..count {
        match host.request(registration, arguments).await {
            Ok(Fired::Accepted(id) | Fired::Coalesced(id) | Fired::Duplicate(id)) => made.push(id),
            Ok(Fired::Refused(refusal)) => {
                return Err(Failure::new(Exit::Failed, "the request was refused").because(&refusal));
            }
            Err(FireError::Store(error)) => {
                return Err(store_failed(&error));
            }
            Err(error) => return Err(Failure::from_error(Exit::Usage, &error)),
        }
    }
    Ok(made)
}

/// As [`host::host_failed`], in the words of this command.
fn host_failed(error: HostError) -> Failure {
    match &error {
        HostError::Registration(RegistrationError::DirectoryNotGranted { directory, .. }) => {
            Failure::from_error(Exit::Usage, &error).help(format!(
                "the state directory has a registration that watches {directory}: grant it with --watch or \
                 --dir HOST::{directory}, or give another --app"
            ))
        }
        HostError::Registration(RegistrationError::SecondApplicationTrigger { .. }) => {
            Failure::from_error(Exit::Usage, &error)
                .help("an app can be requested by one name: use the same --name, or give another --app")
        }
        HostError::Registration(_) => Failure::from_error(Exit::Usage, &error),
        _ => host::host_failed(error),
    }
}
