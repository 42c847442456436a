//! A quiet task beside eight that spin: how long it takes from the request to its end, alone and beside them.
//!
//! `cargo bench -p dormouse --bench fairness`; `-- --quick` for a look.
//!
//! The quiet task returns at once. Each spinner is an app of its own, and a registration with a budget that it does not
//! reach; together they want more threads than there are. All are measured in turns, in one process. The first requests
//! beside the spinners are a row of their own: until they are known for what they are, they are in the quick lane.
//! Requests come one behind the other, for longer than a thread keeps its core beside others; and, in rows of their own,
//! each after a rest, so that whoever asks has to be given a core first.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::time::{Duration, Instant};

use dormouse::{
    App, AppId, Cancellation, CancellationReason, Component, Host, IfExists, RegistrationId, RunId,
    TaskBuilder, Trigger,
};
use dormouse_bench::measure::{is_quick, percentile};

const SPINNERS: usize = 8;
const NONE: Duration = Duration::ZERO;
const REST: Duration = Duration::from_millis(1);

fn main() {
    let (rounds, each) = if is_quick() { (1, 500) } else { (10, 5_000) };
    let rested = each / 20;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let host = Host::builder().slots(64).start().await.unwrap();
        let quiet = register(&host, "quiet", test_artifacts::RUN_RETURNS_OK).await;
        let mut spinners = Vec::new();
        for n in 0..SPINNERS {
            spinners.push(register(&host, &format!("spinner{n}"), test_artifacts::CANCEL_SPIN).await);
        }
        let [mut alone, mut begin, mut beside, mut alone_rested, mut beside_rested] =
            std::array::from_fn(|_| Vec::new());
        for _ in 0..rounds {
            alone.extend(latencies(&host, quiet, each, NONE).await);
            alone_rested.extend(latencies(&host, quiet, rested, REST).await);
            for spinner in &spinners {
                assert!(host.request(*spinner, []).await.unwrap().activation().is_some());
            }
            while host.running().len() < SPINNERS {
                tokio::task::yield_now().await;
            }
            begin.extend(latencies(&host, quiet, each / 100, NONE).await);
            beside.extend(latencies(&host, quiet, each, NONE).await);
            beside_rested.extend(latencies(&host, quiet, rested, REST).await);
            assert_eq!(host.running().len(), SPINNERS, "one has reached its budget");
            end(&host).await;
        }
        println!("from the request to the end of a task that returns at once, in us");
        println!("{:<24} {:>8} {:>8} {:>8} {:>8}", "", "times", "p50", "p99", "max");
        let rows = [
            ("alone", &alone, &alone),
            ("while eight begin", &begin, &alone),
            ("beside eight", &beside, &alone),
            ("rested, alone", &alone_rested, &alone_rested),
            ("rested, beside eight", &beside_rested, &alone_rested),
        ];
        for (name, all, alone) in rows {
            let [p50, p99, max] = [50, 99, 100].map(|percent| at(all, percent));
            println!("{name:<24} {:>8} {p50:>8} {p99:>8} {max:>8}", all.len());
            let [p50, p99, max] =
                [50, 99, 100].map(|percent| at(all, percent) as f64 / at(alone, percent) as f64);
            println!("{:<24} {:>8} {p50:>8.2} {p99:>8.2} {max:>8.2}", "  of alone", "");
        }
    });
}

/// Microseconds.
fn at(all: &[Duration], percent: usize) -> u128 {
    percentile(all, percent).as_micros()
}

/// Of `count` requests, before each of which whoever asks has slept for `rest`.
async fn latencies(host: &Host, quiet: RegistrationId, count: usize, rest: Duration) -> Vec<Duration> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        let begun = Instant::now();
        let fired = host.request(quiet, []).await.unwrap();
        let completion = host.completed(fired.activation().unwrap()).await.unwrap();
        all.push(begun.elapsed());
        assert!(completion.run.outcome.is_success());
    }
    all
}

/// Takes all spinners down.
async fn end(host: &Host) {
    let running: Vec<(RunId, _, _)> = host.running();
    for (run, _, _) in &running {
        host.kill(*run, Cancellation::new(CancellationReason::Abort, "operator", "a measurement"));
    }
    for (_, activation, _) in running {
        host.completed(activation).await.unwrap();
    }
}

async fn register(host: &Host, name: &str, program: &str) -> RegistrationId {
    let app = AppId::new(name).unwrap();
    let component = Component::compile(host.engine(), &std::fs::read(program).unwrap()).unwrap();
    host.install(App::new(app.clone()).entry_point("main", component)).unwrap();
    let task = TaskBuilder::new(name).entry_point("main").trigger(Trigger::Application);
    host.register(&app, task, IfExists::Error).await.unwrap().id
}
