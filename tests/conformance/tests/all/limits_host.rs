//! What bounds all runs of a host: its engine. Each limit is reached by a guest that is then contained by it, and by nothing
//! else once it is lifted.

use dormouse::testing::Rig;
use dormouse::{
    Allocator, App, AppId, Component, Engine, EngineConfig, Host, IfExists, Outcome, Overlap, Pooling,
};
use dormouse_core::TrapKind;
use test_artifacts as programs;

use crate::{abort, application, component};

/// Uses so much of something on an engine of this kind.
fn used_on(config: &EngineConfig, what: &'static str) -> Outcome {
    used(&Engine::new(config).unwrap(), what)
}

fn used(engine: &Engine, what: &'static str) -> Outcome {
    Rig::run_with(
        |builder| builder.engine(engine.clone()).slots(1),
        async |rig| {
            rig.install(&component(programs::LIMIT_USES));
            let id = rig.register(application()).await;
            rig.fire(id, what).await.run.outcome.clone()
        },
    )
}

fn engine(pooling: Pooling) -> EngineConfig {
    EngineConfig { slots: 1, pooling, ..EngineConfig::default() }
}

#[test]
fn wasm_stack_bytes() {
    // UWP has no such figure; a guest's own recursion is the usual cause.
    let with = |wasm_stack_bytes| EngineConfig { wasm_stack_bytes, ..engine(Pooling::OnDemand) };
    let outcome = used_on(&with(64 * 1024), "stack 8000");
    assert!(matches!(outcome, Outcome::Trapped { kind: TrapKind::StackOverflow, .. }), "{outcome}");
    assert_eq!(used_on(&with(8 << 20), "stack 8000"), Outcome::Succeeded);
}

#[test]
fn wasm_stack() {
    let outcome = |builder: dormouse::HostBuilder| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let host = builder.slots(1).start().await.unwrap();
            let component = Component::compile(host.engine(), &component(programs::LIMIT_USES)).unwrap();
            let app = AppId::new("app").unwrap();
            host.install(App::new(app.clone()).entry_point("main", component)).unwrap();
            let id = host.register(&app, application(), IfExists::Error).await.unwrap().id;
            let activation = host.request(id, "stack 8000").await.unwrap().activation().unwrap();
            host.completed(activation).await.unwrap().run.outcome.clone()
        })
    };
    let small = outcome(Host::builder().wasm_stack(64 * 1024));
    assert!(matches!(small, Outcome::Trapped { kind: TrapKind::StackOverflow, .. }), "{small}");
    assert_eq!(outcome(Host::builder().wasm_stack(8 << 20)), Outcome::Succeeded);
}

#[test]
fn memory_bytes_max() {
    for pooling in [Pooling::Auto, Pooling::OnDemand] {
        let with = |mib: u64| EngineConfig { memory_bytes_max: mib << 20, ..engine(pooling) };
        // Within what the run may use, and above what any one memory may have.
        let outcome = used_on(&with(16), "memory 33554432");
        assert!(matches!(outcome, Outcome::Failed(_)), "{pooling:?}: {outcome}");
        assert_eq!(used_on(&with(128), "memory 33554432"), Outcome::Succeeded, "{pooling:?}");
    }
}

/// Of this process, which is this test's alone.
fn memory_maps() -> usize {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

/// `vm.max_map_count` is 65,530 unless told otherwise: with four of them for a run there are no 20,000 at once.
#[test]
fn more_runs_at_once_than_pools_can_hold_take_two_memory_maps_each() {
    const RUNS: usize = 100;
    let engine = Engine::new(&EngineConfig { slots: 1_000_000, ..EngineConfig::default() }).unwrap();
    assert!(matches!(engine.allocator(), Allocator::OnDemand { .. }));
    Rig::run_with(
        |builder| builder.engine(engine.clone()).slots(RUNS as u32 + 1).slots_per_app(RUNS as u32 + 1),
        async |rig| {
            rig.install(&component(programs::CANCEL_WAITING));
            let id = rig.register(application().overlap(Overlap::Parallel { max: u32::MAX })).await;
            // What is there once: code, arenas of the allocator, a slab of stacks.
            rig.request(id, "abort").await;
            rig.settle().await;
            let before = memory_maps();
            for _ in 0..RUNS {
                rig.request(id, "abort").await;
            }
            rig.settle().await;
            let running = rig.host.running();
            assert_eq!(running.len(), RUNS + 1, "all of them wait at once");
            let each = (memory_maps() - before) as f64 / RUNS as f64;
            let allowed = if has_guards_without_maps() { 2.2 } else { 4.5 };
            assert!(each <= allowed, "{each} for each run");
            // All before time passes: who waits without an end is stopped for another reason.
            for (run, ..) in &running {
                assert!(rig.host.cancel(*run, abort()));
            }
            for (_, activation, _) in running {
                let outcome = rig.completed(activation).await.run.outcome.clone();
                assert!(matches!(outcome, Outcome::Canceled { forced: false, .. }), "{outcome}");
            }
            assert!(memory_maps() <= before + RUNS / 10, "they are given back");
        },
    );
}

/// `MADV_GUARD_INSTALL`.
fn has_guards_without_maps() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split('.').map_while(|part| part.parse::<u32>().ok());
    numbers.next().zip(numbers.next()) >= Some((6, 13))
}

#[test]
fn tick() {
    let interruptions = |micros| {
        let tick = std::time::Duration::from_micros(micros);
        let engine = Engine::new(&EngineConfig { tick, ..engine(Pooling::OnDemand) }).unwrap();
        assert_eq!(used(&engine, "compute 5000"), Outcome::Succeeded);
        engine.ticks()
    };
    let (often, seldom) = (interruptions(100), interruptions(1_000_000));
    assert!(often > seldom + 10, "{often} and {seldom}");
}
