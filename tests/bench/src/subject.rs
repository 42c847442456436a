//! A host with one registration, which is fired.

use std::sync::Arc;

use dormouse::{
    App, AppId, Component, Engine, EngineConfig, Host, HostBuilder, IfExists, Overlap, RegistrationId, Store,
    TaskBuilder, Trigger,
};

/// Firings of one burst, all under way at once.
pub const BURST: usize = 64;

/// Tasks that fire and wait, of the awaited runs.
pub const CLIENTS: usize = 16;

/// A host with one registration, which is fired.
pub struct Subject {
    /// The host.
    pub host: Host,
    store: Arc<dyn Store>,
    id: RegistrationId,
}

impl Subject {
    /// A host on `store`, of an engine with these settings, for the component in `bytes`.
    ///
    /// # Panics
    ///
    /// Where anything fails.
    pub async fn new(
        config: &EngineConfig,
        bytes: &[u8],
        store: Arc<dyn Store>,
        build: impl FnOnce(HostBuilder) -> HostBuilder,
    ) -> Self {
        let engine = Engine::new(config).unwrap();
        let builder = Host::builder()
            .engine(engine)
            .shared_store(store.clone())
            .slots(BURST as u32)
            .slots_per_app(BURST as u32)
            .guest_threads(1);
        let host = build(builder).start().await.unwrap();
        let app = AppId::new("bench").unwrap();
        let component = Component::compile(host.engine(), bytes).unwrap();
        host.install(App::new(app.clone()).entry_point("main", component)).unwrap();
        let task = TaskBuilder::new("bench")
            .entry_point("main")
            .trigger(Trigger::Application)
            .overlap(Overlap::Parallel { max: BURST as u32 });
        let id = host.register(&app, task, IfExists::Error).await.unwrap().id;
        Self { host, store, id }
    }

    /// Fires bursts of [`BURST`], and waits for the last run of each. Whole bursts only.
    ///
    /// # Panics
    ///
    /// Where a firing has no completion.
    pub async fn bursts(&self, runs: usize) {
        let before = self.completions().await;
        for _ in 0..runs / BURST {
            let firings = (0..BURST).map(|_| self.host.request(self.id, []));
            let fired = futures::future::join_all(firings).await;
            for fired in fired.into_iter().rev() {
                self.host.completed(fired.unwrap().activation().unwrap()).await.unwrap();
            }
        }
        assert_eq!(self.completions().await - before, (runs / BURST * BURST) as u64);
    }

    /// [`CLIENTS`] tasks that each fire, and wait for the end before they fire again. Whole rounds only.
    ///
    /// # Panics
    ///
    /// Where a run does not succeed.
    pub async fn awaited(&self, runs: usize) {
        let clients = (0..CLIENTS).map(|_| {
            let (host, id) = (self.host.clone(), self.id);
            tokio::spawn(async move {
                for _ in 0..runs / CLIENTS {
                    one(&host, id).await;
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
    }

    /// Fires once and waits for the end, again and again.
    ///
    /// # Panics
    ///
    /// Where a run does not succeed.
    pub async fn one_by_one(&self, runs: usize) {
        for _ in 0..runs {
            one(&self.host, self.id).await;
        }
    }

    async fn completions(&self) -> u64 {
        self.store.head().await.unwrap().0
    }
}

async fn one(host: &Host, id: RegistrationId) {
    let fired = host.request(id, []).await.unwrap();
    let completion = host.completed(fired.activation().unwrap()).await.unwrap();
    assert!(completion.run.outcome.is_success());
}
