//! What bounds all runs of a host, where no one run shows it by its outcome.

use std::time::Duration;

use dormouse::testing::{CPU_PER_INTERRUPT, Rig};
use dormouse::{Allocator, Engine, EngineConfig, Host, Outcome, Pooling, Receipt, StartError};
use test_artifacts as programs;

use crate::{application, component};

#[test]
fn slots() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let start = |pool, slots| {
        let engine = Engine::new(&EngineConfig { slots: pool, ..EngineConfig::default() }).unwrap();
        let is_pool = matches!(*engine.allocator(), Allocator::Pool { slots, .. } if slots == pool);
        assert!(is_pool, "so small a pool has room everywhere: {:?}", engine.allocator());
        runtime.block_on(Host::builder().engine(engine).slots(slots).start())
    };
    match start(2, 3) {
        Err(StartError::PoolTooSmall { slots: 3, pool: 2 }) => {}
        other => panic!("{:?}", other.err()),
    }
    for pool in [3, 4] {
        assert!(start(pool, 3).is_ok(), "{pool}");
    }
}

#[test]
fn tick() {
    // Simulated CPU time passes when a guest is interrupted, and only then.
    let interrupted = |tick| {
        let config = EngineConfig { slots: 1, tick, pooling: Pooling::OnDemand, ..EngineConfig::default() };
        let engine = Engine::new(&config).unwrap();
        let (outcome, receipt): (Outcome, Receipt) = Rig::run_with(
            |builder| builder.engine(engine).slots(1),
            async |rig| {
                rig.install(&component(programs::LIMIT_USES));
                let id = rig.register(application()).await;
                let run = rig.fire(id, "compute 200000").await.run;
                (run.outcome, run.receipt)
            },
        );
        assert_eq!(outcome, Outcome::Succeeded);
        receipt.cpu.as_nanos() / CPU_PER_INTERRUPT.as_nanos()
    };
    let (often, seldom) = (interrupted(Duration::from_millis(1)), interrupted(Duration::from_secs(1)));
    assert!(often > seldom, "{often} and {seldom}");
}
