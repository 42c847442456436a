//! From the first port to the last word.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dormouse::core::Retention;
use dormouse::core::clock::BoxSleep;
use dormouse::core::event::EventKind;
use dormouse::{Clock, Event, Host, HostBuilder, Observer, TokioClock, TracingObserver};
use dormouse_control::server::EventFeed;
use dormouse_store_sqlite::SqliteStore;
use dormouse_system::System;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::logs::Logs;
use super::mode::Mode;
use super::notify::{LOADING_EVERY, Notify};
use super::{beat, open, stop, telemetry};
use crate::cli::ServeArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground::{Foreground, Stop, given_up};
use crate::host::{self, start_failed};
use crate::output::Control;
use crate::state::State;

/// One `dormouse serve`, once its state directory is open.
pub(super) struct Daemon<'a> {
    pub(super) args: &'a ServeArgs,
    pub(super) home: &'a Path,
    pub(super) notify: Notify,
    pub(super) logs: &'a Logs,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) foreground: Foreground,
    /// The store takes nothing any more: a polite stop would not end, and what it did not take cannot be mended by
    /// waiting.
    pub(super) given_up: bool,
    /// What runs was not waited for.
    pub(super) left_at_once: bool,
    mode: Mode,
    state: &'a State,
    pub(super) machine: System,
}

impl<'a> Daemon<'a> {
    /// On the runtime that this is called in.
    pub(super) fn new(
        args: &'a ServeArgs,
        mode: Mode,
        home: &'a Path,
        state: &'a State,
        logs: &'a Logs,
        notify: Notify,
        foreground: Foreground,
    ) -> Result<Self> {
        let (clock, machine) = (Arc::new(TokioClock::new(Handle::current())), host::machine()?);
        Ok(Self {
            args,
            home,
            notify,
            logs,
            clock,
            foreground,
            given_up: false,
            left_at_once: false,
            mode,
            state,
            machine,
        })
    }

    /// Serves until it is told to stop, or cannot go on.
    pub(super) async fn run(&mut self) -> Result<Exit> {
        // Ports are bound before anything runs, so that nothing is cut off for one that is taken.
        let telemetry = telemetry::prepare(self.args, self.clock.clone()).await?;
        let tcp = open::bind(self.args, self.home).await?;
        let (faults, mut faulty) = unbounded_channel();
        let events = EventFeed::default();
        let mut builder = self.builder(faults)?.observer(Arc::new(events.clone()));
        if let Some(observer) = telemetry.observer() {
            builder = builder.observer(observer);
        }
        let host = match self.load(builder).await? {
            Ok(host) => host,
            Err(exit) => return Ok(exit),
        };
        let (stop, opened) = match Box::pin(open::open(self, &host, events, telemetry, tcp)).await {
            Ok(mut opened) => {
                let serving = beat::serving(&host);
                self.say(&serving);
                self.notify.ready(&serving);
                (self.until_stop(&host, &mut opened, &mut faulty).await, Some(opened))
            }
            Err(failure) => (Stop::Failed(failure), None),
        };
        stop::stop(self, &stop, host, opened).await;
        match stop {
            Stop::Reached => Ok(Exit::Success),
            Stop::Asked(exit) => Ok(exit),
            Stop::Failed(failure) => Err(failure),
        }
    }

    fn builder(&self, faults: UnboundedSender<String>) -> Result<HostBuilder> {
        let (keep, running) = (&self.args.keep, &self.args.running);
        let (age, runs, every) = (keep.retention_age, keep.retention_runs, keep.retention_every);
        let retention = Retention { age, runs, every, ..Retention::DEFAULT };
        let mut builder = host::with_machine(host::builder(self.state, None)?, &self.machine)
            .profile(running.profile.profile)
            .retention(Some(retention))
            .keep_output(keep.keep_output)
            .slots_per_app(running.slots_per_app)
            .quarantine_after(running.quarantine_after)
            .lease(running.lease)
            .observer(Arc::new(Faults(faults)));
        if let Some(access) = running.access_default {
            builder = builder.access_default(access);
        }
        if let Some(quota) = running.quota_default {
            builder = builder.quota_default(Some(quota));
        }
        builder = self.args.limits.limit(builder);
        if let Some(slots) = running.slots {
            builder = builder.slots(slots);
        }
        if let Some(apps) = running.apps {
            builder = builder.apps_max(apps);
        }
        Ok(match self.mode {
            Mode::Printed | Mode::Events => builder.observer(Arc::new(self.foreground.printer.clone())),
            Mode::Logged => builder.observer(Arc::new(TracingObserver)),
        })
    }

    /// Reaps and loads. Packages that are not in the cache are compiled: somebody may not want to wait for that, and who
    /// watches is told that it goes on.
    async fn load(&mut self, builder: HostBuilder) -> Result<Result<Host, Exit>> {
        let mut starting = Box::pin(builder.start());
        loop {
            self.notify.loading("loading registrations and packages");
            let over = self.after(LOADING_EVERY);
            tokio::select! {
                host = &mut starting => return host.map(Ok).map_err(|e| start_failed(&e)),
                exit = self.foreground.signals.next() => {
                    self.notify.stopping("stopping while loading");
                    return Ok(Err(exit));
                }
                () = over => {}
            }
        }
    }

    /// Until a signal comes, or nothing can be done any more.
    async fn until_stop(
        &mut self,
        host: &Host,
        opened: &mut open::Opened,
        faulty: &mut UnboundedReceiver<String>,
    ) -> Stop {
        let open::Opened { figures, webhooks, serving, .. } = opened;
        let beat = beat::beat(&self.notify, self.logs, &self.clock, host, figures, webhooks);
        let mut beat = std::pin::pin!(beat);
        loop {
            tokio::select! {
                biased;
                exit = self.foreground.signals.next() => return Stop::Asked(exit),
                Some(message) = faulty.recv() => {
                    self.given_up = true;
                    return Stop::Failed(given_up(&message));
                }
                control = self.foreground.control.recv() => match control {
                    Some(Control::Event(_)) => {}
                    Some(Control::Failed(error)) => return Stop::unwritten(&error),
                    None => return Stop::Failed(Failure::internal("the printer has ended")),
                },
                _ = serving.join_next() => {
                    return Stop::Failed(Failure::internal("nothing answers the control API any more"));
                }
                () = &mut beat => {}
            }
        }
    }

    /// Tells whoever follows: on the terminal, or in the log.
    pub(super) fn say(&self, text: &str) {
        match self.mode {
            Mode::Printed => self.foreground.printer.note(text),
            Mode::Events | Mode::Logged => tracing::info!("{text}"),
        }
    }

    /// The store, for what is measured of it.
    pub(super) const fn store(&self) -> Option<&Arc<SqliteStore>> {
        self.state.kept.as_ref()
    }

    /// Ready in `span`.
    pub(super) fn after(&self, span: Duration) -> BoxSleep {
        self.clock.sleep_until(self.clock.now() + span)
    }
}

/// Hears that the host cannot go on.
struct Faults(UnboundedSender<String>);

impl Observer for Faults {
    fn observe(&self, event: &Event) {
        if let EventKind::Fault { message, given_up: true } = &event.kind {
            // An error is that it is stopping already.
            let _ = self.0.send(message.clone());
        }
    }
}
