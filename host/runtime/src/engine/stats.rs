//! How an engine is, in figures.

use super::{Allocator, Engine};

/// How an engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStats {
    /// Where memories come from.
    pub allocator: Allocator,
    /// What is in use of its pools, if it has any.
    pub pools: Option<PoolStats>,
    /// Guests that are being polled now.
    pub polled: usize,
    /// Whether its ticker is at rest, since no guest has been polled for a while.
    pub ticker_rests: bool,
    /// How often running guests were interrupted, all together.
    pub ticks: u64,
}

/// What is in use of pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Components that are instantiated.
    pub instances: u64,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Stacks.
    pub stacks: usize,
    /// Memories that are free and kept for the next run.
    pub memories_kept: u32,
    /// Bytes of memory that stay resident in these.
    pub resident_bytes: usize,
}

impl Engine {
    /// How it is.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        let metrics = self.0.wasmtime.pooling_allocator_metrics();
        EngineStats {
            allocator: self.0.allocator.clone(),
            pools: metrics.map(|pools| PoolStats {
                instances: pools.component_instances(),
                memories: pools.memories(),
                tables: pools.tables(),
                stacks: pools.stacks(),
                memories_kept: pools.unused_warm_memories(),
                resident_bytes: pools.unused_memory_bytes_resident(),
            }),
            polled: self.0.ticker.polled(),
            ticker_rests: self.0.ticker.rests(),
            ticks: self.ticks(),
        }
    }
}
