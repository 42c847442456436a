//! The engine: compiler, memory pools and ticker, made once and shared by every run of a host.
//!
//! Everything that a run would otherwise have to set up for itself is here: the linker with all host functions,
//! the pools that linear memories, tables and stacks come from, and the thread that interrupts guests. What is
//! left per run is one store.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::component::Linker;
use wasmtime::{Config, InstanceAllocationStrategy, WasmBacktraceDetails};

use crate::epoch::{Ticker, Ticking};
use crate::imports;
use crate::sandbox::RunState;

mod fingerprint;
mod pool;
mod stacks;
mod stats;

pub(crate) use fingerprint::Fingerprint;
pub use pool::{Allocator, Pooling};
pub use stats::{EngineStats, PoolStats};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What host functions may use of a guest's stack beyond the wasm stack. They are polled on it.
const HOST_STACK_BYTES: usize = 1536 * KIB;

/// How many frames of a trap's backtrace are kept. Collecting them is work for each trap, and a message has room
/// for a few.
const BACKTRACE_FRAMES: NonZeroUsize = match NonZeroUsize::new(8) {
    Some(frames) => frames,
    None => NonZeroUsize::MIN,
};

/// How a fresh memory gets the component's data. Code depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MemoryInit {
    /// As a copy-on-write image: instantiation copies nothing, and what a guest does not write is there once for all runs.
    Mapped,
    /// As a copy, which takes two memory maps less for each memory.
    Copied,
}

impl MemoryInit {
    /// Of what `engine` compiles and runs.
    pub(crate) fn of(engine: &wasmtime::Engine) -> Self {
        if engine.get_memory_init_cow() { Self::Mapped } else { Self::Copied }
    }
}

/// How an [`Engine`] is made.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Runs at once that the pools can hold. Admission must stay at or below it. With more than pools can have (8,191
    /// with the memory maps that Linux allows a process) each run takes its memory from the operating system, which is
    /// slower.
    pub slots: u32,
    /// The most bytes that one linear memory may ever have: the size of a slot of the pool.
    pub memory_bytes_max: u64,
    /// Bytes of stack for guest code. Deeper recursion traps.
    pub wasm_stack_bytes: usize,
    /// How long a guest that does not yield runs between two interruptions.
    pub tick: Duration,
    /// Where linear memories, tables and stacks come from.
    pub pooling: Pooling,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            slots: 256,
            memory_bytes_max: 512 * MIB as u64,
            wasm_stack_bytes: 512 * KIB,
            tick: Duration::from_millis(1),
            pooling: Pooling::Auto,
        }
    }
}

/// Why an [`Engine`] could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A figure of the configuration is out of range.
    #[error("engine setting `{setting}` is {value}: {rule}")]
    Setting {
        /// The field of [`EngineConfig`].
        setting: &'static str,
        /// What it was set to.
        value: String,
        /// What is allowed.
        rule: &'static str,
    },
    /// The engine itself could not be made.
    #[error("the WebAssembly engine could not be made")]
    Engine {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The operating system refused the ticker's thread.
    #[error("the ticker's thread could not be started")]
    Thread {
        /// Why.
        source: std::io::Error,
    },
}

/// The engine. Cheap to clone; the last clone ends the ticker's thread.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    wasmtime: wasmtime::Engine,
    linker: Linker<RunState>,
    ticker: Ticker,
    allocator: Allocator,
    fingerprint: Fingerprint,
    memory_bytes_max: u64,
    tick: Duration,
}

impl Engine {
    /// Makes an engine: reserves the pools' address space, fills the linker and starts the ticker, parked.
    ///
    /// # Errors
    ///
    /// [`EngineError`]. That the pools cannot be made is no error with [`Pooling::Auto`]: the engine then
    /// allocates on demand, logs a warning and says so in [`Engine::allocator`].
    pub fn new(config: &EngineConfig) -> Result<Self, EngineError> {
        check(config)?;
        let (wasmtime, allocator) = pool::make(config, |init| base_config(config, init))?;
        if let Allocator::OnDemand { reason } = &allocator
            && config.pooling == Pooling::Auto
        {
            tracing::warn!(slots = config.slots, %reason, "no memory pools: each run maps its own memory, which is slower");
        }
        let linker = imports::linker(&wasmtime).map_err(engine_error)?;
        let ticker =
            Ticker::start(wasmtime.weak(), config.tick).map_err(|source| EngineError::Thread { source })?;
        let fingerprint = Fingerprint::of(&wasmtime);
        let (memory_bytes_max, tick) = (config.memory_bytes_max, config.tick);
        let inner = Inner { wasmtime, linker, ticker, allocator, fingerprint, memory_bytes_max, tick };
        Ok(Self(Arc::new(inner)))
    }

    /// Where memories come from.
    #[must_use]
    pub fn allocator(&self) -> &Allocator {
        &self.0.allocator
    }

    /// How long a guest that does not yield runs between two interruptions.
    #[must_use]
    pub fn tick(&self) -> Duration {
        self.0.tick
    }

    /// How often the tick has interrupted running guests so far, all together.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.0.ticker.ticks()
    }

    /// Interrupts all guests that are being polled, without waiting for the tick: for one of them that is to be gone. To the
    /// others it is a tick that came early.
    pub(crate) fn interrupt(&self) {
        self.0.wasmtime.increment_epoch();
    }

    /// Of the code that it runs.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// The most bytes of one linear memory. Pools refuse more by themselves.
    pub(crate) fn memory_bytes_max(&self) -> u64 {
        self.0.memory_bytes_max
    }

    /// To be held while a guest is polled: the epoch advances.
    pub(crate) fn enter(&self) -> Ticking<'_> {
        self.0.ticker.enter()
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0.wasmtime
    }

    pub(crate) fn linker(&self) -> &Linker<RunState> {
        &self.0.linker
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("allocator", &self.0.allocator).finish_non_exhaustive()
    }
}

fn check(config: &EngineConfig) -> Result<(), EngineError> {
    let refuse = |setting, value: String, rule| Err(EngineError::Setting { setting, value, rule });
    if config.slots == 0 {
        return refuse("slots", config.slots.to_string(), "it must be at least 1");
    }
    if config.memory_bytes_max == 0 || config.memory_bytes_max > pool::RESERVATION_BYTES {
        let value = config.memory_bytes_max.to_string();
        return refuse("memory_bytes_max", value, "it must be at least 1 and at most 4 GiB");
    }
    if !(64 * KIB..=8 * MIB).contains(&config.wasm_stack_bytes) {
        let value = config.wasm_stack_bytes.to_string();
        return refuse("wasm_stack_bytes", value, "it must be between 64 KiB and 8 MiB");
    }
    if config.tick < Duration::from_micros(100) || config.tick > Duration::from_secs(1) {
        return refuse("tick", format!("{:?}", config.tick), "it must be between 100 µs and 1 s");
    }
    Ok(())
}

/// An engine that compiles and runs nothing: no pools, no linker, no ticker. Its code runs in every [`Engine`] that
/// initialises memories so.
pub(crate) fn compiler_only(init: MemoryInit) -> wasmtime::Result<wasmtime::Engine> {
    let mut c = code_config(init);
    c.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    wasmtime::Engine::new(&c)
}

/// All that the code of a component depends on. It takes no settings of a host's: what is compiled in one process, for
/// one host, runs in all others of the same version on the same kind of processor that initialise memories alike.
fn code_config(init: MemoryInit) -> Config {
    let mut c = Config::new();
    // Tasks are components, with async exports and imports: a run goes on after `run` has returned.
    c.wasm_component_model(true).wasm_component_model_async(true);
    // A guest that does not yield is interrupted by the ticker. Fuel would cost more and count instructions,
    // which no limit is about.
    c.epoch_interruption(true);
    c.memory_init_cow(init == MemoryInit::Mapped);
    // 4 GiB of address space for each memory, so that 32-bit accesses need no bounds checks.
    c.memory_reservation(pool::RESERVATION_BYTES);
    // One run is one thread. Shared memory would let guests build clocks, and the limiter does not see it grow.
    c.wasm_threads(false).shared_memory(false);
    // No guest toolchain needs it, every access would be bounds-checked, and no memory may be that large.
    c.wasm_memory64(false);
    // A trap names a few functions. Source files and lines would need debug information to be parsed at the
    // trap, by a parser that faces untrusted input, and show the author's paths to others.
    c.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Relaxed SIMD gives the same result on every machine: an attempt on another one must not differ.
    c.relaxed_simd_deterministic(true);
    c
}

/// Everything but the allocation strategy.
fn base_config(config: &EngineConfig, init: MemoryInit) -> Config {
    let mut c = code_config(init);
    // The guest's share of a stack, and the whole of it: host functions run on what is left.
    c.max_wasm_stack(config.wasm_stack_bytes).async_stack_size(stack_bytes(config));
    c.wasm_backtrace_max_frames(Some(BACKTRACE_FRAMES));
    c
}

/// Of one stack, without its guard.
const fn stack_bytes(config: &EngineConfig) -> usize {
    config.wasm_stack_bytes + HOST_STACK_BYTES
}

fn engine_error(source: wasmtime::Error) -> EngineError {
    EngineError::Engine { source: source.into() }
}
