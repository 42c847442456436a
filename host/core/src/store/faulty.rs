//! A store that fails where a test says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use async_trait::async_trait;

use super::{
    ActivationStore, AppStateStore, AppStore, Counts, DeadLetterFilter, Enqueue, Enqueued, Finish, Finished,
    History, Journal, ListedRun, Prune, Pruned, QuotaStore, Reap, Reaped, Redriven, RegistrationStore,
    Removed, RunFilter, SettingsStore, Store, StoreError, Totals, WebhookStore,
};
use crate::activation::{Activation, Claim, Lease};
use crate::app::AppRecord;
use crate::app::previous::AppStateRecord;
use crate::app_limits::AppLimits;
use crate::completion::{Completion, Cursor, RunOutput, Subscriber};
use crate::explain::RefusalRecord;
use crate::ids::{ActivationId, AppId, Fence, RegistrationId, RunId};
use crate::overlap::Refusal;
use crate::quota::QuotaState;
use crate::registration::RegistrationRecord;
use crate::settings::{SettingChange, SettingsError, SettingsSum};
use crate::time::Timestamp;
use crate::webhook::{Undelivered, Webhook};

/// What happens to a command.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not done, and answers with this.
    Refused(StoreError),
    /// It is done, and answers with this all the same.
    AnswerLost(StoreError),
    /// It is done, and answers only when it is asked once more: who waits for it may be gone by then.
    AnswerLate,
    /// It is under way until [`FaultyStore::answer`]: then it is not done and answers with this, or is done if there is none.
    Held(Option<StoreError>),
    /// It is not done, and never answers. Others do.
    Unanswered,
    /// It is not done, and neither it nor any that comes after it ever answers: the host fell before it.
    CrashBefore,
    /// It is done, and neither it nor any that comes after it ever answers: the host fell behind it.
    CrashAfter,
}

#[derive(Clone, Debug)]
struct Rule {
    command: &'static str,
    /// Which call of it, from 1; every one if none.
    nth: Option<usize>,
    fault: Fault,
}

#[derive(Debug, Default)]
struct Plan {
    rules: Vec<Rule>,
    calls: Vec<&'static str>,
    crashed: bool,
    /// How often those that are held were let go, and who waits for the next time.
    answered: usize,
    held: Vec<Waker>,
}

/// Another store, behind a plan of what goes wrong. A handle: clones follow the same plan.
///
/// Commands are named as their methods are.
#[derive(Clone)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
}

impl std::fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultyStore").field("plan", &*self.plan()).finish_non_exhaustive()
    }
}

impl FaultyStore {
    /// Nothing goes wrong yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, plan: Arc::default() }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, every `command` meets this.
    pub fn always(&self, command: &'static str, fault: Fault) {
        self.plan().rules.push(Rule { command, nth: None, fault });
    }

    /// The `nth` call of `command`, from 1 and from the store's making on, meets this.
    pub fn at(&self, command: &'static str, nth: usize, fault: Fault) {
        self.plan().rules.push(Rule { command, nth: Some(nth), fault });
    }

    /// Nothing goes wrong from now on. What never answered still does not.
    pub fn mend(&self) {
        let mut plan = self.plan();
        plan.rules.clear();
        plan.crashed = false;
    }

    /// Those that are [held](Fault::Held) answer. Those that come afterwards meet what they did before.
    pub fn answer(&self) {
        let held = {
            let mut plan = self.plan();
            plan.answered += 1;
            std::mem::take(&mut plan.held)
        };
        for waker in held {
            waker.wake();
        }
    }

    /// Waits for the answer that follows on so many.
    async fn held(&self, answered: usize) {
        std::future::poll_fn(|cx| {
            let mut plan = self.plan();
            if plan.answered > answered {
                return Poll::Ready(());
            }
            plan.held.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// All commands that were called, in order, those that met a fault among them.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.plan().calls.clone()
    }

    /// What the next call of `command` meets, and how many answers there were before it: counted with the call, since
    /// who sees the call may answer at once.
    fn next(&self, command: &'static str) -> (Option<Fault>, usize) {
        let mut plan = self.plan();
        plan.calls.push(command);
        if plan.crashed {
            return (Some(Fault::CrashBefore), plan.answered);
        }
        let nth = plan.calls.iter().filter(|call| **call == command).count();
        let meets = |rule: &&Rule| rule.command == command && rule.nth.is_none_or(|at| at == nth);
        let fault = plan.rules.iter().find(meets).map(|rule| rule.fault.clone());
        plan.crashed = matches!(fault, Some(Fault::CrashBefore | Fault::CrashAfter));
        (fault, plan.answered)
    }

    async fn meet<T>(
        &self,
        command: &'static str,
        done: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let (fault, answered) = self.next(command);
        match fault {
            None => done.await,
            Some(Fault::Refused(error)) => Err(error),
            Some(Fault::AnswerLost(error)) => done.await.and(Err(error)),
            Some(Fault::AnswerLate) => {
                let answer = done.await;
                let mut asked = false;
                std::future::poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                answer
            }
            Some(Fault::Held(refused)) => {
                self.held(answered).await;
                match refused {
                    Some(error) => Err(error),
                    None => done.await,
                }
            }
            Some(Fault::Unanswered | Fault::CrashBefore) => std::future::pending().await,
            Some(Fault::CrashAfter) => {
                let _ = done.await;
                std::future::pending().await
            }
        }
    }
}

macro_rules! faulty {
    ($($store:ident { $($command:ident($($arg:ident: $type:ty),*) -> $answer:ty;)* })*) => {$(
        #[async_trait]
        impl $store for FaultyStore {
            $(
                async fn $command(&self, $($arg: $type),*) -> Result<$answer, StoreError> {
                    self.meet(stringify!($command), self.inner.$command($($arg),*)).await
                }
            )*
        }
    )*};
}

faulty! {
    RegistrationStore {
        save_registration(record: RegistrationRecord) -> ();
        remove_registration(id: RegistrationId, at: Timestamp) -> Removed;
        registrations() -> Vec<RegistrationRecord>;
        advance_watermark(id: RegistrationId, to: Timestamp) -> ();
        forgive(id: RegistrationId) -> ();
        note_refusal(id: RegistrationId, reason: Refusal, at: Timestamp) -> ();
        refusals(id: RegistrationId) -> Vec<RefusalRecord>;
    }
    AppStore {
        save_app(record: AppRecord) -> ();
        remove_app(app: &AppId, at: Timestamp) -> Removed;
        forget_app(app: &AppId) -> ();
        apps() -> Vec<AppRecord>;
    }
    ActivationStore {
        enqueue(ask: Enqueue) -> Enqueued;
        pending(now: Timestamp, after: Option<(Timestamp, ActivationId)>, limit: usize) -> Vec<Activation>;
        next_backoff(now: Timestamp) -> Option<Timestamp>;
        claim(id: ActivationId, claim: Claim) -> Option<Lease>;
        renew(held: &[(ActivationId, Fence)], until: Timestamp) -> Vec<ActivationId>;
        finish(finish: Finish) -> Finished;
        reap(ask: Reap, now: Timestamp, limit: usize) -> Vec<Reaped>;
        activation(id: ActivationId) -> Option<Activation>;
        waiting(registration: RegistrationId, limit: usize) -> Vec<Activation>;
        counts(id: RegistrationId) -> Counts;
        counts_of(ids: &[RegistrationId]) -> Vec<Counts>;
    }
    History {
        runs(filter: RunFilter, limit: usize) -> Vec<ListedRun>;
        count_runs(app: &AppId, most: u64) -> u64;
        run(id: RunId) -> Option<ListedRun>;
        output(id: RunId) -> Option<RunOutput>;
        dead_letters(filter: DeadLetterFilter, limit: usize) -> Vec<Activation>;
        redrive(id: ActivationId, fresh: ActivationId, at: Timestamp) -> Redriven;
        discard(id: ActivationId) -> bool;
        prune(ask: Prune) -> Pruned;
        totals() -> Totals;
    }
    Journal {
        completions(after: Cursor, limit: usize) -> Vec<Completion>;
        completion(id: ActivationId) -> Option<Completion>;
        head() -> Cursor;
        cursor(subscriber: &str) -> Option<Cursor>;
        commit_cursor(subscriber: &str, cursor: Cursor) -> ();
        floor() -> Cursor;
        subscribers() -> Vec<Subscriber>;
        remove_subscriber(name: &str) -> bool;
    }
    AppStateStore {
        put_app_state(record: AppStateRecord) -> ();
        app_state(app: &AppId) -> Option<AppStateRecord>;
    }
    QuotaStore {
        save_quotas(quotas: &[(AppId, QuotaState)]) -> ();
        quotas() -> Vec<(AppId, QuotaState)>;
    }
    SettingsStore {
        settings(app: &AppId, names: &[String]) -> Vec<Option<Vec<u8>>>;
        setting_names(app: &AppId, skip: u64, limit: usize) -> Vec<String>;
        settings_sum(app: &AppId) -> SettingsSum;
        change_settings(app: &AppId, changes: &[SettingChange], limits: &AppLimits) -> Result<(), SettingsError>;
        increment_setting(app: &AppId, name: &str, delta: u64, limits: &AppLimits) -> Result<u64, SettingsError>;
    }
    WebhookStore {
        save_webhook(webhook: Webhook) -> ();
        remove_webhook(name: &str) -> bool;
        webhooks() -> Vec<Webhook>;
        note_undelivered(undelivered: Undelivered) -> ();
        undelivered(webhook: &str, limit: usize) -> Vec<Undelivered>;
        remove_undelivered(webhook: &str, cursor: Cursor) -> bool;
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryStore;
    use super::*;

    #[test]
    fn what_is_seen_under_way_is_let_go_by_the_next_answer() {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()));
        store.always("apps", Fault::Held(None));
        for nth in 1..=2_000 {
            let store = &store;
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    while store.calls().len() < nth {
                        std::hint::spin_loop();
                    }
                    store.answer();
                });
                let apps = futures::executor::block_on(store.apps()).expect("held, and done then");
                assert!(apps.is_empty());
            });
        }
    }
}
