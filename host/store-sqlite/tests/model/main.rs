//! Any sequence of commands has the same answers from the memory store and from SQLite, and leaves the same
//! behind; the SQLite store is closed and opened again at any point of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use dormouse_core::activation::ActivationState;
use dormouse_core::app::AppRecord;
use dormouse_core::app::previous::AppStateRecord;
use dormouse_core::completion::{Cursor, RunOutput, RunRecord};
use dormouse_core::explain::RefusalRecord;
use dormouse_core::ids::{AppId, Fence};
use dormouse_core::outcome::OutcomeKind;
use dormouse_core::registration::RegistrationStatus;
use dormouse_core::store::exercise::fixture::{activation, app, at, firing, node, record, registration, run};
use dormouse_core::store::{
    ActivationStore, AppStateStore, AppStore, DeadLetterFilter, Enqueue, Finish, History, Journal, Reap,
    RegistrationStore, RunFilter, StoreError, WebhookStore,
};
use dormouse_core::trigger::{
    SocketActivity, SocketReason, StorageChange, StorageChangeKind, TriggerDetails,
};
use dormouse_core::webhook::{Secret, Undelivered, Webhook};
use dormouse_core::{MemoryStore, Timestamp};
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;
use proptest::prelude::*;

mod step;

use step::{STEPS, Step, app_of, outcome, step};

fn details(key: u8) -> TriggerDetails {
    if key.is_multiple_of(4) {
        return TriggerDetails::Socket(SocketActivity {
            reason: SocketReason::SocketActivity,
            socket_id: key.to_string(),
            peer: "[::1]:7007".to_owned(),
            payload: vec![key; 300],
        });
    }
    let change = StorageChange { kind: StorageChangeKind::Created, path: key.to_string() };
    TriggerDetails::StorageChanges(vec![change])
}

/// Those of registration `of`, the newest first; of those of one moment no order is promised.
async fn refusals(store: &impl RegistrationStore, of: u128) -> Result<Vec<RefusalRecord>, StoreError> {
    let mut refusals = store.refusals(registration(of)).await?;
    assert!(refusals.is_sorted_by_key(|refusal| Reverse(refusal.last_at)), "{refusals:?}");
    refusals.sort_by_key(|refusal| (Reverse(refusal.last_at), refusal.reason.to_string()));
    Ok(refusals)
}

const HOOK: &str = "hook";

struct Pair {
    memory: MemoryStore,
    sqlite: Option<SqliteStore>,
    directory: tempfile::TempDir,
    /// Activations get their ids in this order; the last one given.
    made: u128,
    /// Runs whose ids were used twice, by the number of their id. An id that was is nobody's, also when one of them is let
    /// go of.
    used_twice: BTreeSet<u128>,
}

/// The same call on both; their answers must be equal. Errors need only be errors on both sides.
async fn same<T: PartialEq + Debug>(
    memory: impl Future<Output = Result<T, StoreError>>,
    sqlite: impl Future<Output = Result<T, StoreError>>,
) {
    match (memory.await, sqlite.await) {
        (Ok(memory), Ok(sqlite)) => assert_eq!(memory, sqlite, "memory, sqlite"),
        (memory, sqlite) => assert!(memory.is_err() && sqlite.is_err(), "{memory:?}, {sqlite:?}"),
    }
}

macro_rules! same {
    ($pair:expr, $($call:tt)*) => {
        same($pair.memory.$($call)*, $pair.sqlite.as_ref().unwrap().$($call)*).await
    };
}

impl Pair {
    fn new() -> Self {
        // In memory where there is such a place: what is compared here is logic, not disks.
        let shared_memory = std::path::Path::new("/dev/shm");
        let directory =
            if shared_memory.is_dir() { tempfile::tempdir_in(shared_memory) } else { tempfile::tempdir() };
        let directory = directory.unwrap();
        let sqlite = Some(SqliteStore::open(directory.path()).unwrap());
        Self { memory: MemoryStore::new(), sqlite, directory, made: 0, used_twice: BTreeSet::new() }
    }

    async fn take(&mut self, step: &Step, again: bool) {
        match step.clone() {
            Step::Save { of, spent, watermark } => {
                let mut record = record(of);
                record.registration.app = app_of(of);
                record.watermark = at(watermark);
                if spent {
                    record.status = RegistrationStatus::Spent;
                }
                same!(self, save_registration(record.clone()));
            }
            Step::Remove { of, now } => same!(self, remove_registration(registration(of), at(now))),
            Step::Advance { of, to } => same!(self, advance_watermark(registration(of), at(to))),
            Step::Note { of, reason, now } => same!(self, note_refusal(registration(of), reason, at(now))),
            Step::SaveApp { of, access } => {
                same!(self, save_app(AppRecord::new(app_of(of), access)));
            }
            Step::RemoveApp { of, now } => same!(self, remove_app(&app_of(of), at(now))),
            Step::ForgetApp { of } => same!(self, forget_app(&app_of(of))),
            Step::Enqueue { of, key, overlap, claim, watermark, spend, now } => {
                if !again {
                    self.made += 1;
                }
                let mut firing = firing(self.made, of, now);
                firing.key = key.to_string();
                firing.details = details(key);
                firing.stands_for = u32::from(key % 3);
                firing.scheduled_for = (key % 2 == 0).then(|| at(now));
                let ask = Enqueue { firing, overlap, claim, watermark: watermark.map(at), spend };
                same!(self, enqueue(ask.clone()));
            }
            Step::Claim { of, claim } => same!(self, claim(activation(of), claim)),
            Step::Renew { held, until } => {
                let held: Vec<_> = held.into_iter().map(|(n, fence)| (activation(n), Fence(fence))).collect();
                same!(self, renew(&held, at(until)));
            }
            Step::Finish { of, honest, run: of_run, fence, after, outcome: ends, output, now } => {
                let mut ended = RunRecord {
                    run: run(of_run),
                    activation: activation(of),
                    registration: registration(1),
                    app: app(),
                    attempt: 1,
                    fence: Fence(fence),
                    started_at: at(now),
                    ended_at: at(now),
                    outcome: outcome(ends),
                    receipt: Default::default(),
                };
                if honest && let Some(known) = self.memory.activation(activation(of)).await.unwrap() {
                    (ended.registration, ended.app, ended.fence) =
                        (known.registration, known.app, known.fence);
                    if let ActivationState::Running(running) = known.state {
                        ended.run = running.run;
                    }
                }
                let ended = Arc::new(ended);
                let wrote = RunOutput { stdout: vec![output; output.into()], stderr: vec![] };
                let output = (output > 0).then(|| Arc::new(wrote));
                same!(
                    self,
                    finish(Finish { run: Arc::clone(&ended), after: after.clone(), output: output.clone() })
                );
            }
            Step::Reap { node: of_node, before, now, limit } => {
                let ask = Reap { node: of_node.map(node), fell: true, ended_before: at(before) };
                same!(self, reap(ask, at(now), limit));
            }
            Step::Forgive { of } => same!(self, forgive(registration(of))),
            Step::Redrive { of, now } => {
                if !again {
                    self.made += 1;
                }
                same!(self, redrive(activation(of), activation(self.made), at(now)));
            }
            Step::Discard { of } => same!(self, discard(activation(of))),
            Step::Prune(ask) => {
                self.note_used_twice().await;
                same!(self, prune(ask));
            }
            Step::Commit { by, to } => same!(self, commit_cursor(by, Cursor(to))),
            Step::Forget { who } => same!(self, remove_subscriber(who)),
            Step::PutAppState { of, kept, prelaunch, now } => {
                let record = AppStateRecord { app: app_of(of), kept, at: at(now), prelaunch };
                same!(self, put_app_state(record.clone()));
            }
            Step::SaveWebhook { url } => {
                let webhook = Webhook {
                    name: HOOK.to_owned(),
                    url: format!("https://example.org/{url}"),
                    secret: Secret::new("a secret".to_owned()),
                    app: Some(app()),
                    registration: None,
                    created_at: at(1),
                };
                same!(self, save_webhook(webhook.clone()));
            }
            Step::RemoveWebhook => same!(self, remove_webhook(HOOK)),
            Step::NoteUndelivered { cursor, attempts } => {
                let undelivered = Undelivered {
                    webhook: HOOK.to_owned(),
                    cursor: Cursor(cursor),
                    activation: activation(1),
                    attempts,
                    error: "no answer".to_owned(),
                    at: at(2),
                };
                same!(self, note_undelivered(undelivered.clone()));
            }
            Step::RemoveUndelivered { cursor } => same!(self, remove_undelivered(HOOK, Cursor(cursor))),
            Step::Reopen => {
                self.sqlite = None;
                self.sqlite = Some(SqliteStore::open(self.directory.path()).unwrap());
            }
        }
    }

    async fn look(&self) {
        same!(self, registrations());
        same!(self, apps());
        for now in [0, 25, 100] {
            same!(self, pending(at(now), None, 99));
            same!(self, pending(at(now), Some((at(20), activation(9))), 3));
            same!(self, next_backoff(at(now)));
        }
        for of in 1..4 {
            same!(self, counts(registration(of)));
            same!(self, app_state(&app_of(of)));
            same(refusals(&self.memory, of), refusals(self.sqlite.as_ref().unwrap(), of)).await;
        }
        for n in 1..=self.made {
            same!(self, activation(activation(n)));
            same!(self, completion(activation(n)));
            same!(self, runs(RunFilter { activation: Some(activation(n)), ..RunFilter::default() }, 99));
        }
        self.look_at_history().await;
        same!(self, completions(Cursor(0), 99));
        same!(self, completions(Cursor(3), 2));
        same!(self, head());
        same!(self, floor());
        same!(self, cursor("reader"));
        same!(self, subscribers());
        same!(self, webhooks());
        same!(self, undelivered(HOOK, 99));
        same!(self, undelivered(HOOK, 1));
        same!(self, next_backoff(Timestamp::MAX));
    }

    async fn look_at_history(&self) {
        for registration in [None, Some(registration(1)), Some(registration(3))] {
            for app in [None, Some(app()), Some(AppId::new("org.example.nobody").unwrap())] {
                for outcome in [None, Some(OutcomeKind::Succeeded), Some(OutcomeKind::Failed)] {
                    let filter =
                        RunFilter { registration, app: app.clone(), outcome, ..RunFilter::default() };
                    self.look_at_runs(filter).await;
                }
                let letters = DeadLetterFilter { registration, app: app.clone(), before: None };
                same!(self, dead_letters(letters.clone(), 99));
                let all = self.memory.dead_letters(letters.clone(), 99).await.unwrap();
                for letter in all {
                    let ActivationState::Ended { at, .. } = letter.state else { panic!("it has ended") };
                    let behind = DeadLetterFilter { before: Some((at, letter.id)), ..letters.clone() };
                    same!(self, dead_letters(behind.clone(), 2));
                }
            }
        }
        same!(self, totals());
        for n in (0..6).filter(|n| !self.used_twice.contains(n)) {
            same!(self, run(run(n)));
            same!(self, output(run(n)));
        }
    }

    async fn note_used_twice(&mut self) {
        let all = self.memory.runs(RunFilter::default(), 999).await.unwrap();
        let times = |n: &u128| all.iter().filter(|listed| listed.run.run == run(*n)).count();
        self.used_twice.extend((0..6).filter(|n| times(n) > 1));
    }

    /// The whole list, its pages, and pieces between two moments.
    async fn look_at_runs(&self, filter: RunFilter) {
        same!(self, runs(filter.clone(), 99));
        let mut page = filter.clone();
        loop {
            same!(self, runs(page.clone(), 3));
            match self.memory.runs(page.clone(), 3).await.unwrap().last() {
                Some(last) => page.before = Some(last.place()),
                None => break,
            }
        }
        for (since, until) in [(None, Some(at(20))), (Some(at(20)), None), (Some(at(10)), Some(at(30)))] {
            same!(self, runs(RunFilter { since, until, ..filter.clone() }, 99));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_the_same_in_both_stores(
        steps in prop::collection::vec((step(), prop::bool::weighted(0.2)), 1..STEPS),
    ) {
        block_on(async {
            let mut pair = Pair::new();
            for of in 1..3 {
                pair.take(&Step::Save { of, spent: false, watermark: 0 }, false).await;
            }
            for (step, twice) in &steps {
                pair.take(step, false).await;
                if *twice {
                    pair.take(step, true).await;
                }
            }
            pair.note_used_twice().await;
            pair.look().await;
        });
    }
}
