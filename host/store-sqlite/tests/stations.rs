//! Where a test can end the process: each is passed once for a commit, and where it says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use dormouse_core::app::previous::{AppStateRecord, Kept};
use dormouse_core::completion::Cursor;
use dormouse_core::station;
use dormouse_core::store::exercise::fixture::{
    QUEUE, activation, ask, at, claim, firing, prune_all, register, succeeded,
};
use dormouse_core::store::{Prune, Store};
use dormouse_store_sqlite::SqliteStore;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;

/// The stations that were passed, and what somebody else saw in the store then: activations, runs, cursors.
static PASSED: Mutex<Vec<(&str, [i64; 3])>> = Mutex::new(vec![]);
static PATH: Mutex<Option<PathBuf>> = Mutex::new(None);
/// Where the writer stops inside the next batch in which an app comes to run: it says that it is there, and is told to go on.
static GATE: Mutex<Option<(Sender<()>, Receiver<()>)>> = Mutex::new(None);

fn passed(name: &'static str) {
    let path = PATH.lock().unwrap().clone();
    let seen = path.map_or([0; 3], |path| {
        let conn = rusqlite::Connection::open(path).unwrap();
        ["activation", "run", "subscriber"].map(|table| {
            conn.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
        })
    });
    PASSED.lock().unwrap().push((name, seen));
    let gate = if name == "app.running.before" { GATE.lock().unwrap().take() } else { None };
    if let Some((there, goes_on)) = gate {
        there.send(()).unwrap();
        goes_on.recv().unwrap();
    }
}

fn taken() -> Vec<(&'static str, [i64; 3])> {
    std::mem::take(&mut *PASSED.lock().unwrap())
}

#[test]
fn each_is_passed_before_and_after_its_commit() {
    station::set_hook(passed);
    let directory = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(directory.path()).unwrap();
    // Inside each step of the way from an empty file, and after it.
    assert_eq!(taken(), [("migrate", [0; 3]); 12]);

    *PATH.lock().unwrap() = Some(sqlite.path().to_owned());
    let store: Arc<dyn Store> = Arc::new(sqlite);
    block_on(async {
        register(&store, 1).await;
        assert_eq!(taken(), [], "a registration has no station");
        store.enqueue(ask(firing(1, 1, 1), QUEUE)).await.unwrap();
        assert_eq!(taken(), [("enqueue.before", [0, 0, 0]), ("enqueue.after", [1, 0, 0])]);
        let lease = store.claim(activation(1), claim(1, 1)).await.unwrap().unwrap();
        assert_eq!(
            taken().iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["claim.before", "claim.after"]
        );
        store.finish(succeeded(&lease)).await.unwrap();
        assert_eq!(taken(), [("finish.before", [1, 0, 0]), ("finish.after", [1, 1, 0])]);
        store.commit_cursor("mail", Cursor(1)).await.unwrap();
        assert_eq!(taken(), [("cursor.before", [1, 1, 0]), ("cursor.after", [1, 1, 1])]);
        let seen = async |kept| {
            let app = dormouse_core::store::exercise::fixture::app();
            let record = AppStateRecord { kept, ..AppStateRecord::new(app, at(1)) };
            store.put_app_state(record).await.unwrap();
            taken().iter().map(|(name, _)| *name).collect::<Vec<_>>()
        };
        assert_eq!(seen(None).await, [""; 0], "it never ran");
        assert_eq!(seen(Some(Kept::Running)).await, ["app.running.before", "app.running.after"]);
        for ended in [Kept::NotRunning, Kept::Terminated, Kept::ClosedByUser] {
            assert_eq!(seen(Some(ended)).await, ["app.ended.before", "app.ended.after"]);
        }
        let all = Prune { unread_before: at(0), ..prune_all(at(99), 9) };
        store.prune(all).await.unwrap();
        assert_eq!(taken(), [("prune.before", [1, 1, 1]), ("prune.after", [0, 0, 1])]);

        // A batch passes each kind once, however many commands it holds: these gather while the writer has another one.
        let (there, is_there) = channel();
        let (go_on, goes_on) = channel();
        *GATE.lock().unwrap() = Some((there, goes_on));
        let app = dormouse_core::store::exercise::fixture::app();
        let running = AppStateRecord { kept: Some(Kept::Running), ..AppStateRecord::new(app, at(1)) };
        let mut first = store.put_app_state(running);
        assert!((&mut first).now_or_never().is_none());
        is_there.recv().unwrap();
        let mut firings = join_all((2..9).map(|n| store.enqueue(ask(firing(n, 1, 1), QUEUE))));
        let mut cursor = store.commit_cursor("mail", Cursor(1));
        assert!((&mut firings).now_or_never().is_none() && (&mut cursor).now_or_never().is_none());
        go_on.send(()).unwrap();
        first.await.unwrap();
        cursor.await.unwrap();
        let answers = firings.await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let names: Vec<_> = taken().into_iter().map(|(name, _)| name).collect();
        let of = |kind: &str| names.iter().filter(|name| name.starts_with(kind)).copied().collect::<Vec<_>>();
        assert_eq!(of("enqueue"), ["enqueue.before", "enqueue.after"]);
        assert_eq!(of("cursor"), ["cursor.before", "cursor.after"]);
    });
}
