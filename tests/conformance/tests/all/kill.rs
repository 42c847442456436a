//! A kill takes a guest down wherever it is, and it is measured how long that and all before it took.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    App, Component, Engine, EngineConfig, Event, EventKind, Host, IfExists, LimitsRequest, Observer, Outcome,
    RegistrationId, RunId,
};
use dormouse_core::Ending;
use test_artifacts as programs;

use crate::{SECOND, abort, application, component, ready};

/// How long a test waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// Hears of runs that say where they are.
struct Here(Mutex<Sender<RunId>>);

impl Observer for Here {
    fn observe(&self, event: &Event) {
        if let EventKind::Progress { run, .. } = event.kind {
            let _ = self.0.lock().unwrap().send(run);
        }
    }
}

async fn real(program: &str, tick: Duration) -> (Host, RegistrationId, Receiver<RunId>) {
    let (tell, here) = channel();
    let engine = Engine::new(&EngineConfig { slots: 1, tick, ..EngineConfig::default() }).unwrap();
    let builder = Host::builder().observer(Arc::new(Here(Mutex::new(tell))));
    let host = builder.engine(engine).slots(1).start().await.unwrap();
    let component = Component::compile(host.engine(), &component(program)).unwrap();
    host.install(App::new(Rig::app()).entry_point("main", component)).unwrap();
    // Nothing but the kill ends it.
    let minute = Some(Duration::from_secs(60));
    let limits = LimitsRequest { grace: minute, grace_cpu: minute, ..LimitsRequest::default() };
    let id = host.register(&Rig::app(), application().limits(limits), IfExists::Error).await.unwrap().id;
    (host, id, here)
}

#[test]
pub(crate) fn cancel_anywhere() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (host, id, here) = real(programs::CANCEL_ANYWHERE, EngineConfig::default().tick).await;
        for state in ["wait", "spin", "copy", "recurse", "sleep", "poll", "write"] {
            let fired = host.request(id, state).await.unwrap();
            let run = here.recv_timeout(PATIENCE).unwrap();
            assert!(host.cancel(run, abort()), "{state}");
            assert!(host.kill(run, abort()), "{state}: it has a minute of grace, and does not listen");
            let completion = host.completed(fired.activation().unwrap()).await.unwrap();
            let outcome = &completion.run.outcome;
            assert!(matches!(outcome, Outcome::Canceled { forced: true, .. }), "{state}: {outcome}");
            let ending = completion.run.receipt.ending.unwrap();
            assert!(ending.ended < Duration::from_secs(60), "{state}: the grace was waited for");
            assert_eq!(host.stats().slots_taken, 0, "{state}: its slot is free when anyone hears of its end");
        }
    });
}

#[test]
fn a_guest_that_computes_is_killed_at_once_and_not_at_the_next_tick() {
    const KILLS: usize = 5;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (host, id, here) = real(programs::CANCEL_ANYWHERE, SECOND).await;
        let mut at_once = 0;
        for _ in 0..KILLS {
            let fired = host.request(id, "spin").await.unwrap();
            let run = here.recv_timeout(PATIENCE).unwrap();
            let ticks = host.engine().ticks();
            assert!(host.kill(run, abort()));
            host.completed(fired.activation().unwrap()).await.unwrap();
            at_once += usize::from(host.engine().ticks() == ticks);
        }
        // A tick may come by chance.
        assert!(at_once > KILLS / 2, "{at_once} of {KILLS} without a tick, which are a second apart");
    });
}

#[test]
fn a_receipt_says_when_the_guest_heard_when_it_ended_and_nothing_if_nobody_asked() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::CANCEL_WAITING).await;
        let activation = rig.request(id, "abort").await;
        let run = rig.started(id).await;
        rig.advance(SECOND).await;
        assert!(rig.host.cancel(run, abort()));
        let ending = rig.completed(activation).await.run.receipt.ending;
        // Of simulated time none has passed.
        let at_once = Ending { told: Some(Duration::ZERO), ended: Duration::ZERO, freed: Duration::ZERO };
        assert_eq!(ending, Some(at_once));

        rig.install(&component(programs::CANCEL_IGNORED));
        let activation = rig.request(id, "").await;
        let run = rig.host.running()[0].0;
        assert!(rig.host.cancel(run, abort()));
        let ending = rig.completed(activation).await.run.receipt.ending.unwrap();
        assert_eq!((ending.told, ending.ended), (Some(Duration::ZERO), 5 * SECOND), "it had its grace");

        rig.install(&component(programs::RUN_RETURNS_OK));
        assert_eq!(rig.fire(id, "").await.run.receipt.ending, None);

        let stats = rig.host.stats();
        assert_eq!((stats.told.count, stats.ended.count), (2, 2));
        assert_eq!((stats.freed.count, stats.released.count), (2, 2));
        assert_eq!((stats.ended.max, stats.ended.sum), (5 * SECOND, 5 * SECOND));
        let within = |bound| stats.ended.within.iter().find(|(at, _)| *at == bound).map(|(_, count)| *count);
        assert_eq!((within(SECOND), within(5 * SECOND)), (Some(1), Some(2)));
    });
}
