//! A guest's sandbox: a store, made, run and dropped.
//!
//! [`start`] answers a future, and the future is the sandbox. Polling it runs the guest; dropping it, at any
//! moment and from outside, takes everything away that the guest had. That is the kill: a future that waits
//! inside wasmtime's event loop can be held up by a host call, so nothing in here decides about time. Whoever
//! polls does.
//!
//! A store serves one run and is never used again; that of an app, which [`instance`](crate::lifecycle::instance) makes,
//! serves one life of it.

pub(crate) mod grants;
mod headers;
mod limiter;
mod network;
pub(crate) mod output;
pub(crate) mod port;
pub(crate) mod registrations;
pub(crate) mod serves;
pub(crate) mod settings;
mod state;
#[cfg(test)]
pub(crate) mod testing;
mod trap;
pub(crate) mod usage;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use dormouse_core::{Clock, Limits};
use wasmtime::component::Resource;
use wasmtime::{Result, Store, UpdateDeadline};

use crate::bindings::v0_1;
use crate::command;
use crate::component::{Component, World};
use crate::meter::Meter;
use grants::Grants;
use port::RunPort;
use serves::Serves;
use usage::Usage;

pub(crate) use dormouse_core::host_port::Host;
pub(crate) use settings::AppSettings;
pub(crate) use state::{Full, RunState};
pub(crate) use trap::GuestTrap;

/// What a sandbox is made of, beside the component.
#[derive(Clone, Debug)]
pub(crate) struct SandboxSpec {
    /// Of these, time is not enforced here.
    pub(crate) limits: Limits,
    pub(crate) grants: Arc<Grants>,
    /// Variables of the registration's, beside the granted ones.
    pub(crate) env: Vec<(String, String)>,
    pub(crate) args: Vec<String>,
    /// Calls on files block the thread instead of going to another one: for deterministic tests only.
    pub(crate) blocking_inline: bool,
}

impl SandboxSpec {
    fn handles(&self) -> usize {
        usize::try_from(self.limits.handles).unwrap_or(usize::MAX)
    }
}

/// What is measured of a sandbox from outside, and what is changed while it lives.
pub(crate) struct Gauges {
    pub(crate) meter: Arc<Meter>,
    pub(crate) usage: Arc<Usage>,
    /// Bytes that all memories and tables may have together, if that changes; else it is what the limits say.
    pub(crate) memory: Option<Arc<AtomicU64>>,
}

/// A sandbox. Ready when nothing is left in the guest, or when it trapped.
pub(crate) type Sandbox = Pin<Box<dyn Future<Output = Result<(), GuestTrap>> + Send>>;

/// Makes a sandbox. Nothing happens until it is polled.
///
/// It tells `port` when `run` has returned, and again when no task is left in the guest; then it is ready. The
/// poller holds [`crate::engine::Engine::enter`] and [`Meter::begin`] for the time of each poll.
pub(crate) fn start(
    component: &Component,
    spec: SandboxSpec,
    clock: Arc<dyn Clock>,
    port: Arc<dyn RunPort>,
    meter: Arc<Meter>,
    usage: Arc<Usage>,
) -> Sandbox {
    let component = component.clone();
    Box::pin(async move {
        let started = Arc::clone(&usage);
        let (serves, gauges) = (Serves::Run(Arc::clone(&port)), Gauges { meter, usage, memory: None });
        let mut store = match store(&component, spec, clock, serves, gauges) {
            Ok(store) => store,
            Err(error) => return Err(GuestTrap::at_start(&error, &started)),
        };
        match component.world() {
            World::Task(pre) => {
                let task = pre.instantiate_async(&mut store).await;
                let task = task.map_err(|error| GuestTrap::at_start(&error, &started))?;
                let run = async |accessor: &_| {
                    let run = task.dormouse_background_background_task();
                    let answer = run.call_run(accessor, Resource::new_own(0)).await?;
                    port.returned(v0_1::answer(answer));
                    poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
                    Result::<()>::Ok(())
                };
                let run = async |accessor: &_| at_rest(started.clone(), run(accessor)).await;
                store.run_concurrent(run).await.flatten().map_err(|error| GuestTrap::of(&error))?;
            }
            World::TaskSync(pre) => {
                let task = pre.instantiate_async(&mut store).await;
                let task = task.map_err(|error| GuestTrap::at_start(&error, &started))?;
                let run = async |accessor: &_| {
                    let run = task.dormouse_background_background_task_sync();
                    let answer = run.call_run(accessor, Resource::new_own(0)).await?;
                    port.returned(v0_1::answer(answer));
                    poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
                    Result::<()>::Ok(())
                };
                let run = async |accessor: &_| at_rest(started.clone(), run(accessor)).await;
                store.run_concurrent(run).await.flatten().map_err(|error| GuestTrap::of(&error))?;
            }
            World::Command2(pre) => {
                let command = pre.instantiate_async(&mut store).await;
                let command = command.map_err(|error| GuestTrap::at_start(&error, &started))?;
                let ran = command.wasi_cli_run().call_run(&mut store).await;
                port.returned(command::answer(ran, component.streams())?);
            }
            World::Command3(pre) => {
                let command = pre.instantiate_async(&mut store).await;
                let command = command.map_err(|error| GuestTrap::at_start(&error, &started))?;
                // What it writes goes on after `run` has returned: it may not be read to its end.
                let run = async |accessor: &_| {
                    let ran = command.wasi_cli_run().call_run(accessor).await?;
                    poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
                    Result::<_>::Ok(ran)
                };
                let ran = store.run_concurrent(run).await.flatten();
                port.returned(command::answer(ran, component.streams())?);
            }
            World::App(_) => return Err(GuestTrap::unfit("an app is launched, and runs no task by itself")),
        }
        store.data().network().tell_late();
        port.nothing_left();
        Ok(())
    })
}

/// Polls `run`, and notes that the guest's event loop did: it does so whenever it has looked at all that is ready, and
/// never from inside a call. Whatever the guest does after it takes the note away again; so does the interruption of one
/// that only computes.
pub(crate) async fn at_rest<R>(usage: Arc<Usage>, run: impl Future<Output = R>) -> R {
    let mut run = std::pin::pin!(run);
    poll_fn(|cx| {
        let polled = run.as_mut().poll(cx);
        usage.set_at_rest(true);
        polled
    })
    .await
}

/// Makes the store of a sandbox.
///
/// # Errors
///
/// The engine has none to give.
pub(crate) fn store(
    component: &Component,
    spec: SandboxSpec,
    clock: Arc<dyn Clock>,
    serves: Serves,
    gauges: Gauges,
) -> Result<Store<RunState>> {
    let handles = spec.handles();
    let hostcall_bytes = usize::try_from(spec.limits.hostcall_bytes).unwrap_or(usize::MAX);
    let (of_callback, in_callback) = (Arc::clone(&gauges.meter), Arc::clone(&gauges.usage));
    let state = RunState::new(spec, component.streams(), serves, gauges);
    let mut store = Store::try_new(component.engine().wasmtime(), state)?;
    store.data_mut().limiter().on(component.engine());
    store.limiter(|state| state.limiter());
    store.set_hostcall_fuel(hostcall_bytes);
    store.set_max_component_handles(handles);
    if let Some(table) = store.concurrent_resource_table() {
        // Calls under way, futures and streams: what a guest can open without a handle of its own.
        table.set_max_capacity(handles);
    }
    // An interruption bills, and gives way: the driver above gets control at every tick and judges there.
    // The plain yield wakes its task at once, behind all others of its thread. That is enough, as guests'
    // threads drive neither timers nor sockets that could be held up, and it allocates nothing. A tick that comes when a
    // poll has hardly begun is passed over.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |store| {
        store.data().network().tell_late();
        of_callback.bill();
        if of_callback.passes_over() {
            return Ok(UpdateDeadline::Continue(1));
        }
        in_callback.set_at_rest(false);
        clock.interrupted();
        Ok(UpdateDeadline::Yield(1))
    });
    Ok(store)
}

#[cfg(test)]
mod tests;
