//! Any sequence of commands has the same answers from the memory store and from SQLite, and leaves the same
//! behind; the SQLite store is closed and opened again at any point of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cmp::Reverse;
use std::fmt::Debug;
use std::future::Future;

use dormouse_core::activation::{ActivationState, After, Claim};
use dormouse_core::app::AppRecord;
use dormouse_core::completion::{Cursor, RunRecord};
use dormouse_core::explain::RefusalRecord;
use dormouse_core::ids::{AppId, Fence};
use dormouse_core::outcome::Outcome;
use dormouse_core::overlap::Refusal;
use dormouse_core::registration::RegistrationStatus;
use dormouse_core::store::exercise::fixture::{
    activation, app, at, failed, firing, node, record, registration, run,
};
use dormouse_core::store::{
    ActivationStore, AppStore, Enqueue, Finish, Journal, Reap, RegistrationStore, RunFilter, StoreError,
};
use dormouse_core::trigger::{
    SocketActivity, SocketReason, StorageChange, StorageChangeKind, TriggerDetails,
};
use dormouse_core::{AccessStatus, MemoryStore, Overlap, Timestamp};
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;
use proptest::prelude::*;

/// A step of a history. Moments are milliseconds, ids small numbers, so that they meet.
#[derive(Clone, Debug)]
enum Step {
    Save {
        of: u128,
        spent: bool,
        watermark: i64,
    },
    Remove {
        of: u128,
        now: i64,
    },
    Advance {
        of: u128,
        to: i64,
    },
    Note {
        of: u128,
        reason: Refusal,
        now: i64,
    },
    SaveApp {
        of: u128,
        access: AccessStatus,
    },
    RemoveApp {
        of: u128,
        now: i64,
    },
    Enqueue {
        of: u128,
        key: u8,
        overlap: Overlap,
        claim: Option<Claim>,
        watermark: Option<i64>,
        spend: bool,
        now: i64,
    },
    Claim {
        of: u128,
        claim: Claim,
    },
    Renew {
        held: Vec<(u128, u64)>,
        until: i64,
    },
    Finish {
        of: u128,
        honest: bool,
        run: u128,
        fence: u64,
        after: After,
        success: bool,
        now: i64,
    },
    Reap {
        node: Option<u128>,
        before: i64,
        now: i64,
        limit: usize,
    },
    Commit {
        to: u64,
    },
    Reopen,
}

/// How many activations a history makes at most: one for each step.
const STEPS: usize = 48;

/// The app of registration `of`: the first two share one.
fn app_of(of: u128) -> AppId {
    if of < 3 { app() } else { AppId::new("org.example.other").unwrap() }
}

fn overlap() -> impl Strategy<Value = Overlap> {
    prop_oneof![
        Just(Overlap::Coalesce),
        Just(Overlap::KeepLatest),
        Just(Overlap::Refuse),
        (1u32..4).prop_map(|max| Overlap::Queue { max }),
        (1u32..4).prop_map(|max| Overlap::Parallel { max }),
    ]
}

fn claim() -> impl Strategy<Value = Claim> {
    (0u128..6, 1u128..3, 0i64..50, 0i64..30).prop_map(|(r, n, now, span)| Claim {
        run: run(r),
        node: node(n),
        at: at(now),
        until: at(now + span),
    })
}

fn after() -> impl Strategy<Value = After> {
    prop_oneof![
        3 => Just(After::End),
        1 => (0i64..50).prop_map(|t| After::Retry { not_before: at(t) }),
        1 => Just(After::Again),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let of = 1u128..4;
    let target = 1..=(STEPS as u128) / 2;
    prop_oneof![
        2 => (of.clone(), prop::bool::weighted(0.1), 0i64..50)
            .prop_map(|(of, spent, watermark)| Step::Save { of, spent, watermark }),
        1 => (of.clone(), 0i64..50).prop_map(|(of, now)| Step::Remove { of, now }),
        1 => (of.clone(), 0i64..50).prop_map(|(of, to)| Step::Advance { of, to }),
        2 => (of.clone(), prop::sample::select(vec![Refusal::Spent, Refusal::DeniedByUser]), 0i64..50)
            .prop_map(|(of, reason, now)| Step::Note { of, reason, now }),
        1 => (of.clone(), prop::sample::select(AccessStatus::ALL.to_vec()))
            .prop_map(|(of, access)| Step::SaveApp { of, access }),
        1 => (of.clone(), 0i64..50).prop_map(|(of, now)| Step::RemoveApp { of, now }),
        10 => (
            of, 0u8..12, overlap(), prop::option::of(claim()), prop::option::of(0i64..50),
            prop::bool::weighted(0.05), 0i64..50,
        )
            .prop_map(|(of, key, overlap, claim, watermark, spend, now)| Step::Enqueue {
                of, key, overlap, claim, watermark, spend, now,
            }),
        6 => (target.clone(), claim()).prop_map(|(of, claim)| Step::Claim { of, claim }),
        2 => (prop::collection::vec((target.clone(), 0u64..3), 0..4), 0i64..90)
            .prop_map(|(held, until)| Step::Renew { held, until }),
        8 => (target, prop::bool::weighted(0.8), 0u128..6, 0u64..3, after(), any::<bool>(), 0i64..50)
            .prop_map(|(of, honest, run, fence, after, success, now)| Step::Finish {
                of, honest, run, fence, after, success, now,
            }),
        2 => (prop::option::of(1u128..3), 0i64..90, 0i64..90, 0usize..4)
            .prop_map(|(node, before, now, limit)| Step::Reap { node, before, now, limit }),
        1 => (0u64..9).prop_map(|to| Step::Commit { to }),
        1 => Just(Step::Reopen),
    ]
}

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

struct Pair {
    memory: MemoryStore,
    sqlite: Option<SqliteStore>,
    directory: tempfile::TempDir,
    /// Activations get their ids in this order; the last one given.
    made: u128,
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
        Self { memory: MemoryStore::new(), sqlite, directory, made: 0 }
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
                same!(self, save_app(AppRecord { app: app_of(of), access, package: None }));
            }
            Step::RemoveApp { of, now } => same!(self, remove_app(&app_of(of), at(now))),
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
            Step::Finish { of, honest, run: of_run, fence, after, success, now } => {
                let mut ended = RunRecord {
                    run: run(of_run),
                    activation: activation(of),
                    registration: registration(1),
                    app: app(),
                    attempt: 1,
                    fence: Fence(fence),
                    started_at: at(now),
                    ended_at: at(now),
                    outcome: if success { Outcome::Succeeded } else { failed() },
                    receipt: Default::default(),
                };
                if honest && let Some(known) = self.memory.activation(activation(of)).await.unwrap() {
                    (ended.registration, ended.fence) = (known.registration, known.fence);
                    if let ActivationState::Running(running) = known.state {
                        ended.run = running.run;
                    }
                }
                same!(self, finish(Finish { run: ended.clone(), after: after.clone() }));
            }
            Step::Reap { node: of_node, before, now, limit } => {
                let ask = Reap { node: of_node.map(node), ended_before: at(before) };
                same!(self, reap(ask, at(now), limit));
            }
            Step::Commit { to } => same!(self, commit_cursor("reader", Cursor(to))),
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
            same(refusals(&self.memory, of), refusals(self.sqlite.as_ref().unwrap(), of)).await;
            same!(self, runs(RunFilter { registration: Some(registration(of)), activation: None }, 5));
        }
        for n in 1..=self.made {
            same!(self, activation(activation(n)));
            same!(self, completion(activation(n)));
            same!(self, runs(RunFilter { registration: None, activation: Some(activation(n)) }, 99));
        }
        same!(self, runs(RunFilter::default(), 99));
        same!(self, completions(Cursor(0), 99));
        same!(self, completions(Cursor(3), 2));
        same!(self, head());
        same!(self, cursor("reader"));
        same!(self, next_backoff(Timestamp::MAX));
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
            pair.look().await;
        });
    }
}
