//! A host in this process, for as long as a command takes.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use cap_std::fs::Dir;
use dormouse::{Host, HostBuilder, MemoryStore, PackageConfig, Store, TokioClock};
use dormouse_control::api::Problem;
use dormouse_control::client::Client;
use dormouse_control::server::{EventFeed, Server, ServerConfig};
use dormouse_control::webhook::{Deliverer, WebhookConfig};
use dormouse_store_sqlite::{OpenError, SqliteStore};
use dormouse_system::System;
use tokio::runtime::Handle;

use super::unknown::why_unknown;
use crate::command::compile_worker;
use crate::error::{Failure, Result};
use crate::host::{self, start_failed};
use crate::state::{self, State};

/// A host in this process, and what answers for it.
pub(super) struct Local {
    host: Host,
    server: Server,
    /// Nobody else has the state directory while it is here.
    _state: Option<State>,
}

impl Local {
    /// One that only answers questions about the state directory, whoever has that. With `machine`, it knows what this
    /// machine says of conditions.
    pub(super) async fn read_only(home: &Path, machine: bool) -> Result<Self> {
        let store: Arc<dyn Store> = match SqliteStore::open_read_only(home) {
            Ok(store) => Arc::new(store),
            // Nothing was ever kept there.
            Err(OpenError::Missing { .. }) => Arc::new(MemoryStore::new()),
            // It is made anew by whoever may write.
            Err(OpenError::Older { .. }) => return Self::idle(home).await,
            Err(error) => return Err(state::open_failed(&error)),
        };
        let mut builder = Host::builder().shared_store(store).read_only();
        if let Ok(directory) = File::open(home.join("packages")) {
            let directory = Dir::from_std_file(directory);
            let compiler = compile_worker::compiler();
            builder = builder.packages(PackageConfig { directory, compiler, cache: None });
        }
        if let Ok(directory) = File::open(home.join("apps")) {
            builder = builder.app_folders(Dir::from_std_file(directory));
        }
        Self::start(builder, home, None, machine).await
    }

    /// One that has the state directory, and starts nothing by itself.
    pub(super) async fn idle(home: &Path) -> Result<Self> {
        let state = State::open(Some(home))?;
        let builder = host::builder(&state, None)?.idle();
        Self::start(builder, home, Some(state), false).await
    }

    async fn start(builder: HostBuilder, home: &Path, state: Option<State>, machine: bool) -> Result<Self> {
        let events = EventFeed::default();
        let mut builder = builder.engine(host::small_engine()?).observer(Arc::new(events.clone()));
        let mut known: Option<System> = None;
        if machine {
            let machine = host::machine()?;
            machine.ready().await;
            builder = host::with_machine(builder, &machine);
            known = Some(machine);
        }
        let host = builder.start().await.map_err(|e| start_failed(&e))?;
        let clock = Arc::new(TokioClock::new(Handle::current()));
        // They are only kept: what is told goes on where the next host follows the journal.
        let webhooks = WebhookConfig { follow: false, ..WebhookConfig::default() };
        let webhooks = Deliverer::start(host.clone(), clock.clone(), webhooks).await;
        let webhooks = webhooks.map_err(|error| Failure::from(Problem::from(error)))?;
        let mut config = ServerConfig::new(host.clone(), clock, events);
        config.webhooks = Some(Arc::new(webhooks));
        config.state_directory = Some(home.to_owned());
        config.why_unknown = known.map(why_unknown);
        Ok(Self { server: Server::new(config), host, _state: state })
    }

    /// What asks it.
    pub(super) fn client(&self) -> Client {
        Client::in_process(self.server.router())
    }

    /// Ends it. What runs of it is told, and has its grace.
    pub(super) async fn close(self) {
        self.server.stop();
        self.host.shutdown(false).await;
    }
}
