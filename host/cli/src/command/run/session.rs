//! From the start of the host to its end.

use std::io;
use std::sync::Arc;

use dormouse::core::event::EventKind;
use dormouse::core::registration::RegistrationError;
use dormouse::core::{Activation, StoreError, Timestamp};
use dormouse::{
    ActivationId, App, AppId, Engine, FireError, Fired, Host, HostError, IfExists, RegistrationId, StartError,
};
use tokio::sync::mpsc::UnboundedReceiver;

use super::component::SLOTS;
use super::plan::Plan;
use super::state::State;
use super::tally::Tally;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::{Control, Printer, Thread};
use crate::signals::Signals;

/// Pending activations read in one go.
const PAGE: usize = 256;

/// Exits as a program does that writes to a pipe which nobody reads. The number is 13 on every Unix.
const SIGPIPE: Exit = Exit::Signal(13);

/// One `dormouse run`, once everything is parsed, compiled and opened.
pub(super) struct Session {
    plan: Plan,
    app: AppId,
    state: State,
    printer: Printer,
    control: UnboundedReceiver<Control>,
    signals: Signals,
    /// What standard output did not take, told after the goal was reached.
    unwritten: Option<io::Error>,
}

/// The store cannot be used any more: nothing that is waited for would come.
fn given_up(message: &str) -> Failure {
    Failure::new(Exit::State, message.to_owned())
        .help("what was accepted is in the state directory: keep a copy of it, mend it or use another one with --state")
}

/// Why the host is stopped.
enum Stop {
    /// All is done.
    Reached,
    /// Somebody asked, or nobody reads any more.
    Asked(Exit),
    /// Standard output cannot be written.
    Failed(Failure),
}

impl Session {
    pub(super) fn new(
        plan: Plan,
        app: AppId,
        state: State,
        printer: Printer,
        control: UnboundedReceiver<Control>,
        signals: Signals,
    ) -> Self {
        Self { plan, app, state, printer, control, signals, unwritten: None }
    }

    /// Runs to the goal, or until somebody asks to stop.
    pub(super) async fn run(&mut self, engine: Engine, install: App) -> Result<Exit> {
        let folders = self.state.folders.try_clone().map_err(|error| {
            Failure::new(Exit::State, "the folders of apps cannot be opened").because(&error)
        })?;
        let host = Host::builder()
            .engine(engine)
            .slots(SLOTS)
            .shared_store(self.state.store.clone())
            .app_folders(folders)
            .observer(Arc::new(self.printer.clone()))
            .start()
            .await
            .map_err(|e| start_failed(&e))?;
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
            0 if self.plan.task.is_none() => self.printer.note("nothing is left to resume"),
            0 => {}
            n => self.printer.note(format!("resuming {n} {} that an earlier run left", activations(n))),
        }
        host.install(install).map_err(|e| host_failed(&e))?;
        let mut registration = None;
        if let Some(task) = self.plan.task.take() {
            let registered = host
                .register(&self.app, task, IfExists::ReplaceIfDifferent)
                .await
                .map_err(|e| host_failed(&e))?;
            tally.follow(registered.id);
            registration = Some(registered.id);
        }
        let stop = self.until_stop(host, registration, &mut tally).await?;
        if matches!(stop, Stop::Asked(exit) if exit != SIGPIPE) {
            self.printer.note("stopping: what runs is told and has its grace; press Ctrl-C again to kill it");
        }
        self.stop(host).await;
        while let Ok(control) = self.control.try_recv() {
            match control {
                Control::Event(event) => tally.event(&event),
                Control::Failed(error) => self.unwritten = Some(error),
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
                exit = self.signals.next() => return Ok(Stop::Asked(exit)),
                control = self.control.recv() => match control {
                    Some(Control::Event(event)) => {
                        if let EventKind::Fault { message, given_up: true } = &event.kind {
                            return Err(given_up(message));
                        }
                        tally.event(&event);
                    }
                    Some(Control::Failed(error)) => return Ok(output_failed(&error)),
                    None => return Err(Failure::internal("the printer has ended")),
                },
                done = &mut requests, if requesting => {
                    done?;
                    requesting = false;
                }
            }
        }
    }

    /// Stops the host: politely, by force at the second signal, and at the third not at all.
    async fn stop(&mut self, host: &Host) {
        tokio::select! {
            () = host.shutdown(false) => return,
            _ = self.signals.next() => {}
        }
        self.printer.note("killing what runs; press Ctrl-C again to leave at once");
        tokio::select! {
            () = host.shutdown(true) => {}
            _ = self.signals.next() => self.printer.note("leaving at once"),
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
            (_, Some(directory)) => self.printer.note(format!(
                "{n} {} did not end; the next run with --state {} resumes, or one with --resume",
                activations(n),
                directory.display()
            )),
            (_, None) => self.printer.note(format!(
                "{n} {} did not end and {} lost; --state DIR keeps them",
                activations(n),
                if n == 1 { "is" } else { "are" }
            )),
        }
    }

    /// Waits until everything is printed; a signal ends the wait. Answers `ended`, unless that went well and
    /// standard output did not take what there was to write: the last lines are written here.
    pub(super) async fn close(mut self, thread: Thread, ended: Result<Exit>) -> Result<Exit> {
        self.printer.close();
        let printed = tokio::task::spawn_blocking(move || thread.join());
        tokio::select! {
            _ = printed => {}
            _ = self.signals.next() => {}
        }
        while let Ok(control) = self.control.try_recv() {
            if let Control::Failed(error) = control {
                self.unwritten = Some(error);
            }
        }
        match (ended, &self.unwritten) {
            // Who interrupted it knows why it ended.
            (Ok(Exit::Signal(number)), _) => Ok(Exit::Signal(number)),
            (Ok(_), Some(error)) => match output_failed(error) {
                Stop::Asked(exit) => Ok(exit),
                Stop::Failed(failure) => Err(failure),
                Stop::Reached => Ok(Exit::Output),
            },
            (ended, _) => ended,
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

fn output_failed(error: &io::Error) -> Stop {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // Whoever read has read enough: end as programs do that are killed for it, without a word.
        return Stop::Asked(SIGPIPE);
    }
    let failure = Failure::new(Exit::Output, "standard output cannot be written").because(error);
    Stop::Failed(failure.help("give it a place with room, or leave the redirection out"))
}

fn store_failed(error: &StoreError) -> Failure {
    let failure = Failure::from_error(Exit::State, error);
    match error {
        StoreError::Full(_) => failure.help("free some space; what was accepted before is kept"),
        StoreError::Corrupt(_) => {
            failure.help("restore `dormouse.db` from a backup, or give another --state")
        }
        _ => failure.help("run the command again"),
    }
}

fn start_failed(error: &StartError) -> Failure {
    match error {
        StartError::Store(error) => store_failed(error),
        StartError::Registration(_) => Failure::from_error(Exit::State, error)
            .help("it was made by another version of dormouse: use that one, or give another --state"),
        _ => Failure::from_error(Exit::Internal, error),
    }
}

fn host_failed(error: &HostError) -> Failure {
    match error {
        HostError::Store(error) => store_failed(error),
        HostError::Folders { .. } => {
            Failure::from_error(Exit::State, error).help("check the owner of the directory `apps` in --state")
        }
        HostError::Watch { .. } => Failure::from_error(Exit::Usage, error)
            .help("is it still there? If watches are used up, raise fs.inotify.max_user_watches"),
        HostError::Registration(RegistrationError::DirectoryNotGranted { directory, .. }) => {
            Failure::from_error(Exit::Usage, error).help(format!(
                "the state directory has a registration that watches {directory}: grant it with --watch or \
                 --dir HOST::{directory}, or give another --app"
            ))
        }
        HostError::Registration(RegistrationError::SecondApplicationTrigger { .. }) => {
            Failure::from_error(Exit::Usage, error)
                .help("an app can be requested by one name: use the same --name, or give another --app")
        }
        HostError::Registration(_) => Failure::from_error(Exit::Usage, error),
        _ => Failure::from_error(Exit::Internal, error),
    }
}
