//! From arguments to a host, and from a program to its registration.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use cap_std::fs::Dir;
use dormouse::{
    App, AppComponent, AppId, Compiler, Component, ComponentCache, Engine, EngineConfig, Host, IfExists,
    Launch, LimitsRequest, MemoryStore, Overlap, RegistrationId, Store, TaskBuilder, Trigger,
    VisibilityLease,
};
use dormouse_store_sqlite::{SqliteStore, Synchronous};
use peer_protocol::Task;

use crate::heard::{Ear, Heard};
use crate::{Args, On};

/// How long is waited for guests: ten thousand timers take their time to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

const HOUR: Duration = Duration::from_secs(60 * 60);

/// More than anybody registers here.
const REGISTRATIONS: usize = 1_000_000;

/// What its component is called in the folder of guests.
pub(crate) const fn program(task: Task) -> &'static str {
    match task {
        Task::Noop => "task-noop",
        Task::Json => "task-json",
        Task::Thumbnail => "task-thumbnail",
    }
}

pub(crate) fn guest(guests: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let path = guests.join(name).with_extension("wasm");
    std::fs::read(&path).with_context(|| format!("`{}` cannot be read", path.display()))
}

/// A host, with what was registered so far.
pub(crate) struct Setup {
    pub(crate) host: Host,
    /// How many runs there is room for.
    pub(crate) slots: u32,
    pub(crate) ear: Ear,
    cache: Option<ComponentCache>,
    registered: BTreeMap<&'static str, RegistrationId>,
    /// The app that was launched ahead, if any: it is there while this is.
    launched: Option<(RegistrationId, VisibilityLease)>,
}

impl Setup {
    /// The retention is the host's default, unless it would take away what was made to be there.
    pub(crate) async fn new(args: &Args, is_kept: bool) -> anyhow::Result<Self> {
        let directory = || args.directory.as_deref().context("`--directory` is missing");
        let store: Arc<dyn Store> = match args.on {
            On::Memory | On::Prelaunched => Arc::new(MemoryStore::new()),
            On::SqliteFull => Arc::new(SqliteStore::open_with(directory()?, Synchronous::Full)?),
            On::SqliteNormal => Arc::new(SqliteStore::open_with(directory()?, Synchronous::Normal)?),
            On::Bare => bail!("wasmtime alone is no host"),
        };
        let cache = args.cache.as_deref().map(open_cache).transpose()?;
        let usual = EngineConfig::default();
        let slots = args.slots.unwrap_or(usual.slots);
        let apps = u32::from(args.on == On::Prelaunched);
        let engine = Engine::new(&EngineConfig { slots: slots + apps, ..usual })?;
        let mut builder = Host::builder()
            .engine(engine)
            .shared_store(store)
            .slots(slots)
            .slots_per_app(slots)
            .apps_max(apps)
            .registrations_per_app(REGISTRATIONS);
        if is_kept {
            builder = builder.retention(None);
        }
        let ear = args.watched.then(Arc::<Heard>::default);
        if let Some(ear) = &ear {
            builder = builder.observer(ear.clone());
        }
        let host = builder.start().await?;
        let mut setup = Self { host, slots, ear, cache, registered: BTreeMap::new(), launched: None };
        if args.on == On::Prelaunched {
            setup.launched = Some(setup.launch(args).await?);
        }
        Ok(setup)
    }

    /// The registration of a program: compiled, installed and registered when it is asked for first.
    pub(crate) async fn registration(
        &mut self,
        args: &Args,
        name: &'static str,
    ) -> anyhow::Result<RegistrationId> {
        if let Some((launched, _)) = &self.launched {
            ensure!(matches!(name, "task-noop" | "task-first"), "the app has one task, which does nothing");
            return Ok(*launched);
        }
        if let Some(known) = self.registered.get(name) {
            return Ok(*known);
        }
        let app = app(name)?;
        let bytes = guest(&args.guests, name)?;
        let (engine, cache) = (self.host.engine(), self.cache.as_ref());
        let component = Component::load(engine, &Compiler::in_process(), cache, bytes).await?;
        self.host.install(App::new(app.clone()).entry_point("main", component))?;
        let task = task(name, self.slots).entry_point("main");
        let id = self.host.register(&app, task, IfExists::Keep).await?.id;
        self.registered.insert(name, id);
        Ok(id)
    }

    async fn launch(&self, args: &Args) -> anyhow::Result<(RegistrationId, VisibilityLease)> {
        let name = "app-first";
        let app = app(name)?;
        let bytes = guest(&args.guests, name)?;
        let (engine, cache) = (self.host.engine(), self.cache.as_ref());
        let component = AppComponent::load(engine, &Compiler::in_process(), cache, bytes).await?;
        self.host.install(App::new(app.clone()).app(component.prelaunch(true)))?;
        let id = self.host.register(&app, task(name, self.slots), IfExists::Keep).await?.id;
        let lease = self.host.app(&app)?.launch(Launch::default()).await?;
        Ok((id, lease))
    }

    /// Stops the host, and returns when its store is closed.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let store: Weak<dyn Store> = Arc::downgrade(self.host.store());
        drop(self.launched);
        self.host.shutdown(false).await;
        drop(self.host);
        let begun = Instant::now();
        while store.strong_count() > 0 {
            ensure!(begun.elapsed() < PATIENCE, "somebody keeps the store of a host that was stopped");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

pub(crate) fn app(name: &str) -> anyhow::Result<AppId> {
    Ok(AppId::new(name)?)
}

/// What waits is to wait as long as it is left waiting.
fn task(name: &str, at_once: u32) -> TaskBuilder {
    let limits = LimitsRequest { wall: Some(HOUR), idle: Some(HOUR), ..LimitsRequest::default() };
    TaskBuilder::new(name)
        .trigger(Trigger::Application)
        .overlap(Overlap::Parallel { max: at_once })
        .limits(limits)
}

fn open_cache(path: &Path) -> anyhow::Result<ComponentCache> {
    let dir = File::open(path).with_context(|| format!("`{}` cannot be opened", path.display()))?;
    Ok(ComponentCache::open(Dir::from_std_file(dir))?)
}
