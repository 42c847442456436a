//! Several lives of a host on one store. Each ends without a word.

use std::sync::Arc;

use dormouse::HostBuilder;
use dormouse::testing::Rig;
use dormouse_core::store::{FaultyStore, Store};
use dormouse_core::{MemoryStore, RegistrationId, SimClock};
use test_artifacts as programs;

use crate::{Ids, application, component};

/// What outlives a host.
pub(crate) struct Lives {
    /// Nothing fails in it unless a test says so; it remembers what it was asked.
    pub(crate) store: FaultyStore,
    clock: SimClock,
    ids: Ids,
}

impl Lives {
    pub(crate) fn new() -> Self {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()));
        Self { store, clock: SimClock::new(), ids: Ids::default() }
    }

    /// One life.
    pub(crate) fn life<R>(
        &self,
        configure: impl FnOnce(HostBuilder) -> HostBuilder,
        test: impl AsyncFnOnce(&Rig) -> R,
    ) -> R {
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let configure = |builder: HostBuilder| configure(builder.ids(self.ids.clone()));
        Rig::run_on(store, self.clock.clone(), configure, test)
    }

    /// A life that ends while a run of `id` is under way; without one, it is registered.
    pub(crate) fn crash(
        &self,
        configure: impl FnOnce(HostBuilder) -> HostBuilder,
        id: Option<RegistrationId>,
    ) -> RegistrationId {
        self.life(configure, async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            let id = match id {
                Some(id) => id,
                None => {
                    let id = rig.register(application()).await;
                    rig.request(id, "60000").await;
                    id
                }
            };
            rig.started(id).await;
            id
        })
    }

    /// How often `command` was called so far.
    pub(crate) fn calls(&self, command: &str) -> usize {
        self.store.calls().iter().filter(|call| **call == command).count()
    }
}
