//! What a store is asked: commands go to the writer, questions to the readers.

use async_trait::async_trait;
use dormouse_core::activation::{Claim, Lease};
use dormouse_core::app::AppRecord;
use dormouse_core::app::previous::{AppStateRecord, Kept};
use dormouse_core::completion::{Completion, Cursor, RunOutput, Subscriber};
use dormouse_core::explain::RefusalRecord;
use dormouse_core::ids::{ActivationId, AppId, Fence, RegistrationId, RunId};
use dormouse_core::overlap::Refusal;
use dormouse_core::quota::QuotaState;
use dormouse_core::registration::RegistrationRecord;
use dormouse_core::settings::{SettingChange, SettingsError, SettingsSum};
use dormouse_core::store::{
    ActivationStore, AppStateStore, AppStore, Counts, DeadLetterFilter, Enqueue, Enqueued, Finish, Finished,
    History, Journal, ListedRun, Prune, Pruned, QuotaStore, Reap, Reaped, Redriven, RegistrationStore,
    Removed, RunFilter, SettingsStore, Totals, WebhookStore,
};
use dormouse_core::webhook::{Undelivered, Webhook};
use dormouse_core::{Activation, AppLimits, StoreError, Timestamp};

use crate::stations::Kind;
use crate::store::SqliteStore;
use crate::{
    activations, app_states, apps, dead_letters, enqueue, journal, leases, ledger, prune, quotas, refusals,
    registrations, runs, settings, webhooks,
};

#[async_trait]
impl RegistrationStore for SqliteStore {
    async fn save_registration(&self, record: RegistrationRecord) -> Result<(), StoreError> {
        self.write(Kind::Other, move |tx| registrations::save(tx, &record)).await
    }

    async fn remove_registration(&self, id: RegistrationId, at: Timestamp) -> Result<Removed, StoreError> {
        self.write(Kind::Other, move |tx| registrations::remove(tx, id, at)).await
    }

    async fn registrations(&self) -> Result<Vec<RegistrationRecord>, StoreError> {
        self.read(registrations::all).await
    }

    async fn advance_watermark(&self, id: RegistrationId, to: Timestamp) -> Result<(), StoreError> {
        self.write(Kind::Other, move |tx| registrations::advance(tx, id, to)).await
    }

    async fn forgive(&self, id: RegistrationId) -> Result<(), StoreError> {
        self.write(Kind::Other, move |tx| registrations::forgive(tx, id)).await
    }

    async fn note_refusal(
        &self,
        id: RegistrationId,
        reason: Refusal,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(Kind::Other, move |tx| refusals::note(tx, id, reason, at)).await
    }

    async fn refusals(&self, id: RegistrationId) -> Result<Vec<RefusalRecord>, StoreError> {
        self.read(move |conn| refusals::of(conn, id)).await
    }
}

#[async_trait]
impl AppStore for SqliteStore {
    async fn save_app(&self, record: AppRecord) -> Result<(), StoreError> {
        self.write(Kind::Other, move |tx| apps::save(tx, &record)).await
    }

    async fn remove_app(&self, app: &AppId, at: Timestamp) -> Result<Removed, StoreError> {
        let app = app.clone();
        self.write(Kind::Other, move |tx| apps::remove(tx, &app, at)).await
    }

    async fn forget_app(&self, app: &AppId) -> Result<(), StoreError> {
        let app = app.clone();
        self.write(Kind::Other, move |tx| apps::forget(tx, &app)).await
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        self.read(apps::all).await
    }
}

#[async_trait]
impl AppStateStore for SqliteStore {
    async fn put_app_state(&self, record: AppStateRecord) -> Result<(), StoreError> {
        let kind = match record.kept {
            None => Kind::Other,
            Some(Kept::Running) => Kind::AppRunning,
            Some(Kept::NotRunning | Kept::Terminated | Kept::ClosedByUser) => Kind::AppEnded,
        };
        self.write(kind, move |tx| app_states::put(tx, &record)).await
    }

    async fn app_state(&self, app: &AppId) -> Result<Option<AppStateRecord>, StoreError> {
        let app = app.clone();
        self.read(move |conn| app_states::get(conn, &app)).await
    }
}

#[async_trait]
impl ActivationStore for SqliteStore {
    async fn enqueue(&self, ask: Enqueue) -> Result<Enqueued, StoreError> {
        self.write(Kind::Enqueue, move |tx| enqueue::enqueue(tx, &ask)).await
    }

    async fn pending(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, ActivationId)>,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        self.read(move |conn| activations::pending(conn, now, after, limit)).await
    }

    async fn next_backoff(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |conn| activations::next_backoff(conn, now)).await
    }

    async fn claim(&self, id: ActivationId, claim: Claim) -> Result<Option<Lease>, StoreError> {
        self.write(Kind::Claim, move |tx| leases::claim(tx, id, &claim)).await
    }

    async fn renew(
        &self,
        held: &[(ActivationId, Fence)],
        until: Timestamp,
    ) -> Result<Vec<ActivationId>, StoreError> {
        let held = held.to_vec();
        self.write(Kind::Other, move |tx| leases::renew(tx, &held, until)).await
    }

    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        self.write(Kind::Finish, move |tx| ledger::finish(tx, &finish)).await
    }

    async fn reap(&self, ask: Reap, now: Timestamp, limit: usize) -> Result<Vec<Reaped>, StoreError> {
        self.write(Kind::Other, move |tx| leases::reap(tx, ask, now, limit)).await
    }

    async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, StoreError> {
        self.read(move |conn| Ok(activations::find(conn, id)?.map(|(_, activation)| activation))).await
    }

    async fn waiting(
        &self,
        registration: RegistrationId,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        self.read(move |conn| activations::waiting(conn, registration, limit)).await
    }

    async fn counts(&self, id: RegistrationId) -> Result<Counts, StoreError> {
        self.read(move |conn| activations::counts(conn, id)).await
    }

    async fn counts_of(&self, ids: &[RegistrationId]) -> Result<Vec<Counts>, StoreError> {
        let ids = ids.to_vec();
        self.list(move |conn| activations::counts_of(conn, &ids)).await
    }
}

#[async_trait]
impl Journal for SqliteStore {
    async fn completions(&self, after: Cursor, limit: usize) -> Result<Vec<Completion>, StoreError> {
        self.read(move |conn| journal::completions(conn, after, limit)).await
    }

    async fn completion(&self, id: ActivationId) -> Result<Option<Completion>, StoreError> {
        self.read(move |conn| journal::find(conn, id)).await
    }

    async fn head(&self) -> Result<Cursor, StoreError> {
        self.read(journal::head).await
    }

    async fn cursor(&self, subscriber: &str) -> Result<Option<Cursor>, StoreError> {
        let subscriber = subscriber.to_owned();
        self.read(move |conn| journal::cursor(conn, &subscriber)).await
    }

    async fn commit_cursor(&self, subscriber: &str, cursor: Cursor) -> Result<(), StoreError> {
        let subscriber = subscriber.to_owned();
        self.write(Kind::Cursor, move |tx| journal::commit_cursor(tx, &subscriber, cursor)).await
    }

    async fn floor(&self) -> Result<Cursor, StoreError> {
        self.read(journal::floor).await
    }

    async fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError> {
        self.read(journal::subscribers).await
    }

    async fn remove_subscriber(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.write(Kind::Other, move |tx| journal::remove_subscriber(tx, &name)).await
    }
}

#[async_trait]
impl History for SqliteStore {
    async fn runs(&self, filter: RunFilter, limit: usize) -> Result<Vec<ListedRun>, StoreError> {
        self.list(move |conn| runs::list(conn, &filter, limit)).await
    }

    async fn count_runs(&self, app: &AppId, most: u64) -> Result<u64, StoreError> {
        let app = app.clone();
        self.list(move |conn| runs::count(conn, &app, most)).await
    }

    async fn run(&self, id: RunId) -> Result<Option<ListedRun>, StoreError> {
        self.read(move |conn| runs::find(conn, id)).await
    }

    async fn output(&self, id: RunId) -> Result<Option<RunOutput>, StoreError> {
        self.list(move |conn| runs::output(conn, id)).await
    }

    async fn dead_letters(
        &self,
        filter: DeadLetterFilter,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        self.list(move |conn| dead_letters::all(conn, &filter, limit)).await
    }

    async fn redrive(
        &self,
        id: ActivationId,
        fresh: ActivationId,
        at: Timestamp,
    ) -> Result<Redriven, StoreError> {
        self.write(Kind::Other, move |tx| dead_letters::redrive(tx, id, fresh, at)).await
    }

    async fn discard(&self, id: ActivationId) -> Result<bool, StoreError> {
        self.write(Kind::Other, move |tx| dead_letters::discard(tx, id)).await
    }

    async fn prune(&self, ask: Prune) -> Result<Pruned, StoreError> {
        let counters = self.counters()?;
        let Some(step) = self.list(move |conn| prune::choose(conn, &ask)).await?.some() else {
            return Ok(Pruned::default());
        };
        let pruned = self.write(Kind::Prune, move |tx| prune::take(tx, &ask, &step)).await?;
        counters.pruned(&pruned);
        Ok(pruned)
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        self.list(dead_letters::totals).await
    }
}

#[async_trait]
impl WebhookStore for SqliteStore {
    async fn save_webhook(&self, webhook: Webhook) -> Result<(), StoreError> {
        self.write(Kind::Other, move |tx| webhooks::save(tx, &webhook)).await
    }

    async fn remove_webhook(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.write(Kind::Other, move |tx| webhooks::remove(tx, &name)).await
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        self.read(webhooks::all).await
    }

    async fn note_undelivered(&self, undelivered: Undelivered) -> Result<(), StoreError> {
        self.write(Kind::Cursor, move |tx| webhooks::note_undelivered(tx, &undelivered)).await
    }

    async fn undelivered(&self, webhook: &str, limit: usize) -> Result<Vec<Undelivered>, StoreError> {
        let webhook = webhook.to_owned();
        self.read(move |conn| webhooks::undelivered(conn, &webhook, limit)).await
    }

    async fn remove_undelivered(&self, webhook: &str, cursor: Cursor) -> Result<bool, StoreError> {
        let webhook = webhook.to_owned();
        self.write(Kind::Other, move |tx| webhooks::remove_undelivered(tx, &webhook, cursor)).await
    }
}

#[async_trait]
impl QuotaStore for SqliteStore {
    async fn save_quotas(&self, quotas: &[(AppId, QuotaState)]) -> Result<(), StoreError> {
        let quotas = quotas.to_vec();
        self.write(Kind::Other, move |tx| quotas::save(tx, &quotas)).await
    }

    async fn quotas(&self) -> Result<Vec<(AppId, QuotaState)>, StoreError> {
        self.read(quotas::all).await
    }
}

#[async_trait]
impl SettingsStore for SqliteStore {
    async fn settings(&self, app: &AppId, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let (app, names) = (app.clone(), names.to_vec());
        self.read(move |conn| settings::values(conn, &app, &names)).await
    }

    async fn setting_names(&self, app: &AppId, skip: u64, limit: usize) -> Result<Vec<String>, StoreError> {
        let app = app.clone();
        self.list(move |conn| settings::names(conn, &app, skip, limit)).await
    }

    async fn settings_sum(&self, app: &AppId) -> Result<SettingsSum, StoreError> {
        let app = app.clone();
        self.list(move |conn| settings::sum(conn, &app)).await
    }

    async fn change_settings(
        &self,
        app: &AppId,
        changes: &[SettingChange],
        limits: &AppLimits,
    ) -> Result<Result<(), SettingsError>, StoreError> {
        let (app, changes, limits) = (app.clone(), changes.to_vec(), *limits);
        self.write(Kind::Other, move |tx| settings::change(tx, &app, &changes, &limits)).await
    }

    async fn increment_setting(
        &self,
        app: &AppId,
        name: &str,
        delta: u64,
        limits: &AppLimits,
    ) -> Result<Result<u64, SettingsError>, StoreError> {
        let (app, name, limits) = (app.clone(), name.to_owned(), *limits);
        self.write(Kind::Other, move |tx| settings::increment(tx, &app, &name, delta, &limits)).await
    }
}
