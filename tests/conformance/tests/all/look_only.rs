//! A host that only answers questions leaves everything as it is.

use dormouse::testing::Rig;
use dormouse::{
    AccessStatus, App, AppId, FireError, HostBuilder, HostError, IfExists, Message, SubscribeError,
    SystemEvent,
};
use dormouse_core::Cursor;
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, abort, application, component, ready};

/// Commands of a store that change nothing.
const READS: [&str; 21] = [
    "registrations",
    "refusals",
    "apps",
    "pending",
    "next_backoff",
    "activation",
    "waiting",
    "counts",
    "runs",
    "run",
    "output",
    "dead_letters",
    "totals",
    "completions",
    "completion",
    "head",
    "cursor",
    "floor",
    "quotas",
    "settings",
    "setting_names",
];

fn look_only(builder: HostBuilder) -> HostBuilder {
    builder.read_only()
}

#[test]
fn it_answers_every_question_and_asks_its_store_to_change_nothing() {
    let lives = Lives::new();
    let id = lives.crash(|b| b, None);
    let (ended, cursor) = lives.life(
        |b| b,
        async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            rig.host.subscribe("log").await.unwrap();
            let other = AppId::new("other").unwrap();
            let task = rig.component(&component(programs::RUN_RETURNS_OK));
            rig.host.install(App::new(other.clone()).entry_point("main", task)).unwrap();
            let made = rig.host.register(&other, application(), IfExists::default()).await.unwrap();
            let completion = rig.fire(made.id, "").await;
            (completion.run.activation, completion.cursor)
        },
    );
    let before = lives.store.calls().len();
    lives.life(look_only, async |rig| {
        rig.advance(SECOND * 300).await;
        assert!(rig.host.is_read_only());
        assert_eq!(rig.host.registrations().len(), 2);
        let explanation = rig.host.explain(id).await.unwrap().unwrap();
        assert_eq!(explanation.history.len(), 1, "nothing was reaped: {:?}", explanation.history);
        let runs = rig.host.runs(Default::default(), 10).await.unwrap();
        assert_eq!(rig.host.run(runs[0].run.run).await.unwrap().as_ref(), Some(&runs[0]));
        assert_eq!(rig.host.output(runs[0].run.run).await.unwrap(), None);
        assert_eq!(rig.host.completed(ended).await.unwrap().cursor, cursor);
        assert_eq!(rig.host.completions(Cursor::default(), 10).await.unwrap().len(), 1);
        let mut log = rig.host.subscribe("log").await.unwrap();
        assert_eq!(log.next_completion().await.unwrap().cursor, cursor);
        assert_eq!((rig.host.stats().registrations, rig.host.stats().running), (2, 0));
        rig.host.healthy(SECOND).await.unwrap();
        rig.host.shutdown(false).await;
    });
    let calls = lives.store.calls();
    let wrote: Vec<_> = calls[before..].iter().filter(|call| !READS.contains(call)).collect();
    assert_eq!(wrote, [&""; 0]);
}

#[test]
fn what_would_change_something_is_refused_by_name() {
    let lives = Lives::new();
    let (id, running) = lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            (id, rig.request(id, "60000").await)
        },
    );
    lives.life(look_only, async |rig| {
        let app = Rig::app();
        let host = &rig.host;
        let refused = |error: HostError| assert!(matches!(error, HostError::ReadOnly), "{error}");
        let task = rig.component(&component(programs::RUN_SLEEPS));
        refused(host.install(App::new(app.clone()).entry_point("main", task)).unwrap_err());
        refused(host.register(&app, application(), IfExists::default()).await.unwrap_err());
        refused(host.unregister(id, true).await.unwrap_err());
        refused(host.set_access(&app, AccessStatus::DeniedByUser).await.unwrap_err());
        refused(host.request_access(&app).await.unwrap_err());
        refused(host.remove_access(&app).await.unwrap_err());
        refused(host.release(id).await.unwrap_err());
        refused(host.redrive(running).await.unwrap_err());
        refused(host.discard(running).await.unwrap_err());
        refused(host.completed(running).await.unwrap_err());

        let refused = |error: FireError| assert!(matches!(error, FireError::ReadOnly), "{error}");
        refused(host.fire(id).await.unwrap_err());
        refused(host.request(id, "1").await.unwrap_err());
        refused(host.request_once(id, "key", "1").await.unwrap_err());
        refused(host.storage_changes(id, Vec::new()).await.unwrap_err());
        assert_eq!(host.system_event(SystemEvent::TimeZoneChange).await.unwrap(), [], "nobody waits for it");
        let message = Message { topic: "t".to_owned(), content_type: String::new(), body: Vec::new() };
        assert_eq!(host.signal(message).await.unwrap(), []);
        assert!(matches!(host.subscribe("new").await, Err(SubscribeError::ReadOnly)));
        let nothing = dormouse::RunId::from_uuid(uuid::Uuid::nil());
        assert!(!host.cancel(nothing, abort()) && !host.kill(nothing, abort()));
    });
}
