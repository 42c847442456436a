//! Compilations that nobody wants any more.

use std::time::{Duration, Instant};

use dormouse::{CompileLimits, Compiler, Component, Engine, EngineConfig, Pooling};

/// What makes this program the one that compiles.
pub(crate) const WORKER: &str = "compile-worker";

/// From dropping a compilation until no process compiles, so many times.
pub(crate) async fn kills(count: usize) -> Vec<Duration> {
    let engine =
        Engine::new(&EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() }).unwrap();
    let compiler = Compiler::Worker {
        executable: std::env::current_exe().unwrap(),
        args: vec![WORKER.into()],
        limits: CompileLimits::default(),
    };
    let bytes = large();
    let mut all = Vec::new();
    for _ in 0..count {
        let loading = {
            let (engine, compiler, bytes) = (engine.clone(), compiler.clone(), bytes.clone());
            tokio::spawn(async move { Component::load(&engine, &compiler, None, bytes).await.is_ok() })
        };
        while children() == 0 {
            assert!(!loading.is_finished(), "it compiled before it could be killed");
            tokio::task::yield_now().await;
        }
        // Well into it.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!loading.is_finished(), "it compiled before it could be killed");
        let begun = Instant::now();
        loading.abort();
        while children() > 0 {
            tokio::task::yield_now().await;
        }
        all.push(begun.elapsed());
    }
    all
}

/// Processes that this one started and has not reaped.
fn children() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of =
        |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(|task| of(task.unwrap()).split_whitespace().count()).sum()
}

/// A component that takes seconds to compile.
fn large() -> Vec<u8> {
    let body = "(local.set 0 (i32.mul (local.get 0) (i32.add (local.get 0) (i32.const 7))))".repeat(400);
    let function = format!("(func (param i32) (result i32) {body} (local.get 0))");
    wat::parse_str(format!("(component (core module {}))", function.repeat(2_000))).unwrap()
}
