//! An app on bare wasmtime, brought to where a suspended one is, on an engine tuned as that of the runtime.

use dormouse_bench::tuned;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Resource, ResourceTable, ResourceType};
use wasmtime::{Engine, Error, Result, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

#[allow(missing_docs, unreachable_pub, reason = "generated code")]
mod bindings {
    pub struct Handle;

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "app",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "dormouse:background/instance.background-task-instance": Handle,
            "dormouse:background/transitions.transition": Handle,
        },
    });
}

use bindings::dormouse::background::app_types::{LaunchArgs, PreviousExecutionState};
use bindings::{App, AppPre, Handle};

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

pub(crate) struct Bare {
    engine: Engine,
    app: AppPre<State>,
}

/// All that there is of one: nothing polls it.
pub(crate) struct Instance {
    _store: Store<State>,
    _app: App,
}

impl Bare {
    /// With pools for so many instances at once.
    pub(crate) fn new(bytes: &[u8], instances: u32) -> Self {
        let engine = Engine::new(&tuned(Some(instances))).unwrap();
        let component = Component::new(&engine, bytes).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        refuse(&mut linker, &component).unwrap();
        let app = AppPre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
        Self { engine, app }
    }

    /// One that was launched, shown, hidden and suspended.
    pub(crate) async fn suspended(&self) -> Instance {
        let state = State { wasi: WasiCtx::builder().build(), table: ResourceTable::new() };
        let mut store = Store::new(&self.engine, state);
        store.set_epoch_deadline(u64::MAX / 2);
        let app = self.app.instantiate_async(&mut store).await.unwrap();
        let args = LaunchArgs {
            arguments: String::new(),
            previous: PreviousExecutionState::NotRunning,
            prelaunch: false,
        };
        let lived = store.run_concurrent(async |accessor| {
            let handlers = app.dormouse_background_lifecycle();
            handlers.call_launched(accessor, args).await?;
            handlers.call_leaving_background(accessor, Resource::new_own(1)).await?;
            handlers.call_entered_background(accessor, Resource::new_own(2)).await?;
            handlers.call_suspending(accessor, Resource::new_own(3)).await
        });
        lived.await.flatten().unwrap();
        Instance { _store: store, _app: app }
    }
}

/// What the program imports of what a host adds to WASI. It calls none of it here, and lets go of the handles that it is
/// given.
fn refuse(linker: &mut Linker<State>, component: &Component) -> Result<()> {
    let engine = linker.engine().clone();
    for (interface, import) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(import) = import.ty else { continue };
        if !["dormouse:", "wasi:keyvalue/"].iter().any(|of| interface.starts_with(of)) {
            continue;
        }
        let mut offered = linker.instance(interface)?;
        for (name, export) in import.exports(&engine) {
            match export.ty {
                ComponentItem::Resource(_) => {
                    offered.resource(name, ResourceType::host::<Handle>(), |_, _| Ok(()))?;
                }
                ComponentItem::ComponentFunc(function) if function.async_() => {
                    offered.func_new_concurrent(name, |_, _, _, _| Box::pin(async { Err(refused()) }))?;
                }
                ComponentItem::ComponentFunc(_) => offered.func_new(name, |_, _, _, _| Err(refused()))?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn refused() -> Error {
    Error::msg("nothing but what it hears is offered here")
}
