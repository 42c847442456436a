//! Header sets of `wasi:http`: the host's memory, on the run's account.

use std::sync::Arc;

use dormouse::testing::Rig;
use dormouse::{LimitsRequest, Outcome};
use dormouse_core::RunRecord;
use test_artifacts as programs;

use crate::{application, component};

const MIB: u64 = 1 << 20;

/// Holds so many sets of 50,000 bytes at once, with so much memory.
fn held(sets: &str, memory_bytes: u64) -> Arc<RunRecord> {
    let limits = LimitsRequest { memory_bytes: Some(memory_bytes), ..LimitsRequest::default() };
    Rig::run(async |rig| {
        rig.install(&component(programs::LIMIT_USES));
        let id = rig.register(application().limits(limits)).await;
        rig.fire(id, format!("header-sets {sets}")).await.run
    })
}

#[test]
fn header_sets_are_memory_of_the_run() {
    let run = held("400", 8 * MIB);
    // It drops what it has then, and may have some again.
    let Outcome::Failed(failure) = &run.outcome else { panic!("{}", run.outcome) };
    assert!(failure.message.contains("Forbidden"), "{}", failure.message);
    assert!(run.receipt.memory_refusals > 0);
    assert!(run.receipt.peak_memory_bytes > 4 * MIB && run.receipt.peak_memory_bytes <= 8 * MIB);
    let run = held("400", 64 * MIB);
    assert_eq!(run.outcome, Outcome::Succeeded);
    assert!(run.receipt.peak_memory_bytes > 400 * 50_000 && run.receipt.memory_refusals == 0);
    assert_eq!(held("40", 8 * MIB).outcome, Outcome::Succeeded);
}
