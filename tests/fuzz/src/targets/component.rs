//! Components, compiled as those of strangers are: in a process of their own. The first byte of the input says what the
//! rest is: a component, or what one is made from by a library that makes valid ones, or nearly so: rules for types have
//! become stricter than it is.
//!
//! The answer is a component or a typed refusal, and the worker does not fall.

use std::time::Duration;

use arbitrary::Unstructured;
use dormouse::{CompileLimits, Compiler, Component, ComponentError, Engine};
use tokio::runtime::Runtime;

use super::host::{engine, runtime, task};
use super::{COMPILE_WORKER, Needs, within};
use crate::answer::{Answer, Target, Wrong, refused, taken};

/// What one compilation may cost here.
const LIMITS: CompileLimits =
    CompileLimits { len_max: 8 << 20, time: Duration::from_secs(20), memory_bytes: 1 << 30 };

pub(super) struct Components {
    compiled: Compiled,
}

/// A compiler, and for whom.
pub(super) struct Compiled {
    pub(super) runtime: Runtime,
    pub(super) engine: Engine,
    compiler: Compiler,
}

impl Compiled {
    pub(super) fn new(needs: &Needs) -> Self {
        let compiler = Compiler::Worker {
            executable: needs.worker.clone(),
            args: vec![COMPILE_WORKER.into()],
            limits: LIMITS,
        };
        Self { runtime: runtime(), engine: engine(), compiler }
    }

    /// Has `bytes` compiled; an error is what must not be the answer to anything.
    pub(super) fn load(&self, bytes: Vec<u8>) -> Result<Result<Component, ComponentError>, Wrong> {
        let loading = Component::load(&self.engine, &self.compiler, None, bytes);
        match self.runtime.block_on(within("a compilation", loading))? {
            Err(
                error @ (ComponentError::CompileCrashed { .. }
                | ComponentError::WorkerUnfit { .. }
                | ComponentError::WorkerMissing { .. }
                | ComponentError::Stopped),
            ) => Err(Wrong(error.to_string())),
            answer => Ok(answer),
        }
    }
}

/// Whether it is one of those that any component may get, however valid.
pub(super) fn is_limit(error: &ComponentError) -> bool {
    matches!(
        error,
        ComponentError::CompileTimeout { .. }
            | ComponentError::CompileMemory { .. }
            | ComponentError::CodeTooLarge { .. }
            | ComponentError::TooLarge { .. }
    )
}

/// What the engine takes.
pub(super) fn config() -> wasm_smith::Config {
    wasm_smith::Config {
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        // References to the outside are of no use to a component, and need the collector too.
        reference_types_enabled: false,
        threads_enabled: false,
        max_imports: 0,
        max_memories: 2,
        max_memory32_bytes: 4 << 20,
        max_table_elements: 1_000,
        ..wasm_smith::Config::default()
    }
}

impl Components {
    pub(super) fn new(needs: &Needs) -> Self {
        Self { compiled: Compiled::new(needs) }
    }
}

impl Target for Components {
    fn examples(&self) -> Vec<Vec<u8>> {
        let drawn = |n: u32| (0..800).map(move |i: u32| (i.wrapping_mul(2_654_435_761 + 2 * n) >> 11) as u8);
        let mut examples: Vec<_> = (0..6).map(|n| std::iter::once(1).chain(drawn(n)).collect()).collect();
        examples.push([&[0], task().as_slice()].concat());
        examples.push(b"\0\0asm\x01\0\0\0".to_vec());
        examples.push(b"\0\0asm\x0d\0\x01\0".to_vec());
        examples
    }

    fn words(&self) -> Vec<Vec<u8>> {
        let mut words: Vec<Vec<u8>> = vec![
            b"\0asm\x01\0\0\0".to_vec(),
            b"\0asm\x0d\0\x01\0".to_vec(),
            b"dormouse:background/background-task@0.1.0".to_vec(),
            b"wasi:cli/stdout@0.2.6".to_vec(),
            vec![0xff, 0xff, 0xff, 0xff, 0x0f],
            vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
        ];
        // The beginnings of sections.
        words.extend((0..13).map(|section| vec![section, 5, 1]));
        words
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let (mode, rest) = input.split_first().unwrap_or((&0, &[]));
        if mode % 2 == 0 {
            return match self.compiled.load(rest.to_vec())? {
                Ok(_) => Ok(taken("a task")),
                Err(error) => refused(error.to_string().escape_debug()),
            };
        }
        let mut from = Unstructured::new(rest);
        let Ok(component) = wasm_smith::Component::new(config(), &mut from) else {
            return refused("nothing drawn");
        };
        match self.compiled.load(component.to_bytes())? {
            Err(error) => refused(error.to_string().escape_debug()),
            Ok(component) => Err(Wrong(format!("it exports no task, and was taken: {component:?}"))),
        }
    }
}
