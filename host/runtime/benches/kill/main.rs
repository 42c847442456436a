//! How long a kill takes, whatever the guest does: from the decision until sandbox, memory and slot are free.
//!
//! `cargo bench -p dormouse --bench kill`; `-- --quick` for a look, `-- --only copy` for one state.
//!
//! A guest is brought into a state that it never leaves, says so, and is killed, again and again. `free` is what the
//! host measures itself and writes into the receipt: from the decision to the moment when the sandbox is dropped and its
//! slot can be taken. `heard` is the same by the clock of whoever calls `Host::kill`, up to the event of the end. `told`
//! is from a cancellation to the moment when a guest that listens hears of it.
//!
//! A compilation is killed by dropping its future; it is over when the process is gone.
//!
//! States that wait for the world outside wait on this machine: a listener that accepts nothing, a server that never ends its answer, a name that is looked up again and again.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench reads the clock, sleeps, and makes a temporary folder"
)]

mod compiling;
mod outside;

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dormouse::core::Ending;
use dormouse::{
    App, AppId, Cancellation, CancellationReason, Component, Event, EventKind, Grants, Host, IfExists,
    LimitsRequest, Observer, RegistrationId, RunId, TaskBuilder, Trigger,
};

use dormouse_bench::measure::{is_quick, only, percentile};
use outside::Outside;

/// What the guest does, what that is, and what it needs.
const STATES: [(&str, &str); 10] = [
    ("wait", "waits for its cancellation, and ignores it"),
    ("spin", "loop {}"),
    ("copy", "memory.copy of 48 MiB"),
    ("recurse", "2,000 calls deep, again and again"),
    ("sleep", "blocked in a sleep"),
    ("poll", "polls, sleeping for no time"),
    ("read", "reads a file, again and again"),
    ("connect", "connects to who does not answer"),
    ("body", "reads an answer over HTTP that does not end"),
    ("lookup", "looks up a name"),
];

/// How long a guest has to get from saying where it goes to being there.
const SETTLE: Duration = Duration::from_millis(3);

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|arg| arg == compiling::WORKER) {
        return dormouse::compile_worker();
    }
    let (quick, only) = (is_quick(), only());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let count = if quick { 10 } else { 300 };
    let outside = Outside::new();
    runtime.block_on(async {
        let subject = Subject::new(&outside).await;
        println!("{count} kills each, in ms");
        println!("{:<44} {:>26} {:>26}", "", "free: p50    p99    max", "heard: p50    p99    max");
        for (state, what) in STATES {
            if only.as_ref().is_some_and(|only| only != state) {
                continue;
            }
            let arguments = format!("{state} {}", outside.place(state));
            let (mut free, mut heard) = (Vec::new(), Vec::new());
            for _ in 0..count {
                let killed = subject.kill(&arguments).await;
                free.push(killed.ending.freed);
                heard.push(killed.heard);
            }
            println!("{what:<44} {:>26} {:>26}", figures(&free), figures(&heard));
        }
        if only.as_ref().is_none_or(|only| only == "told") {
            let mut told = Vec::new();
            for _ in 0..count {
                told.push(subject.cancel().await.ending.told.unwrap());
            }
            println!("{:<44} {:>26} {:>26}", "told: a guest that listens", figures(&told), "");
        }
        if only.is_none_or(|only| only == "compile") {
            let gone = compiling::kills(if quick { 3 } else { 30 }).await;
            println!("{:<44} {:>26} {:>26}", "a compilation, until its process is gone", "", figures(&gone));
        }
    });
    // Threads that wait for the world outside, on behalf of guests that are gone.
    runtime.shutdown_background();
    ExitCode::SUCCESS
}

/// p50, p99 and the longest, in milliseconds.
fn figures(all: &[Duration]) -> String {
    let at = |percent| percentile(all, percent).as_secs_f64() * 1e3;
    format!("{:.2} {:>6.2} {:>6.2}", at(50), at(99), at(100))
}

/// Something that a run said, and when it was heard.
struct Said {
    at: Instant,
    what: What,
}

enum What {
    Here(RunId),
    Ended(Option<Ending>),
}

struct Hearing(Mutex<Sender<Said>>);

impl Observer for Hearing {
    fn observe(&self, event: &Event) {
        let what = match &event.kind {
            EventKind::Progress { run, .. } => What::Here(*run),
            EventKind::Ended { receipt, .. } => What::Ended(receipt.ending),
            _ => return,
        };
        self.0.lock().unwrap().send(Said { at: Instant::now(), what }).unwrap();
    }
}

struct Killed {
    ending: Ending,
    heard: Duration,
}

struct Subject {
    host: Host,
    anywhere: RegistrationId,
    listens: RegistrationId,
    said: Mutex<Receiver<Said>>,
}

impl Subject {
    async fn new(outside: &Outside) -> Self {
        let (told, said) = channel();
        let host =
            Host::builder().observer(Arc::new(Hearing(Mutex::new(told)))).slots(4).start().await.unwrap();
        let of = async |name: &str, program: &str| {
            let app = AppId::new(name).unwrap();
            let component = Component::compile(host.engine(), &std::fs::read(program).unwrap()).unwrap();
            let grants = outside.grants(Grants::none());
            host.install(App::new(app.clone()).entry_point("main", component).grants(grants)).unwrap();
            let minute = Some(Duration::from_secs(60));
            // Nothing but the kill ends it.
            let limits = LimitsRequest { grace: minute, grace_cpu: minute, ..LimitsRequest::default() };
            let task =
                TaskBuilder::new(name).entry_point("main").trigger(Trigger::Application).limits(limits);
            host.register(&app, task, IfExists::Error).await.unwrap().id
        };
        let anywhere = of("anywhere", test_artifacts::CANCEL_ANYWHERE).await;
        let listens = of("listens", test_artifacts::CANCEL_WAITING).await;
        Self { host, anywhere, listens, said: Mutex::new(said) }
    }

    /// Brings a guest there, and kills it.
    async fn kill(&self, arguments: &str) -> Killed {
        let run = self.there(self.anywhere, arguments).await;
        let begun = Instant::now();
        assert!(self.host.kill(run, operator()), "it left: {arguments}");
        self.ended(begun)
    }

    /// Asks a guest to end that does.
    async fn cancel(&self) -> Killed {
        let run = self.there(self.listens, "abort").await;
        let begun = Instant::now();
        assert!(self.host.cancel(run, operator()));
        self.ended(begun)
    }

    async fn there(&self, id: RegistrationId, arguments: &str) -> RunId {
        // The one before has ended, and its end may still be being written.
        let run = loop {
            if self.host.request(id, arguments).await.unwrap().activation().is_some() {
                break self.next();
            }
            tokio::task::yield_now().await;
        };
        let What::Here(run) = run.what else { panic!("it ended before it was there: {arguments}") };
        std::thread::sleep(SETTLE);
        run
    }

    fn ended(&self, begun: Instant) -> Killed {
        loop {
            let said = self.next();
            if let What::Ended(ending) = said.what {
                return Killed { ending: ending.unwrap(), heard: said.at - begun };
            }
        }
    }

    fn next(&self) -> Said {
        self.said.lock().unwrap().recv_timeout(Duration::from_secs(60)).expect("nothing happens any more")
    }
}

fn operator() -> Cancellation {
    Cancellation::new(CancellationReason::Abort, "operator", "a measurement")
}
