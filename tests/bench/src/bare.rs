//! Bare wasmtime, tuned as the engine of the runtime is, with the least host that the contract allows.

use std::sync::mpsc::Sender;
use std::time::Instant;

use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceTable};
use wasmtime::{Config, Engine, Result, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

#[allow(missing_docs, unreachable_pub, reason = "generated code")]
mod bindings {
    pub struct Instance;
    pub struct Deferral;

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "task",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "dormouse:background/instance.background-task-instance": Instance,
            "dormouse:background/instance.deferral": Deferral,
        },
    });
}

use crate::tuned;
use bindings::dormouse::background::{instance, types, waiting};
use bindings::{Deferral, Instance, TaskPre};

/// A deadline that is never reached.
const NEVER: u64 = u64::MAX / 2;

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    /// Who is told when the guest takes a deferral.
    told: Option<Sender<Instant>>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Bare wasmtime with one component.
pub struct Bare {
    engine: Engine,
    linker: Linker<State>,
    task: TaskPre<State>,
}

impl Bare {
    /// Compiles the component in `bytes`, for so many instances at once (see [`tuned`]).
    ///
    /// # Panics
    ///
    /// Where anything fails.
    #[must_use]
    pub fn new(bytes: &[u8], instances: Option<u32>) -> Self {
        Self::on(&tuned(instances), bytes)
    }

    /// Compiles the component in `bytes`, on an engine of its own with these settings.
    ///
    /// # Panics
    ///
    /// Where anything fails.
    #[must_use]
    pub fn on(config: &Config, bytes: &[u8]) -> Self {
        let engine = Engine::new(config).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        // What the programs import; they edit no registrations and have no sockets.
        types::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).unwrap();
        instance::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).unwrap();
        waiting::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).unwrap();
        Self::linked(engine, linker, bytes)
    }

    /// Another component, on the same engine.
    ///
    /// # Panics
    ///
    /// It does not compile, or asks for more than there is here.
    #[must_use]
    pub fn another(&self, bytes: &[u8]) -> Self {
        Self::linked(self.engine.clone(), self.linker.clone(), bytes)
    }

    fn linked(engine: Engine, linker: Linker<State>, bytes: &[u8]) -> Self {
        let component = Component::new(&engine, bytes).unwrap();
        let task = TaskPre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
        Self { engine, linker, task }
    }

    /// Runs, one after another.
    ///
    /// # Panics
    ///
    /// Where one fails.
    pub async fn runs(&self, runs: usize) {
        for _ in 0..runs {
            self.run().await.unwrap();
        }
    }

    async fn run(&self) -> Result<()> {
        self.call(None, NEVER).await
    }

    /// One run, of a guest that tells by a deferral when it is there. Dropping it is the end of the guest.
    ///
    /// # Errors
    ///
    /// The guest trapped.
    pub async fn told(&self, told: Sender<Instant>) -> Result<()> {
        self.call(Some(told), NEVER).await
    }

    /// As [`Bare::told`], of a guest that [`Bare::interrupt`] ends.
    ///
    /// # Errors
    ///
    /// It did.
    pub async fn interruptible(&self, told: Sender<Instant>) -> Result<()> {
        self.call(Some(told), 1).await
    }

    /// Traps the guests that are [interruptible](Bare::interruptible).
    pub fn interrupt(&self) {
        self.engine.increment_epoch();
    }

    async fn call(&self, told: Option<Sender<Instant>>, ticks: u64) -> Result<()> {
        let state = State { wasi: WasiCtx::builder().build(), table: ResourceTable::new(), told };
        let mut store = Store::new(&self.engine, state);
        store.set_epoch_deadline(ticks);
        let task = self.task.instantiate_async(&mut store).await?;
        let answer = store
            .run_concurrent(async |accessor| {
                task.dormouse_background_background_task().call_run(accessor, Resource::new_own(0)).await
            })
            .await??;
        assert!(answer.is_ok());
        Ok(())
    }
}

impl types::Host for State {}
impl instance::Host for State {}
impl waiting::Host for State {}

impl<T: Send> waiting::HostWithStore<T> for HasSelf<State> {
    async fn canceled(
        _: &wasmtime::component::Accessor<T, Self>,
        _: Resource<Instance>,
    ) -> Result<Option<types::Cancellation>> {
        std::future::pending().await
    }

    async fn sleep(
        _: &wasmtime::component::Accessor<T, Self>,
        _: Resource<Instance>,
        _: u32,
    ) -> Result<Option<types::Cancellation>> {
        std::future::pending().await
    }
}

impl instance::HostDeferral for State {
    fn complete(&mut self, _: Resource<Deferral>) -> Result<()> {
        Ok(())
    }

    fn drop(&mut self, _: Resource<Deferral>) -> Result<()> {
        Ok(())
    }
}

/// The programs that are measured take a deferral, if anything.
impl instance::HostBackgroundTaskInstance for State {
    fn activation(&mut self, _: Resource<Instance>) -> Result<types::Activation> {
        unreachable!("not asked for")
    }

    fn trigger_details(&mut self, _: Resource<Instance>) -> Result<types::TriggerDetails> {
        unreachable!("not asked for")
    }

    fn accept_changes(&mut self, _: Resource<Instance>) -> Result<()> {
        unreachable!("not asked for")
    }

    fn get_deferral(
        &mut self,
        _: Resource<Instance>,
    ) -> Result<Result<Resource<Deferral>, types::DeferralError>> {
        if let Some(told) = &self.told {
            // Who asked may be gone.
            let _ = told.send(Instant::now());
        }
        Ok(Ok(Resource::new_own(0)))
    }

    fn progress(&mut self, _: Resource<Instance>) -> Result<u32> {
        unreachable!("not asked for")
    }

    fn set_progress(&mut self, _: Resource<Instance>, _: u32) -> Result<()> {
        unreachable!("not asked for")
    }

    fn suspended_count(&mut self, _: Resource<Instance>) -> Result<u32> {
        unreachable!("not asked for")
    }

    fn throttle_count(&mut self, _: Resource<Instance>, _: types::ThrottleCounter) -> Result<u32> {
        unreachable!("not asked for")
    }

    fn cancellation_requested(&mut self, _: Resource<Instance>) -> Result<Option<types::Cancellation>> {
        unreachable!("not asked for")
    }

    fn remaining(&mut self, _: Resource<Instance>) -> Result<types::Budget> {
        unreachable!("not asked for")
    }

    fn work_cost(&mut self, _: Resource<Instance>) -> Result<types::WorkCost> {
        unreachable!("not asked for")
    }

    fn drop(&mut self, _: Resource<Instance>) -> Result<()> {
        Ok(())
    }
}
