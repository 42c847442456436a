//! Bare wasmtime, tuned as the engine of the runtime is, with the least host that the contract allows.

use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceTable};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result, Store};
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

use bindings::dormouse::background::{instance, types, waiting};
use bindings::{Deferral, Instance, TaskPre};

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// How many runs at once the pools are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pools {
    /// As many as wasmtime has by default.
    Usual,
    /// A few: what counts instructions has little address space.
    Few,
}

/// Bare wasmtime with one component.
pub struct Bare {
    engine: Engine,
    task: TaskPre<State>,
}

impl Bare {
    /// Compiles the component in `bytes`.
    ///
    /// # Panics
    ///
    /// Where anything fails.
    #[must_use]
    pub fn new(bytes: &[u8], size: Pools) -> Self {
        let mut pools = PoolingAllocationConfig::new();
        if PoolingAllocationConfig::is_pagemap_scan_available() {
            pools
                .pagemap_scan(Enabled::Yes)
                .linear_memory_keep_resident(2 << 20)
                .table_keep_resident(64 << 10);
        }
        pools.max_memory_size(512 << 20).table_elements(32 * 1024);
        if size == Pools::Few {
            pools.total_memories(8).total_tables(64).total_stacks(8);
            pools.total_component_instances(8).total_core_instances(64);
        }
        let mut config = Config::new();
        config
            .wasm_component_model_async(true)
            .epoch_interruption(true)
            .memory_init_cow(true)
            .memory_reservation(4 << 30)
            .max_wasm_stack(512 << 10)
            .async_stack_size(2 << 20)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pools));
        let engine = Engine::new(&config).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        // What the program imports; it edits no registrations and has no sockets.
        types::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).unwrap();
        instance::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).unwrap();
        waiting::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).unwrap();
        let component = Component::new(&engine, bytes).unwrap();
        let task = TaskPre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
        Self { engine, task }
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
        let state = State { wasi: WasiCtx::builder().build(), table: ResourceTable::new() };
        let mut store = Store::new(&self.engine, state);
        store.set_epoch_deadline(u64::MAX / 2);
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

/// The program that is measured asks for nothing: every function but the drop is out of its reach.
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
        unreachable!("not asked for")
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
