//! How large the pools are, and what happens when they cannot be made.
//!
//! Pools are sized so that no run can take what another one needs: each slot has room for everything that one
//! run may hold, and a component that needs more is refused when it is compiled or instantiated. Address space is
//! plentiful, memory maps are not: `vm.max_map_count` (65530 by default) bounds how many stacks and memories a
//! process can have. Who wants more at once than pools can hold has each run take from the operating system, which is
//! slower, with stacks that take no map ([`stacks`](super::stacks)) and, if these do not suffice, with data copied into
//! memories rather than mapped.

use std::sync::Arc;

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::stacks::{Creator, Stacks};
use super::{EngineConfig, EngineError, KIB, MIB, MemoryInit, engine_error, stack_bytes};

/// Address space for each linear memory.
pub(super) const RESERVATION_BYTES: u64 = 4 << 30;

/// Address space that all memories together may reserve: half of what a Linux process has on x86-64.
const ADDRESS_SPACE_BYTES: u64 = 1 << 46;

/// The most linear memories that one run may hold. Components of one toolchain have one; composed ones have one
/// for each part.
const MEMORIES_PER_RUN_MAX: u64 = 8;

/// The most tables that one run may hold: toolchains emit up to three for each part.
const TABLES_PER_RUN: u32 = 8;

/// The most core instances that one run may hold: toolchains emit up to five for each part.
const CORE_INSTANCES_PER_RUN: u32 = 32;

/// The most elements of one table. Interpreters compiled to wasm have some ten thousand functions.
const TABLE_ELEMENTS: usize = 32 * 1024;

/// What stays resident in a free slot: a small guest's whole memory, so that its next run faults no page in.
const MEMORY_KEEP_RESIDENT: usize = 2 * MIB;
const TABLE_KEEP_RESIDENT: usize = 64 * KIB;

/// Memory maps of one linear memory in use: what is before the image, the image, what is after it, and what it may grow
/// into.
const MAPS_PER_MEMORY: u64 = 4;
/// Memory maps of one stack: itself and its guard page.
const MAPS_PER_STACK: u64 = 2;
/// What Linux allows unless told otherwise.
const MAX_MAP_COUNT_DEFAULT: u64 = 65_530;

/// Where memories, tables and stacks shall come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooling {
    /// From pools; if these cannot be made, from the operating system for each run.
    #[default]
    Auto,
    /// From the operating system for each run: slower, and reserves nothing. For tests and one-shot tools.
    OnDemand,
}

/// Where memories, tables and stacks come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allocator {
    /// From pools made with the engine.
    Pool {
        /// Runs at once that they hold.
        slots: u32,
        /// Stacks at once: at least one for each run. A guest holds one as long as it lives, also while it waits.
        stacks: u32,
        /// Freed memories are reset by asking the kernel which pages were written (`PAGEMAP_SCAN`, Linux 6.7).
        pagemap_scan: bool,
    },
    /// From the operating system, for each run.
    OnDemand {
        /// Why.
        reason: String,
    },
}

/// The sizes of the pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sizes {
    memories_per_run: u32,
    stacks: u32,
}

/// Makes the wasmtime engine, with pools if they are wanted and can be made.
pub(super) fn make(
    config: &EngineConfig,
    base: impl Fn(MemoryInit) -> Config,
) -> Result<(wasmtime::Engine, Allocator), EngineError> {
    let max_map_count = max_map_count();
    let on_demand = |reason: String| {
        let stacks = Stacks::new(stack_bytes(config));
        let maps_per_stack = if stacks.is_some() { 0 } else { MAPS_PER_STACK };
        let mut c = base(memory_init(config.slots, maps_per_stack, max_map_count));
        c.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        if let Some(stacks) = stacks {
            c.with_host_stack(Arc::new(Creator(stacks)));
        }
        let engine = wasmtime::Engine::new(&c).map_err(engine_error)?;
        Ok((engine, Allocator::OnDemand { reason }))
    };
    if config.pooling == Pooling::OnDemand {
        return on_demand("the configuration says so".to_owned());
    }
    let Some(sizes) = sizes(config.slots, max_map_count) else {
        return on_demand(format!(
            "{} slots need more memory maps or address space than this system allows",
            config.slots
        ));
    };
    let pagemap_scan = PoolingAllocationConfig::is_pagemap_scan_available();
    let mut c = base(MemoryInit::Mapped);
    c.allocation_strategy(InstanceAllocationStrategy::Pooling(pools(config, sizes, pagemap_scan)));
    match wasmtime::Engine::new(&c) {
        Ok(engine) => {
            Ok((engine, Allocator::Pool { slots: config.slots, stacks: sizes.stacks, pagemap_scan }))
        }
        Err(error) => on_demand(format!("{error:#}")),
    }
}

fn pools(config: &EngineConfig, sizes: Sizes, pagemap_scan: bool) -> PoolingAllocationConfig {
    let slots = config.slots;
    let mut p = PoolingAllocationConfig::new();
    p.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_PER_RUN))
        .total_memories(slots.saturating_mul(sizes.memories_per_run))
        .total_tables(slots.saturating_mul(TABLES_PER_RUN))
        .total_stacks(sizes.stacks);
    // What one run may hold of each: the totals are multiples of these, so that no run starves another.
    p.max_core_instances_per_component(CORE_INSTANCES_PER_RUN)
        .max_memories_per_component(sizes.memories_per_run)
        .max_tables_per_component(TABLES_PER_RUN)
        .max_memories_per_module(sizes.memories_per_run)
        .max_tables_per_module(TABLES_PER_RUN);
    p.table_elements(TABLE_ELEMENTS)
        .max_memory_size(usize::try_from(config.memory_bytes_max).unwrap_or(usize::MAX));
    // Slots that were used and are free keep their pages up to this count, so that a burst is served warm and an
    // idle host gives memory back.
    p.max_unused_warm_slots(slots.min(100));
    if pagemap_scan {
        // The kernel tells which pages were written: only these are reset, and they stay mapped. Measured at half
        // the time of a whole run.
        p.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT)
            .table_keep_resident(TABLE_KEEP_RESIDENT);
    } else {
        // Without it, keeping pages means to overwrite all of them, and giving them back is faster.
        p.pagemap_scan(Enabled::No);
    }
    p
}

/// The sizes for `slots` runs at once, or none if a process cannot have so many.
fn sizes(slots: u32, max_map_count: u64) -> Option<Sizes> {
    let runs = u64::from(slots);
    let memories_per_run = (ADDRESS_SPACE_BYTES / RESERVATION_BYTES / runs).min(MEMORIES_PER_RUN_MAX);
    let for_stacks = maps_for_runs(max_map_count).checked_sub(runs * MAPS_PER_MEMORY)?;
    // Twice the runs, because composed guests can block in more than one place; at the least one for each, which
    // wasmtime keeps for an instance from its first call on, whether anything is under way in it or not.
    let stacks = (for_stacks / MAPS_PER_STACK).min(runs * 2);
    if memories_per_run == 0 || stacks < runs {
        return None;
    }
    Some(Sizes {
        memories_per_run: u32::try_from(memories_per_run).ok()?,
        stacks: u32::try_from(stacks).ok()?,
    })
}

/// How memories begin outside of pools: as images as long as the maps suffice.
const fn memory_init(slots: u32, maps_per_stack: u64, max_map_count: u64) -> MemoryInit {
    if slots as u64 * (MAPS_PER_MEMORY + maps_per_stack) <= maps_for_runs(max_map_count) {
        MemoryInit::Mapped
    } else {
        MemoryInit::Copied
    }
}

/// A quarter of the maps is left to the rest of the process.
const fn maps_for_runs(max_map_count: u64) -> u64 {
    max_map_count / 4 * 3
}

fn max_map_count() -> u64 {
    std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(MAX_MAP_COUNT_DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;

    #[test]
    fn pools_hold_everything_that_their_slots_may_need() {
        assert_eq!(sizes(1, 65_530), Some(Sizes { memories_per_run: 8, stacks: 2 }));
        assert_eq!(sizes(1_000, 65_530), Some(Sizes { memories_per_run: 8, stacks: 2_000 }));
        // Address space gets short first, then maps.
        assert_eq!(sizes(4_000, 65_530), Some(Sizes { memories_per_run: 4, stacks: 8_000 }));
        assert_eq!(sizes(8_191, 65_530), Some(Sizes { memories_per_run: 2, stacks: 8_191 }));
        assert_eq!(sizes(8_192, 65_530), None);
        assert_eq!(sizes(100_000, 1 << 30), None);
    }

    #[test]
    fn data_is_copied_where_there_are_not_maps_enough_for_images() {
        assert_eq!(memory_init(256, 0, 65_530), MemoryInit::Mapped);
        assert_eq!(memory_init(12_286, 0, 65_530), MemoryInit::Mapped);
        assert_eq!(memory_init(12_287, 0, 65_530), MemoryInit::Copied);
        assert_eq!(memory_init(12_287, 0, 1 << 30), MemoryInit::Mapped);
        assert_eq!(memory_init(u32::MAX, 0, u64::MAX), MemoryInit::Mapped);
        // Where stacks take maps as well.
        assert_eq!(memory_init(8_191, MAPS_PER_STACK, 65_530), MemoryInit::Mapped);
        assert_eq!(memory_init(8_192, MAPS_PER_STACK, 65_530), MemoryInit::Copied);
    }

    #[test]
    fn an_engine_that_cannot_have_pools_says_so_and_works_without() {
        let config = EngineConfig { slots: 1_000_000, ..EngineConfig::default() };
        let engine = Engine::new(&config).expect("the fallback");
        assert!(
            matches!(engine.allocator(), Allocator::OnDemand { reason } if reason.contains("1000000 slots"))
        );
        let config = EngineConfig { slots: 8, ..EngineConfig::default() };
        let engine = Engine::new(&config).expect("small pools");
        assert!(matches!(engine.allocator(), Allocator::Pool { slots: 8, stacks: 16, .. }));
    }

    #[test]
    fn a_setting_out_of_range_is_named() {
        let config = EngineConfig { slots: 0, ..EngineConfig::default() };
        let error = Engine::new(&config).expect_err("no slots");
        assert_eq!(error.to_string(), "engine setting `slots` is 0: it must be at least 1");
    }
}
