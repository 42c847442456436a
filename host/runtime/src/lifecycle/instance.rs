//! The sandbox of an app: one instance, in which handlers are called as its life goes on.
//!
//! As with a run's, the future is the sandbox: polling it runs the guest, not polling it suspends the app with its memory
//! as it is, and dropping it ends the app. It waits for nothing of the host's but for what it is to do, so that whoever
//! polls it decides about time.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use dormouse_core::Clock;
use futures::StreamExt;
use futures::channel::mpsc;
use futures::stream::FuturesUnordered;
use wasmtime::Result;
use wasmtime::component::Accessor;

use super::calls::{self, Command};
use super::port::SessionPort;
use crate::bindings::v0_1::app::App;
use crate::component::{Component, World};
use crate::sandbox::serves::Serves;
use crate::sandbox::{self, Gauges, GuestTrap, RunState, SandboxSpec};

/// The sandbox of an app. Ready when it trapped, and at no other time: an app with nothing to do waits for more.
pub(crate) type Instance = Pin<Box<dyn Future<Output = GuestTrap> + Send>>;

/// Makes the sandbox of an app. Nothing happens until it is polled, as with [`sandbox::start`]. What is to be done comes in
/// through `commands`, and `port` is told of what was; when nobody is left who could send more, the instance waits for
/// ever.
///
/// Of the limits of `spec`, `memory_bytes` counts for nothing: that one is in `gauges`, and may change.
pub(crate) fn start(
    component: &Component,
    spec: SandboxSpec,
    clock: Arc<dyn Clock>,
    port: Arc<dyn SessionPort>,
    commands: mpsc::UnboundedReceiver<Command>,
    gauges: Gauges,
) -> Instance {
    let component = component.clone();
    Box::pin(async move {
        match live(&component, spec, clock, port, commands, gauges).await {
            Ok(never) => match never {},
            Err(trap) => trap,
        }
    })
}

async fn live(
    component: &Component,
    spec: SandboxSpec,
    clock: Arc<dyn Clock>,
    port: Arc<dyn SessionPort>,
    commands: mpsc::UnboundedReceiver<Command>,
    gauges: Gauges,
) -> Result<Infallible, GuestTrap> {
    let World::App(pre) = component.world() else {
        return Err(GuestTrap::unfit("a task is run, and not launched"));
    };
    let usage = Arc::clone(&gauges.usage);
    let at_start = |error: wasmtime::Error| GuestTrap::at_start(&error, &usage);
    let serves = Serves::app_of(Arc::clone(&port));
    let mut store = sandbox::store(component, spec, clock, serves, gauges).map_err(at_start)?;
    let app = pre.instantiate_async(&mut store).await.map_err(at_start)?;
    let network = Arc::clone(store.data().network());
    let serve = async |accessor: &_| {
        let mut serve = std::pin::pin!(serve(accessor, &app, &*port, commands));
        let serve = poll_fn(|cx| {
            network.tell_late();
            serve.as_mut().poll(cx)
        });
        sandbox::at_rest(Arc::clone(&usage), serve).await
    };
    store.run_concurrent(serve).await.flatten().map_err(|error| GuestTrap::of_app(&error))
}

/// Does what comes in, any number of things at a time: what may be under way beside what is for the senders to say.
async fn serve(
    accessor: &Accessor<RunState>,
    app: &App,
    port: &dyn SessionPort,
    mut commands: mpsc::UnboundedReceiver<Command>,
) -> Result<Infallible> {
    let mut under_way = FuturesUnordered::new();
    loop {
        // Not the other way round: what comes in is begun in the order in which it came.
        tokio::select! {
            biased;
            Some(command) = commands.next() => under_way.push(calls::done(accessor, app, port, command)),
            Some(done) = under_way.next() => done?,
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
