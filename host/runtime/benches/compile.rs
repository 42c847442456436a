//! How long it takes to have a component: compiled in this process, by a worker, and from the cache.
//!
//! A worker costs the start of a process and the way of the code through a pipe; the cache, a hash of the
//! component and one of the code. The ratios are to the compilation in this process, of the same component in the
//! same round. What is compared is wall-clock time, because the work is another process's: on a machine that does
//! other things meanwhile only the ratios say something.
//!
//! `cargo bench -p dormouse --bench compile`; `-- --quick` for a look.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;
use std::time::Instant;

use cap_std::fs::Dir;
use dormouse::{CompileLimits, Compiler, Component, ComponentCache, Engine, EngineConfig, Pooling};
use dormouse_bench::measure::{is_quick, median};

/// What makes this program a worker of itself.
const WORKER: &str = "compile-worker";

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|arg| arg == WORKER) {
        return dormouse::compile_worker();
    }
    let rounds = if is_quick() { 3 } else { 15 };

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine =
        Engine::new(&EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() }).unwrap();
    let private = std::fs::Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().permissions(private).tempdir().unwrap();
    let dir = Dir::from_std_file(std::fs::File::open(folder.path()).unwrap());
    let cache = ComponentCache::open(dir).unwrap();
    let in_process = Compiler::in_process();
    let worker = Compiler::Worker {
        executable: std::env::current_exe().unwrap(),
        args: vec![WORKER.into()],
        limits: CompileLimits::default(),
    };

    println!("milliseconds, median of {rounds} rounds\n");
    println!("| component | bytes | this process | worker | ratio | cache | ratio |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for path in [test_artifacts::RUN_RETURNS_OK, test_artifacts::GRANT_HTTP_ALLOWED] {
        let bytes = std::fs::read(path).unwrap();
        let load = |compiler: &Compiler, cache: Option<&ComponentCache>| {
            let start = Instant::now();
            runtime.block_on(Component::load(&engine, compiler, cache, bytes.clone())).unwrap();
            start.elapsed().as_secs_f64() * 1000.0
        };
        // The first round warms the disk's cache and fills ours, and does not count.
        let mut figures = [const { Vec::new() }; 3];
        for round in 0..=rounds {
            let figure = [load(&in_process, None), load(&worker, None), load(&worker, Some(&cache))];
            if round > 0 {
                figures.iter_mut().zip(figure).for_each(|(all, one)| all.push(one));
            }
        }
        let [process, worker, kept] = figures.map(|all| median(&all));
        let name = path.rsplit('/').next().unwrap_or(path);
        println!(
            "| {name} | {} | {process:.1} | {worker:.1} | {:.2} | {kept:.2} | {:.3} |",
            bytes.len(),
            worker / process,
            kept / process
        );
    }
    ExitCode::SUCCESS
}
