//! Apps, and the firings that started nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::access::AccessStatus;
use crate::activation::ActivationState;
use crate::app::activation::ActivationKind;
use crate::app::previous::{AppStateRecord, Kept};
use crate::app::{AppRecord, DirectoryGrant, GrantRecord, PackageRecord, Unfinished};
use crate::app_limits::{AppLimits, AppLimitsRequest};
use crate::explain::RefusalRecord;
use crate::ids::AppId;
use crate::overlap::{Overlap, Refusal};
use crate::quota::{QuotaDecision, QuotaPolicy, QuotaState};
use crate::settings::SettingChange;
use crate::store::{Enqueued, Store};

use super::fixture::{
    app, ask, at, enqueue, firing, other_app, record, register, registration, stored, waiting,
};

fn installed(app: AppId) -> AppRecord {
    let directory = DirectoryGrant { path: "/srv/pictures".into(), read_write: true };
    let granted = GrantRecord {
        directories: [("/pictures".to_owned(), directory)].into(),
        network: vec!["api.example.org:443".to_owned()],
        listen: vec![([127, 0, 0, 1], 7007).into()],
        env: [("TOKEN".to_owned(), "s3cret".to_owned())].into(),
    };
    let package = PackageRecord {
        version: "1.2.3".to_owned(),
        digest: "ab".repeat(32),
        unfinished: Some(Unfinished::Updating { from: "1.2.2".to_owned() }),
        granted,
        quota: Some(QuotaPolicy::UWP8),
        app_limits: AppLimitsRequest { settings: Some(5), ..AppLimitsRequest::none() },
        activations: [ActivationKind::Launch, ActivationKind::Share].into(),
    };
    let quota = QuotaPolicy::new(Duration::from_secs(1), Duration::from_secs(60)).expect("it is valid");
    AppRecord {
        package: Some(package),
        quota: Some(QuotaDecision::Limited(quota)),
        app_limits: AppLimitsRequest { folder_bytes: Some(0), ..AppLimitsRequest::none() },
        ..AppRecord::new(app, AccessStatus::AllowedSubjectToPolicy)
    }
}

pub(super) async fn are_listed_by_name_as_they_were_saved(store: Arc<dyn Store>) {
    assert!(store.apps().await.expect("the store works").is_empty());
    let plain = AppRecord::new(app(), AccessStatus::Unspecified);
    for record in [installed(other_app()), plain.clone()] {
        store.save_app(record).await.expect("the store works");
    }
    assert_eq!(store.apps().await.expect("the store works"), [plain, installed(other_app())]);

    let quota = Some(QuotaDecision::Off);
    let denied = AppRecord { access: AccessStatus::DeniedByUser, quota, ..installed(app()) };
    store.save_app(denied.clone()).await.expect("the store works");
    assert_eq!(store.apps().await.expect("the store works"), [denied, installed(other_app())]);
}

pub(super) async fn removal_takes_registrations_and_what_waits(store: Arc<dyn Store>) {
    for record in [installed(app()), installed(other_app())] {
        store.save_app(record).await.expect("the store works");
    }
    register(&store, 1).await;
    register(&store, 2).await;
    let mut theirs = record(3);
    theirs.registration.app = other_app();
    store.save_registration(theirs.clone()).await.expect("the store works");
    let (one, two) = (waiting(&store, 1, 1, 1).await, waiting(&store, 2, 2, 2).await);

    let mut removed = store.remove_app(&app(), at(60)).await.expect("the store works");
    removed.withdrawn.sort_unstable();
    assert_eq!(removed.withdrawn, [one.id, two.id]);
    assert_eq!(stored(&store, 1).await.state, ActivationState::Withdrawn { at: at(60) });
    assert_eq!(store.registrations().await.expect("the store works"), [theirs]);
    assert_eq!(store.apps().await.expect("the store works"), [installed(other_app())]);
    let again = store.remove_app(&app(), at(61)).await.expect("removing nothing is no error");
    assert!(again.withdrawn.is_empty());
}

pub(super) async fn are_forgotten_without_what_they_keep(store: Arc<dyn Store>) {
    for record in [installed(app()), installed(other_app())] {
        store.save_app(record).await.expect("the store works");
    }
    register(&store, 1).await;
    let spent = [(app(), QuotaState { window_start: at(1), spent_us: 2 })];
    store.save_quotas(&spent).await.expect("the store works");
    let set = [SettingChange { name: "k".to_owned(), value: Some(b"v".to_vec()) }];
    let changed = store.change_settings(&app(), &set, &AppLimits::DEFAULT).await;
    changed.expect("the store works").expect("it is within the limits");
    let state = AppStateRecord { kept: Some(Kept::Terminated), ..AppStateRecord::new(app(), at(1)) };
    store.put_app_state(state.clone()).await.expect("the store works");
    for _ in 0..2 {
        store.forget_app(&app()).await.expect("forgetting nothing is no error");
        assert_eq!(store.apps().await.expect("the store works"), [installed(other_app())]);
        assert_eq!(store.quotas().await.expect("the store works"), spent);
        assert_eq!(store.registrations().await.expect("the store works").len(), 1);
        let kept = store.settings(&app(), &["k".to_owned()]).await.expect("the store works");
        assert_eq!(kept, [Some(b"v".to_vec())]);
        assert_eq!(store.app_state(&app()).await.expect("the store works"), Some(state.clone()));
    }
}

pub(super) async fn refusals_are_counted_by_reason_the_newest_first(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let id = registration(1);
    for (reason, when) in
        [(Refusal::Spent, 5), (Refusal::DeniedByUser, 6), (Refusal::Spent, 7), (Refusal::Spent, 3)]
    {
        store.note_refusal(id, reason, at(when)).await.expect("the store works");
    }
    let spent = RefusalRecord { reason: Refusal::Spent, count: 3, first_at: at(5), last_at: at(7) };
    let denied = RefusalRecord::new(Refusal::DeniedByUser, at(6));
    assert_eq!(store.refusals(id).await.expect("the store works"), [spent, denied]);

    store.note_refusal(registration(9), Refusal::Spent, at(1)).await.expect("unknown is no error");
    assert!(store.refusals(registration(9)).await.expect("the store works").is_empty());
    store.remove_registration(id, at(60)).await.expect("the store works");
    register(&store, 1).await;
    assert!(store.refusals(id).await.expect("the store works").is_empty(), "they go with the registration");
}

pub(super) async fn refusals_of_the_overlap_policy_are_counted_with_the_firing(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let refusing = |n: u8| ask(firing(n.into(), 1, n.into()), Overlap::Refuse);
    assert!(matches!(enqueue(&store, refusing(1)).await, Enqueued::Waiting(_)));
    for n in [2, 3] {
        let refused = Enqueued::Refused(Refusal::CurrentlyRunning);
        assert_eq!(enqueue(&store, refusing(n)).await, refused);
    }
    let refusals = store.refusals(registration(1)).await.expect("the store works");
    assert_eq!(
        refusals.iter().map(|r| (r.reason, r.count)).collect::<Vec<_>>(),
        [(Refusal::CurrentlyRunning, 2)]
    );
}
