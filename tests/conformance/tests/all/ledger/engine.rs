//! What bounds all runs of a host, where no one run shows it by its outcome.

use std::time::{Duration, Instant};

use dormouse::testing::{CPU_PER_INTERRUPT, Rig};
use dormouse::{Allocator, Engine, EngineConfig, Host, LimitsRequest, Outcome, Pooling, StartError};
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

/// Has a guest compute until it is taken down, on an engine that ticks so. Answers how often it was interrupted, and how
/// long that took on the machine's clock.
fn spins(tick: Duration) -> (u32, Duration) {
    let config = EngineConfig { slots: 1, tick, pooling: Pooling::OnDemand, ..EngineConfig::default() };
    let engine = Engine::new(&config).unwrap();
    Rig::run_with(
        |builder| builder.engine(engine).slots(1),
        async |rig| {
            rig.install(&component(programs::LIMIT_CPU_SPIN));
            let limits = LimitsRequest { cpu: Some(CPU_PER_INTERRUPT), ..LimitsRequest::default() };
            let id = rig.register(application().limits(limits)).await;
            let begun = Instant::now();
            let run = rig.fire(id, "").await.run;
            let took = begun.elapsed();
            assert!(matches!(run.outcome, Outcome::Canceled { forced: true, .. }), "{}", run.outcome);
            // Simulated CPU time passes when a guest is interrupted, and only then.
            let times = run.receipt.cpu.as_nanos() / CPU_PER_INTERRUPT.as_nanos();
            (u32::try_from(times).unwrap(), took)
        },
    )
}

#[test]
fn tick() {
    let long = Duration::from_millis(100);
    let (times, seldom) = spins(long);
    assert!(times >= 10, "{times}: its budget, and a second of grace");
    // Whatever the machine's speed: there are no more interruptions than ticks, of which the first may have begun before
    // the guest, and the last ends with it.
    assert!(seldom >= long * (times - 2), "{times} interruptions in {seldom:?}");
    let (again, often) = spins(long / 100);
    assert_eq!(again, times, "as many interruptions end it");
    assert!(often * 2 < seldom, "a hundredth of the tick: {often:?} and {seldom:?}");
}
