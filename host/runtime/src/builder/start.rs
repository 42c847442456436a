//! A host starts.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::provider::SignalSink;
use dormouse_core::{IdSource, MemoryStore, NodeId, Trigger};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{HostBuilder, StartError};
use crate::clock::TokioClock;
use crate::drive::{self, gate, quarantine, quota, reap};
use crate::engine::{Engine, EngineConfig, Pooling};
use crate::folders::Folders;
use crate::guests::Guests;
use crate::host::{Host, Inner, signal_from_source};
use crate::packages::{InstallError, PackageConfig, Packages, found, load_all};
use crate::registrar;
use crate::shared::{Config, Shared};

impl HostBuilder {
    /// Starts the host on the present tokio runtime: reads the store, takes up what an earlier host of this
    /// node left, starts sources and loops. Registrations of apps that are not installed yet wait.
    ///
    /// # Errors
    ///
    /// [`StartError`] says which part, and what to do.
    ///
    /// # Panics
    ///
    /// If the runtime has no timers or no I/O and the clock is the machine's: build it with `enable_all`.
    pub async fn start(mut self) -> Result<Host, StartError> {
        let control = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let slots = self.slots.unwrap_or_else(|| u32::try_from(cores * 4).unwrap_or(u32::MAX));
        self.check(slots)?;
        let engine = self.engine_for(slots)?;
        let apps_max = self.apps_on(&engine, slots)?;
        let guests = if self.guests_inline || self.read_only {
            Guests::none()
        } else {
            Guests::start(self.guest_threads.unwrap_or(cores)).map_err(StartError::Threads)?
        };
        let lanes = guests.lanes(&control);
        let config = Config {
            node: self.node.unwrap_or_else(|| NodeId::from_uuid(Uuid::from_u128(THE_ONLY_NODE))),
            limits_max: self.limits_max,
            limits_default: self.limits_default,
            app_limits_max: self.app_limits_max,
            app_limits_default: self.app_limits_default,
            quota_default: self.quota_default,
            quota_reserve: std::mem::take(&mut self.quota_reserve),
            slots,
            slots_per_app: self.slots_per_app,
            apps_max,
            app_policy: self.app_policy,
            timers: self.timers,
            registrations_per_app: self.registrations_per_app,
            access_default: self.access_default,
            lease: self.lease,
            quarantine_after: self.quarantine_after,
            retention: self.retention,
            keep_output: self.keep_output,
            read_only: self.read_only,
            blocking_inline: self.guests_inline,
        };
        let shared = Arc::new(Shared::new(
            config,
            self.store.take().unwrap_or_else(|| Arc::new(MemoryStore::new())),
            self.clock.take().unwrap_or_else(|| Arc::new(TokioClock::new(control.clone()))),
            self.ids.take().unwrap_or_else(|| Arc::new(TimeOrdered)),
            engine,
            std::mem::take(&mut self.observers),
            std::mem::take(&mut self.providers),
            lanes,
            control,
        ));
        if self.read_only {
            return look_only(shared, guests, self.folders.take(), self.packages.take()).await;
        }
        let packages = self.packages.take().map(Packages::open).transpose();
        let packages = packages.map_err(|error| package_error(error.into()))?.map(Arc::new);
        let inner = Inner {
            shared: shared.clone(),
            folders: self.folders.take(),
            packages: packages.clone(),
            _guests: guests,
        };
        let host = Host { inner: Arc::new(inner) };
        // First: it counts the crashes that the registrations then tell.
        reap::own(&shared).await.map_err(StartError::Store)?;
        read(&shared).await?;
        quarantine::tell(&shared);
        gate::subscribe(&shared);
        if let Some(packages) = &packages {
            load_all(&host, packages).await.map_err(package_error)?;
        }
        if self.idle {
            return Ok(host);
        }
        drive::start(&shared);
        for source in &self.sources {
            source.start(sink(&shared)).map_err(StartError::Source)?;
        }
        shared.keep_sources(self.sources);
        let (apps, registrations) = {
            let state = shared.state();
            (state.apps.len(), state.registrations.len())
        };
        tracing::info!(node = %shared.config.node, slots, apps, registrations, "the host has started");
        Ok(host)
    }

    fn check(&self, slots: u32) -> Result<(), StartError> {
        for (field, ok, min) in [
            ("slots", slots > 0, "1"),
            ("slots_per_app", self.slots_per_app > 0, "1"),
            ("guest_threads", self.guest_threads != Some(0), "1"),
            ("lease", self.lease >= Duration::from_secs(1), "1s"),
            ("timers.period_min", self.timers.period_min >= Duration::from_millis(1), "1ms"),
        ] {
            if !ok {
                return Err(StartError::TooSmall { field, min });
            }
        }
        self.app_limits_default.check(&self.app_limits_max).map_err(StartError::AppLimits)?;
        self.limits_default.check(&self.limits_max).map_err(StartError::Limits)
    }

    fn engine_for(&mut self, slots: u32) -> Result<Engine, StartError> {
        match self.engine.take() {
            Some(engine) => Ok(engine),
            None => {
                // A host that runs nothing needs no pools.
                let pooling = if self.read_only { Pooling::OnDemand } else { Pooling::default() };
                let default = EngineConfig::default();
                let wasm_stack_bytes = self.wasm_stack.unwrap_or(default.wasm_stack_bytes);
                let slots = slots.saturating_add(self.apps_of_own());
                let config = EngineConfig { slots, pooling, wasm_stack_bytes, ..default };
                Engine::new(&config).map_err(StartError::Engine)
            }
        }
    }
}

/// A host that only answers questions knows what the store holds, and nothing beyond.
async fn look_only(
    shared: Arc<Shared>,
    guests: Guests,
    folders: Option<Folders>,
    packages: Option<PackageConfig>,
) -> Result<Host, StartError> {
    read(&shared).await?;
    if let Some(config) = packages {
        let records: Vec<_> = {
            let state = shared.state();
            let packages = state.records.values();
            packages.filter_map(|record| Some((record.app.clone(), record.package.clone()?))).collect()
        };
        let found = found(config.directory, records).await.map_err(package_error)?;
        let apps: Vec<_> = found.iter().cloned().collect();
        shared.state().found = found;
        for app in &apps {
            shared.state().allow(app);
            quota::settle(&shared, app);
        }
    }
    let inner = Inner { shared, folders, packages: None, _guests: guests };
    Ok(Host { inner: Arc::new(inner) })
}

/// Reads what the store holds of apps and registrations.
async fn read(shared: &Arc<Shared>) -> Result<(), StartError> {
    for record in shared.store.apps().await.map_err(StartError::Store)? {
        shared.state().records.insert(record.app.clone(), record);
    }
    let spent = shared.store.quotas().await.map_err(StartError::Store)?;
    shared.state().spent.extend(spent);
    for record in shared.store.registrations().await.map_err(StartError::Store)? {
        let known = registrar::know(shared, record).map_err(|e| StartError::Registration(Box::new(e)))?;
        if let Trigger::Filesystem(_) = &known.registration.trigger {
            let found = shared.unaccepted.find(&*shared.store, &known.registration).await;
            found.map_err(StartError::Store)?;
        }
        quarantine::suspect(shared, &known).await.map_err(StartError::Store)?;
        let mut state = shared.state();
        if known.quarantined(shared.config.quarantine_after).is_some() {
            state.quarantined.push(known.registration.id);
        }
        state.registrations.insert(Arc::new(known));
    }
    Ok(())
}

/// The node of a store that one host at a time uses: an arbitrary constant.
const THE_ONLY_NODE: u128 = 0x0d02_3005_e000_4000_8000_0000_0000_0001;

fn sink(shared: &Arc<Shared>) -> SignalSink {
    let weak = Arc::downgrade(shared);
    Arc::new(move |signal| {
        if let Some(shared) = weak.upgrade() {
            let control = shared.control.clone();
            control.spawn(signal_from_source(shared, signal));
        }
    })
}

fn package_error(error: InstallError) -> StartError {
    StartError::Packages(Box::new(error))
}

/// Ids that sort by the time of their making.
struct TimeOrdered;

impl IdSource for TimeOrdered {
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }
}
