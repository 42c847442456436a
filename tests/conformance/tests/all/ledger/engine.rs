//! What bounds all runs of a host, where no one run shows it by its outcome.

use dormouse::{Allocator, Engine, EngineConfig, Host, StartError};

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
