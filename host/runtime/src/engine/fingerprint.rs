//! Which code an engine can run.

use std::fmt;
use std::hash::{Hash as _, Hasher};

use sha2::{Digest as _, Sha256};

use crate::component::ADAPTER_REVISION;

/// The compiler, its version, its target, every setting that code depends on and what core modules are given before they
/// are compiled, as one number. Code that was compiled under a fingerprint runs in each engine that has the same one,
/// and in no other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(engine: &wasmtime::Engine) -> Self {
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        ADAPTER_REVISION.hash(&mut hasher);
        Self(hasher.0.finalize().into())
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Sixty-four hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The standard library's own hashers may change with its version, and this number outlives a build.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the whole digest is taken.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, EngineConfig, MemoryInit, Pooling, compiler_only};

    #[test]
    fn no_setting_of_an_engine_changes_its_code_but_for_how_memories_begin() {
        let compiler = Fingerprint::of(&compiler_only(MemoryInit::Mapped).expect("an engine"));
        let on_demand = EngineConfig {
            pooling: Pooling::OnDemand,
            wasm_stack_bytes: 1024 * 1024,
            memory_bytes_max: 1024 * 1024,
            ..EngineConfig::default()
        };
        let pooled = EngineConfig { slots: 8, ..EngineConfig::default() };
        for config in [on_demand, pooled] {
            assert_eq!(Engine::new(&config).expect("an engine").fingerprint(), compiler, "{config:?}");
        }
    }

    #[test]
    fn code_for_memories_that_are_copied_is_code_of_its_own() {
        let many = EngineConfig { slots: 1_000_000, ..EngineConfig::default() };
        let many = Engine::new(&many).expect("an engine").fingerprint();
        let of = |init| Fingerprint::of(&compiler_only(init).expect("an engine"));
        assert_eq!(many, of(MemoryInit::Copied));
        assert_ne!(many, of(MemoryInit::Mapped));
    }

    #[test]
    fn another_compiler_is_told_apart() {
        let ours = compiler_only(MemoryInit::Mapped).expect("an engine");
        let other = wasmtime::Engine::new(wasmtime::Config::new().consume_fuel(true)).expect("an engine");
        assert_ne!(Fingerprint::of(&ours), Fingerprint::of(&other));
    }
}
