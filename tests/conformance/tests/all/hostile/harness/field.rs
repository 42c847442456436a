//! The host that an attack is let loose on.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cap_tempfile::TempDir;
use dormouse::{
    ActivationId, App, AppId, CompileLimits, Completion, Component, ComponentError, Engine, EngineConfig,
    Event, EventKind, FireOptions, Host, HostStats, IfExists, Limits, Observer, Outcome, PoolStats,
    RegistrationId, RunId, RunOutput, SignalTrigger, TaskBuilder, Trigger, TriggerDetails,
};

use super::super::corpus;
use super::super::peer::SERVES;
use super::Attack;
use super::census::{Census, resident_bytes};

/// What the process may have more of in memory when all is over: allocators keep some. One sandbox that stays is more.
const GROWTH_BYTES: u64 = 12 * 1024 * 1024;

/// Threads of [`runtime`], but for the test's own.
const CONTROL_THREADS: usize = 2;

/// Threads that run guests.
const GUEST_THREADS: usize = 2;

const CONTROL: &str = "control";

/// Where everything but guests runs. Threads that block go as soon as they are of no use.
pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CONTROL_THREADS)
        .thread_name(CONTROL)
        .thread_keep_alive(Duration::from_millis(1))
        .enable_all()
        .build()
        .unwrap()
}

/// What guests were denied.
#[derive(Default)]
struct Denials(Mutex<Vec<String>>);

impl Observer for Denials {
    fn observe(&self, event: &Event) {
        if let EventKind::Denied { what, .. } = &event.kind {
            self.0.lock().unwrap().push(what.clone());
        }
    }
}

pub(super) struct Field {
    host: Host,
    folders: TempDir,
    denials: Arc<Denials>,
    /// A task that returns at once.
    harmless: Component,
    /// The same, of the attacker's app.
    good: RegistrationId,
    /// A neighbour that naps for some milliseconds.
    nap: RegistrationId,
    /// The neighbour that is there all the time.
    quiet: ActivationId,
    /// What is in use while only that one runs.
    pools: Option<PoolStats>,
}

/// All that an attacker could keep.
pub(super) struct AtRest {
    census: Census,
    resident_bytes: u64,
    files: BTreeSet<String>,
}

impl AtRest {
    /// The process has more in memory than it may.
    pub(super) fn has_grown(&self) -> bool {
        resident_bytes() > self.resident_bytes + GROWTH_BYTES
    }

    /// What is in memory now is held against what comes; all else against what was before the attack.
    pub(super) fn grow(&mut self) {
        self.resident_bytes = resident_bytes();
    }
}

impl Field {
    /// A host with a neighbour on it, and with the attacker's app, which has one good task.
    pub(super) async fn open(attack: &Attack) -> Self {
        let engine = Engine::new(&EngineConfig { slots: 8, ..EngineConfig::default() }).unwrap();
        let folders = TempDir::new(cap_tempfile::ambient_authority()).unwrap();
        let denials = Arc::new(Denials::default());
        let host = Host::builder()
            .engine(engine)
            .slots(4)
            .slots_per_app(2)
            .guest_threads(GUEST_THREADS)
            .limits_max(Limits {
                grace: attack.limits.grace.unwrap_or(Duration::from_millis(100)),
                grace_cpu: Duration::from_millis(20),
                ..Limits::host_max()
            })
            .app_folders(folders.try_clone().unwrap())
            .observer(denials.clone())
            .start()
            .await
            .unwrap();
        let compile = async |name: &str| {
            let compiler = crate::compile::worker(CompileLimits::default());
            Component::load(host.engine(), &compiler, None, corpus::component(name)).await.unwrap()
        };
        let harmless = compile("neighbour/good").await;
        let app = App::new(attacker()).grants(attack.grants.clone()).entry_point("good", harmless.clone());
        host.install(app).unwrap();
        let neighbour = AppId::new("neighbour").unwrap();
        let app = App::new(neighbour.clone()).entry_point("nap", compile("neighbour/nap").await);
        host.install(app.entry_point("quiet", compile("neighbour/quiet").await)).unwrap();

        // An app has one application trigger. What nobody raises is fired by hand.
        let never = || Trigger::Signal(SignalTrigger::new("never"));
        let by_hand = |name: &str| TaskBuilder::new(name).entry_point(name).trigger(never());
        let good = register(&host, &attacker(), by_hand("good")).await;
        let nap = register(&host, &neighbour, by_hand("nap")).await;
        let quiet = register(&host, &neighbour, crate::application().entry_point("quiet")).await;
        let quiet = fire(&host, quiet, TriggerDetails::None).await;
        let mut field = Self { host, folders, denials, harmless, good, nap, quiet, pools: None };
        field.succeeds(field.nap).await;
        field.succeeds(field.good).await;
        field.pools = Some(crate::compile::wait_for("the neighbour alone", || field.only_the_neighbour()));
        field
    }

    /// What the pools hold, if nothing but the neighbour runs.
    fn only_the_neighbour(&self) -> Result<PoolStats, Box<HostStats>> {
        let stats = self.host.stats();
        let is_alone = (stats.running, stats.slots_taken) == (1, 1);
        stats.engine.pools.filter(|pools| is_alone && pools.instances == 1).ok_or_else(|| Box::new(stats))
    }

    /// Puts the attacker's component beside its good task.
    pub(super) async fn install(&self, attack: &Attack) -> Result<RegistrationId, ComponentError> {
        let component = self.load(attack).await?;
        let app = App::new(attacker()).grants(attack.grants.clone()).entry_point("main", component);
        self.host.install(app.entry_point("good", self.harmless.clone())).unwrap();
        Ok(register(&self.host, &attacker(), crate::application().limits(attack.limits.clone())).await)
    }

    async fn load(&self, attack: &Attack) -> Result<Component, ComponentError> {
        let compiler = crate::compile::worker(attack.compile);
        Component::load(self.host.engine(), &compiler, None, attack.bytes.clone()).await
    }

    /// The attack is compiled, while neighbours come and go, and refused.
    pub(super) async fn refuses(&self, attack: &Attack) -> ComponentError {
        let loaded = self.beside_naps(self.load(attack)).await;
        self.is_well().await;
        match loaded {
            Ok(component) => panic!("{} was taken: {component:?}", attack.name),
            Err(error) => error,
        }
    }

    /// The attack runs once, while neighbours come and go; afterwards the host is well.
    pub(super) async fn round(&self, id: RegistrationId, arguments: &[u8]) -> Completion {
        let details = TriggerDetails::Application(arguments.to_vec());
        let ended = async { self.completed(fire(&self.host, id, details).await).await };
        let completion = self.beside_naps(ended).await;
        self.is_well().await;
        completion
    }

    async fn beside_naps<T>(&self, attack: impl Future<Output = T>) -> T {
        let over = std::cell::Cell::new(false);
        let attack = async {
            let answer = attack.await;
            over.set(true);
            answer
        };
        let naps = async {
            while !over.get() {
                self.succeeds(self.nap).await;
            }
        };
        futures::join!(attack, naps).0
    }

    /// The attacker's app can go on with a good task, and nothing goes on but the neighbour.
    async fn is_well(&self) {
        self.succeeds(self.good).await;
        let alone = self.pools.map(in_use);
        crate::compile::wait_for("an end of all sandboxes but the neighbour's", || {
            let pools = self.only_the_neighbour()?;
            if Some(in_use(pools)) == alone { Ok(()) } else { Err(Box::new(self.host.stats())) }
        });
    }

    async fn succeeds(&self, id: RegistrationId) {
        let completion = self.completed(fire(&self.host, id, TriggerDetails::None).await).await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "of a neighbour, or a good task");
    }

    async fn completed(&self, activation: ActivationId) -> Completion {
        self.host.completed(activation).await.unwrap()
    }

    pub(super) async fn output(&self, run: RunId) -> RunOutput {
        self.host.output(run).await.unwrap().unwrap_or_default()
    }

    pub(super) fn denied(&self) -> Vec<String> {
        self.denials.0.lock().unwrap().clone()
    }

    /// What there is while nothing happens.
    pub(super) fn at_rest(&self) -> AtRest {
        // Threads that block come and go, and a peer's end when they see that a guest is gone.
        let census = crate::compile::wait_for("an end of blocking threads and of connections", || {
            let census = Census::take();
            // A thread has the name of the one that made it, until it runs.
            let young = census.threads("dormouse-guest") > GUEST_THREADS;
            let served = census.threads(SERVES) > 0;
            let rests = census.threads(CONTROL) == CONTROL_THREADS && !young && !served;
            if rests { Ok(census) } else { Err(census) }
        });
        AtRest { census, resident_bytes: resident_bytes(), files: self.files() }
    }

    /// Nothing is left of what happened since.
    pub(super) fn is_as_it_was(&self, before: &AtRest, attack: &Attack) {
        crate::compile::wait_for("an end of its files and threads", || {
            let now = Census::take();
            if now == before.census { Ok(()) } else { Err((now, &before.census)) }
        });
        crate::compile::wait_for("an end of its memory", || {
            if before.has_grown() { Err((resident_bytes(), before.resident_bytes)) } else { Ok(()) }
        });
        let mine = format!("{}/", attacker());
        let of_others = |files: &BTreeSet<String>| -> BTreeSet<String> {
            files.iter().filter(|file| !attack.leaves_files || !file.starts_with(&mine)).cloned().collect()
        };
        assert_eq!(of_others(&self.files()), of_others(&before.files), "the apps' folders");
    }

    /// All paths below the folders of all apps.
    fn files(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut left = vec![(String::new(), self.folders.try_clone().unwrap())];
        while let Some((above, dir)) = left.pop() {
            for entry in dir.entries().unwrap() {
                let entry = entry.unwrap();
                let path = Path::new(&above).join(entry.file_name()).to_string_lossy().into_owned();
                if entry.file_type().unwrap().is_dir() {
                    left.push((path.clone(), entry.open_dir().unwrap()));
                }
                found.insert(path);
            }
        }
        found
    }

    /// The neighbour is told to end, and does; with the host all its threads go.
    pub(super) async fn close(self) {
        let running = self.host.running();
        let [(run, ..)] = running[..] else { panic!("only the neighbour runs: {running:?}") };
        self.host.cancel(run, crate::abort());
        let outcome = self.completed(self.quiet).await.run.outcome.clone();
        assert!(matches!(outcome, Outcome::Canceled { forced: false, .. }), "the neighbour: {outcome}");
        let pools = self.host.stats().engine.pools.map(in_use);
        assert_eq!(pools, Some((0, 0, 0, 0)), "instances, memories, tables, stacks");
        self.host.shutdown(false).await;
        let Self { host, folders, harmless, .. } = self;
        // Components hold the engine, and with it the ticker.
        drop((host, harmless));
        crate::compile::wait_for("an end of the host's threads", || {
            let census = Census::take();
            if census.threads("dormouse") == 0 { Ok(()) } else { Err(census) }
        });
        folders.close().unwrap();
    }
}

fn attacker() -> AppId {
    AppId::new("attacker").unwrap()
}

fn in_use(pools: PoolStats) -> (u64, usize, usize, usize) {
    (pools.instances, pools.memories, pools.tables, pools.stacks)
}

async fn register(host: &Host, app: &AppId, task: TaskBuilder) -> RegistrationId {
    host.register(app, task, IfExists::AllowDuplicate).await.unwrap().id
}

async fn fire(host: &Host, id: RegistrationId, details: TriggerDetails) -> ActivationId {
    let fired = host.fire_with(id, FireOptions { details, key: None }).await.unwrap();
    fired.activation().unwrap_or_else(|| panic!("{fired:?}"))
}
