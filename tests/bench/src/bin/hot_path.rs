//! The hot path and nothing else, for whoever counts: callgrind, strace, a profiler, `tests/counts.rs`.
//!
//! Runs the program that does nothing so many times, one after another, and prints what this process counted itself:
//! allocations and commits. What an outside counter sees of the beginning and the end is taken away by
//! running twice with different numbers.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::alloc::System;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use dormouse::{EngineConfig, MemoryStore};
use dormouse_bench::{Bare, Subject};
use dormouse_store_sqlite::SqliteStore;
use serde::Serialize;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Runs that warm pools, caches and maps before anything is counted.
const WARM: usize = 64;

#[derive(Parser)]
#[command(about = "Runs the program that does nothing, and counts")]
struct Args {
    /// What runs it.
    #[arg(long, value_enum)]
    on: On,
    /// How many times.
    #[arg(long, default_value_t = 1000)]
    runs: usize,
    /// In bursts of 64 instead of one after another.
    #[arg(long)]
    bursts: bool,
    /// At once at most. What emulates this process has little address space to give: it needs a pool of two.
    #[arg(long, default_value_t = 64)]
    slots: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// Wasmtime alone.
    Bare,
    /// A host that keeps nothing.
    Memory,
    /// A host with a durable store.
    Sqlite,
}

/// What was counted, of all runs together.
#[derive(Serialize)]
struct Counted {
    runs: usize,
    allocations: usize,
    allocated_bytes: usize,
    commits: u64,
}

fn main() {
    let args = Args::parse();
    let bytes = std::fs::read(test_artifacts::RUN_RETURNS_OK).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let engine = EngineConfig { slots: args.slots, ..EngineConfig::default() };
    let counted = match args.on {
        On::Bare => {
            let bare = Bare::new(&bytes, Some(args.slots));
            runtime.block_on(async {
                bare.runs(WARM).await;
                let region = Region::new(ALLOCATOR);
                bare.runs(args.runs).await;
                counted(args.runs, &region, 0)
            })
        }
        On::Memory => runtime.block_on(async {
            let subject =
                Subject::new(&engine, &bytes, Arc::new(MemoryStore::with_history(WARM)), |b| b).await;
            fired(&subject, &args, || 0).await
        }),
        On::Sqlite => runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
            let subject = Subject::new(&engine, &bytes, store.clone(), |b| b).await;
            fired(&subject, &args, || store.stats().commits).await
        }),
    };
    println!("{}", serde_json::to_string(&counted).unwrap());
}

async fn fired(subject: &Subject, args: &Args, commits: impl Fn() -> u64) -> Counted {
    let run = async |runs| {
        if args.bursts { subject.bursts(runs).await } else { subject.one_by_one(runs).await }
    };
    run(WARM).await;
    let before = commits();
    let region = Region::new(ALLOCATOR);
    run(args.runs).await;
    counted(args.runs, &region, commits() - before)
}

fn counted(runs: usize, region: &Region<'_, System>, commits: u64) -> Counted {
    let change = region.change();
    Counted {
        runs,
        allocations: change.allocations + change.reallocations,
        allocated_bytes: change.bytes_allocated,
        commits,
    }
}
