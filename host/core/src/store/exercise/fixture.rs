//! Small values to fill a store with. Ids are numbers, moments are milliseconds.

use std::sync::Arc;

use uuid::Uuid;

use crate::activation::{Activation, After, Claim, Firing, Lease};
use crate::completion::{Completion, RunRecord};
use crate::ids::{ActivationId, AppId, NodeId, RegistrationId, RunId};
use crate::outcome::{Cancellation, CancellationReason, Outcome, Receipt, TaskFailure};
use crate::overlap::Overlap;
use crate::registration::{Registration, RegistrationRecord};
use crate::retry::RetryPolicy;
use crate::store::{Enqueue, Enqueued, Finish, Finished, Prune, RunFilter, Store};
use crate::time::Timestamp;
use crate::trigger::{Trigger, TriggerDetails};

/// A queue that is never full in a test.
pub const QUEUE: Overlap = Overlap::Queue { max: 1000 };

/// The moment `millis` after the epoch.
#[must_use]
pub const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Lets go of everything that was over before `before`, read or not, `limit` at a time.
#[must_use]
pub const fn prune_all(before: Timestamp, limit: usize) -> Prune {
    Prune {
        ended_before: before,
        spare_after: None,
        keep_runs: 0,
        unread_before: before,
        spare_unread_after: None,
        withdrawn_before: before,
        limit,
    }
}

/// Registration number `n`.
#[must_use]
pub const fn registration(n: u128) -> RegistrationId {
    RegistrationId::from_uuid(Uuid::from_u128(n))
}

/// Activation number `n`.
#[must_use]
pub const fn activation(n: u128) -> ActivationId {
    ActivationId::from_uuid(Uuid::from_u128(n))
}

/// Run number `n`.
#[must_use]
pub const fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(n))
}

/// Node number `n`.
#[must_use]
pub const fn node(n: u128) -> NodeId {
    NodeId::from_uuid(Uuid::from_u128(n))
}

/// The app of all registrations here.
///
/// # Panics
///
/// Never: the name is valid.
#[must_use]
pub fn app() -> AppId {
    AppId::new("org.example.feeds").expect("the name is valid")
}

/// Another app.
///
/// # Panics
///
/// Never: the name is valid.
#[must_use]
pub fn other_app() -> AppId {
    AppId::new("org.example.other").expect("the name is valid")
}

/// An active registration, made at the epoch.
#[must_use]
pub fn record(n: u128) -> RegistrationRecord {
    let registration = Registration {
        id: registration(n),
        app: app(),
        group: None,
        name: format!("registration {n}"),
        entry_point: Some("refresh".to_owned()),
        trigger: Trigger::Application,
        conditions: vec![],
        cancel_on_condition_loss: false,
        overlap: QUEUE,
        limits: None,
        retry: RetryPolicy::none(),
        env: vec![("LANG".to_owned(), "C".to_owned())],
        args: vec!["--quick".to_owned()],
        registered_at: Timestamp::EPOCH,
    };
    RegistrationRecord::new(registration, Timestamp::EPOCH)
}

/// A cancellation for `reason`.
#[must_use]
pub fn canceled(reason: CancellationReason) -> Outcome {
    Outcome::Canceled { cancellation: Cancellation::new(reason, "test", ""), forced: false }
}

/// A firing of registration `of` at `millis`, that would make activation `n`; its key is `n` as well.
#[must_use]
pub fn firing(n: u128, of: u128, millis: i64) -> Firing {
    Firing {
        id: activation(n),
        registration: registration(of),
        app: app(),
        key: n.to_string(),
        details: TriggerDetails::Application(n.to_string().into_bytes()),
        stands_for: 1,
        scheduled_for: None,
        fired_at: at(millis),
    }
}

/// A plain wish to enqueue.
#[must_use]
pub const fn ask(firing: Firing, overlap: Overlap) -> Enqueue {
    Enqueue { firing, overlap, claim: None, watermark: None, spend: false }
}

/// A claim for run `n` by node 1 at `millis`, for a second.
#[must_use]
pub const fn claim(n: u128, millis: i64) -> Claim {
    Claim { run: run(n), node: node(1), at: at(millis), until: at(millis + 1000) }
}

/// How the run of `lease` ended, a millisecond after its firing.
#[must_use]
pub fn ended(lease: &Lease, outcome: Outcome) -> RunRecord {
    let activation = &lease.activation;
    RunRecord {
        run: lease.run,
        activation: activation.id,
        registration: activation.registration,
        app: activation.app.clone(),
        attempt: activation.attempt(),
        fence: lease.fence,
        started_at: activation.fired_at,
        ended_at: activation.fired_at + std::time::Duration::from_millis(1),
        outcome,
        receipt: Receipt { progress: Some(100), stdout_bytes: 7, ..Receipt::default() },
    }
}

/// A failure.
#[must_use]
pub fn failed() -> Outcome {
    Outcome::Failed(TaskFailure { message: "no feed".to_owned(), retry_after: None })
}

/// The end of `lease`, with success.
#[must_use]
pub fn succeeded(lease: &Lease) -> Finish {
    Finish::new(ended(lease, Outcome::Succeeded), After::End)
}

/// Saves registration `n`.
///
/// # Panics
///
/// If the store fails.
pub async fn register(store: &Arc<dyn Store>, n: u128) {
    store.save_registration(record(n)).await.expect("the store works");
}

/// Saves registration `n`, of [`other_app`].
///
/// # Panics
///
/// If the store fails.
pub async fn register_other(store: &Arc<dyn Store>, n: u128) {
    let mut theirs = record(n);
    theirs.registration.app = other_app();
    store.save_registration(theirs).await.expect("the store works");
}

/// Enqueues.
///
/// # Panics
///
/// If the store fails.
pub async fn enqueue(store: &Arc<dyn Store>, ask: Enqueue) -> Enqueued {
    store.enqueue(ask).await.expect("the store works")
}

/// Enqueues [`firing`] into [`QUEUE`], where it waits.
///
/// # Panics
///
/// If it does not wait.
pub async fn waiting(store: &Arc<dyn Store>, n: u128, of: u128, millis: i64) -> Activation {
    match enqueue(store, ask(firing(n, of, millis), QUEUE)).await {
        Enqueued::Waiting(activation) => *activation,
        other => panic!("firing {n} became {other:?}"),
    }
}

/// [`waiting`], and claims it at once, for a run of the same number.
///
/// # Panics
///
/// If there is no lease.
pub async fn running(store: &Arc<dyn Store>, n: u128, of: u128, millis: i64) -> Lease {
    waiting(store, n, of, millis).await;
    let lease = store.claim(activation(n), claim(n, millis)).await.expect("the store works");
    lease.expect("what waits can be claimed")
}

/// Finishes.
///
/// # Panics
///
/// If the store fails.
pub async fn finish(store: &Arc<dyn Store>, finish: Finish) -> Finished {
    store.finish(finish).await.expect("the store works")
}

/// [`running`], and ends it with `outcome`, a millisecond later.
///
/// # Panics
///
/// If it does not end.
pub async fn over(store: &Arc<dyn Store>, n: u128, of: u128, millis: i64, outcome: Outcome) -> Completion {
    let lease = running(store, n, of, millis).await;
    match finish(store, Finish::new(ended(&lease, outcome), After::End)).await {
        Finished::Completed(completion) => completion,
        other => panic!("run {n} became {other:?}"),
    }
}

/// [`over`], with success.
///
/// # Panics
///
/// If it does not end.
pub async fn completed(store: &Arc<dyn Store>, n: u128, of: u128, millis: i64) -> Completion {
    over(store, n, of, millis, Outcome::Succeeded).await
}

/// [`running`], and fails a millisecond later, with another attempt to follow at once.
///
/// # Panics
///
/// If it does not wait for that.
pub async fn retried(store: &Arc<dyn Store>, n: u128, of: u128, millis: i64) -> RunRecord {
    let lease = running(store, n, of, millis).await;
    let retry = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(millis + 1) });
    assert_eq!(finish(store, retry.clone()).await, Finished::Pending);
    RunRecord::clone(&retry.run)
}

/// Claims activation `n`, that waits, for run `by` at `millis`, and ends it a millisecond later with success.
///
/// # Panics
///
/// If it cannot be claimed, or does not end.
pub async fn resumed(store: &Arc<dyn Store>, n: u128, by: u128, millis: i64) -> Completion {
    let lease = store.claim(activation(n), claim(by, millis)).await.expect("the store works");
    let mut last = succeeded(&lease.expect("what waits can be claimed"));
    Arc::make_mut(&mut last.run).ended_at = at(millis + 1);
    match finish(store, last).await {
        Finished::Completed(completion) => completion,
        other => panic!("run {by} became {other:?}"),
    }
}

/// Runs that ended, without their places, the one that ended last first.
///
/// # Panics
///
/// If the store fails.
pub async fn history(store: &Arc<dyn Store>) -> Vec<RunRecord> {
    let listed = store.runs(RunFilter::default(), 99).await.expect("the store works");
    listed.into_iter().map(|listed| listed.run).collect()
}

/// The activation `n`.
///
/// # Panics
///
/// If it is not there.
pub async fn stored(store: &Arc<dyn Store>, n: u128) -> Activation {
    store.activation(activation(n)).await.expect("the store works").expect("it is there")
}

/// Calls `call` on 16 threads at once, with their numbers; answers what they did.
///
/// # Panics
///
/// If one of them does.
pub fn race<T: Send>(call: impl Fn(u128) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(16);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|n| {
                let (barrier, call) = (&barrier, &call);
                scope.spawn(move || {
                    barrier.wait();
                    call(n)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no contender panics")).collect()
    })
}
