//! Apps: launched, shown, hidden, suspended, resumed, ended, and told of it. Rules are named by their numbers in the tests'
//! names; rows are those of UWP's table of transitions, as the lifecycle's machine has them.

mod activations;
mod bad;
mod bad_memory;
mod bounds;
mod completions;
mod ends;
mod extension;
mod host;
mod keeping;
mod leases;
mod random;
mod reclaim;
mod retold;
mod retries;
mod rows;
mod slow_store;
mod stop;
mod store;
mod tasks;
mod told;
mod unseen;
mod writes;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    ActivationId, App, AppComponent, AppHandle, AppPolicy, EventKind, HostBuilder, Launch, RegistrationId,
    RunId, TaskBuilder, Trigger, VisibilityLease,
};
use dormouse_core::app::activation::ActivationKind;
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::{AppEvent, AppEventKind, Stream};

use crate::component;

pub(crate) use bad::*;
pub(crate) use bad_memory::*;
pub(crate) use extension::*;
pub(crate) use rows::*;
pub(crate) use tasks::*;
pub(crate) use told::*;

const MIB: u64 = 1024 * 1024;

/// An app program, installed on a rig.
struct Life<'a> {
    rig: &'a Rig,
    handle: AppHandle,
}

/// How much had happened to it.
#[derive(Clone, Copy)]
struct Mark {
    events: usize,
    lines: usize,
}

/// Runs `test` with an app that takes every activation, on a host with UWP's two memory limits.
fn live<R>(program: &str, test: impl AsyncFnOnce(Life<'_>) -> R) -> R {
    live_on(program, |builder| builder, |app| app, test)
}

/// The same, on another host and as another app.
fn live_on<R>(
    program: &str,
    host: impl FnOnce(HostBuilder) -> HostBuilder,
    app: impl FnOnce(AppComponent) -> AppComponent,
    test: impl AsyncFnOnce(Life<'_>) -> R,
) -> R {
    let host = |builder: HostBuilder| host(builder.app_policy(AppPolicy::UWP));
    Rig::run_with(host, async |rig| test(Life::installed(rig, program, app)).await)
}

/// What a program is as an app. Rigs of one test share an engine, and what was compiled for it.
fn compiled(rig: &Rig, program: &str) -> AppComponent {
    static COMPILED: Mutex<BTreeMap<String, AppComponent>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap();
    let compile = || rig.app_component(&component(program));
    compiled.entry(program.to_owned()).or_insert_with(compile).clone()
}

impl<'a> Life<'a> {
    fn installed(rig: &'a Rig, program: &str, app: impl FnOnce(AppComponent) -> AppComponent) -> Self {
        let lives = app(compiled(rig, program).activations(ActivationKind::ALL));
        rig.host.install(App::new(Rig::app()).app(lives)).unwrap();
        Self::of(rig)
    }

    /// One that is installed already.
    fn of(rig: &'a Rig) -> Self {
        Self { rig, handle: rig.host.app(&Rig::app()).unwrap() }
    }

    async fn launch(&self, arguments: &str) -> VisibilityLease {
        self.handle.launch(Launch { arguments: arguments.to_owned() }).await.unwrap()
    }

    /// Launched and hidden, and told so.
    async fn hidden(&self, arguments: &str) {
        drop(self.launch(arguments).await);
        self.rig.settle().await;
        assert_eq!(self.state(), AppState::Background);
    }

    /// And suspended, by nothing but time.
    async fn suspended(&self, arguments: &str) {
        self.hidden(arguments).await;
        self.rig.advance(Duration::from_secs(10)).await;
        assert_eq!(self.state(), AppState::Suspended);
    }

    /// A task that runs in it, woken by an application trigger.
    async fn task(&self, name: &str) -> RegistrationId {
        self.rig.register(TaskBuilder::new(name).trigger(Trigger::Application)).await
    }

    /// The first run of an activation.
    fn run_of(&self, activation: ActivationId) -> RunId {
        let started = self.rig.events.events().into_iter().find_map(|event| match event.kind {
            EventKind::Started { activation: of, run, .. } if of == activation => Some(run),
            _ => None,
        });
        started.unwrap()
    }

    fn state(&self) -> AppState {
        self.handle.view().state
    }

    fn mark(&self) -> Mark {
        Mark { events: self.rig.events.app_events().len(), lines: self.lines().len() }
    }

    /// Every line that it wrote to its standard output.
    fn lines(&self) -> Vec<String> {
        let written = |event: AppEvent| match event.kind {
            AppEventKind::Output { stream: Stream::Stdout, text } => Some(text),
            _ => None,
        };
        let all: String = self.rig.events.app_events().into_iter().filter_map(written).collect();
        all.lines().map(str::to_owned).collect()
    }

    /// Those since `mark`.
    fn said(&self, mark: Mark) -> Vec<String> {
        self.lines().split_off(mark.lines)
    }

    /// The handlers that it heard since `mark`, with what came with them.
    fn heard(&self, mark: Mark) -> Vec<String> {
        let said = self.said(mark).into_iter();
        said.filter_map(|line| line.strip_prefix("heard ").map(str::to_owned)).collect()
    }

    /// What became of it since `mark`, as the host says.
    fn became(&self, mark: Mark) -> Vec<String> {
        let events = self.rig.events.app_events().split_off(mark.events);
        events.iter().filter_map(|event| word(&event.kind)).collect()
    }

    /// The ends of its instances, ever.
    fn ends(&self) -> Vec<String> {
        let from_begin = Mark { events: 0, lines: 0 };
        let ended = |line: String| line.strip_prefix("end ").map(str::to_owned);
        self.became(from_begin).into_iter().filter_map(ended).collect()
    }
}

/// What rows are about.
fn word(kind: &AppEventKind) -> Option<String> {
    Some(match kind {
        AppEventKind::StateChanged { to, .. } => format!("became {}", to.as_str()),
        AppEventKind::Called { handler, .. } => format!("call {}", handler.as_str()),
        AppEventKind::MemoryLimit { new, .. } => format!("limit {}", new / MIB),
        AppEventKind::Settled { activation } => format!("settled {activation}"),
        AppEventKind::RunEntered { .. } => "enter".to_owned(),
        AppEventKind::ExtensionRevoked { reason } => format!("revoke {reason:?}"),
        AppEventKind::ExtensionOver => "extension over".to_owned(),
        AppEventKind::Ended { end, .. } => format!("end {end}"),
        _ => return None,
    })
}
