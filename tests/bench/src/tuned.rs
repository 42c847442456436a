//! Wasmtime, tuned as the runtime's engine is: the limit of what a host on it can reach.

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Of one guest's stack.
pub const STACK_BYTES: usize = 2 << 20;

/// For so many instances at once, each with a memory and a stack; as many as wasmtime has by default if none are named.
#[must_use]
pub fn tuned(instances: Option<u32>) -> Config {
    let mut pools = PoolingAllocationConfig::new();
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pools.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(2 << 20).table_keep_resident(64 << 10);
    }
    pools.max_memory_size(512 << 20).table_elements(32 * 1024);
    if let Some(instances) = instances {
        pools
            .total_component_instances(instances)
            .total_core_instances(instances * 32)
            .total_memories(instances)
            .total_tables(instances * 8)
            .total_stacks(instances);
    }
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .memory_reservation(4 << 30)
        .max_wasm_stack(512 << 10)
        .async_stack_size(STACK_BYTES)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pools));
    config
}
