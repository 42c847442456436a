//! How a command makes a host, and what it says when the host does not do something.

mod failure;

use std::sync::Arc;

use dormouse::{Engine, EngineConfig, Host, HostBuilder, Observer, Pooling, TokioClock};
use dormouse_system::{System, SystemConfig};
use tokio::runtime::{Handle, Runtime};

use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::state::State;

pub(crate) use failure::{host_failed, package_failed, start_failed, store_failed};

/// The threads that a host is controlled on; guests have their own.
pub(crate) fn runtime() -> Result<Runtime> {
    have_files();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::internal("the threads of the host cannot be started").because(&e))
}

/// How many files this process may have open: what the unit for systemd asks for. A run may hold a thousand, and a
/// shell gives a thousand to all of them.
const OPEN_FILES: u64 = 65_536;

/// Has the machine allow that many, or as many as it will.
#[cfg(unix)]
fn have_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES);
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        // If not, runs are told when there are no more.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

#[cfg(not(unix))]
const fn have_files() {}

/// A host on `state`, with its packages, told to `observer`.
pub(crate) fn builder(state: &State, observer: Option<Arc<dyn Observer>>) -> Result<HostBuilder> {
    let mut builder = Host::builder().shared_store(state.store.clone()).app_folders(state.folders()?);
    if let Some(packages) = state.packages()? {
        builder = builder.packages(packages);
    }
    if let Some(observer) = observer {
        builder = builder.observer(observer);
    }
    Ok(builder)
}

/// Has TLS done by one library, whoever asks for it first.
pub(crate) fn use_tls() {
    // An error is that it is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// This machine, as conditions and as the source of system events. To be called on the host's runtime.
pub(crate) fn machine() -> Result<System> {
    let clock = Arc::new(TokioClock::new(Handle::current()));
    System::start(&SystemConfig::default(), clock).map_err(|error| {
        Failure::from_error(Exit::Usage, &error)
            .help("unset DBUS_SYSTEM_BUS_ADDRESS, or set it to an address of a bus")
    })
}

/// Gives `builder` what is known of this machine.
pub(crate) fn with_machine(builder: HostBuilder, machine: &System) -> HostBuilder {
    let machine = Arc::new(machine.clone());
    builder.conditions(machine.clone()).source(machine)
}

/// The engine of a host that runs next to nothing: it reserves no memory.
pub(crate) fn small_engine() -> Result<Engine> {
    let config = EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() };
    Engine::new(&config).map_err(|error| Failure::from_error(Exit::Internal, &error))
}
