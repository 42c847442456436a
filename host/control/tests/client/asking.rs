//! What is asked and answered.

use std::io::Write;

use dormouse_control::api::{
    AppLimitsView, CancelRequest, Code, FireRequest, FireResult, OutcomeView, QuotaRequest, RunOrRunning,
    SignalRequest, WebhookRequest,
};
use dormouse_control::client::{ClientError, DeadLettersQuery, RegistrationsQuery, RunsQuery};
use dormouse_core::{AccessStatus, ActivationId, Cursor, OutcomeKind, RegistrationId, RunId, Stream};
use uuid::Uuid;

use dormouse::testing::{APP, Rig};

use crate::{Asked, SECOND, each};

fn refused<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> Code {
    match answer.unwrap_err() {
        ClientError::Problem(problem) => problem.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_host_says_what_it_is_and_what_is_on_it() {
    each(async |Asked { rig, client, id, .. }| {
        let info = client.host().await.unwrap();
        assert_eq!(info.node, rig.host.node());
        assert_eq!(client.ping().await.unwrap().map(|info| info.pid), Some(info.pid));
        assert_eq!(client.health().await.unwrap().status, "ok");
        let document = client.openapi().await.unwrap();
        assert!(document["paths"]["/v1/host"].is_object());

        assert!(client.apps().await.unwrap().items.is_empty(), "what the program installed is no package");
        assert_eq!(refused(client.app(&Rig::app()).await), Code::NotFound);
        assert!(matches!(client.uninstall(&Rig::app()).await, Err(ClientError::Problem(_))));
        assert!(!client.triggers().await.unwrap().items.is_empty());
        assert!(!client.conditions(&[]).await.unwrap().items.is_empty());
        let asked = ["internet-available".to_owned(), "user-present".to_owned()];
        let held = client.conditions(&asked).await.unwrap();
        assert_eq!(held.items.into_iter().map(|held| held.condition).collect::<Vec<_>>(), asked);
        client.quotas().await.unwrap();
        assert_eq!(refused(client.quota(&Rig::app()).await), Code::NotFound, "it has none");

        let query = RegistrationsQuery { name: Some("task".to_owned()), ..RegistrationsQuery::default() };
        assert_eq!(client.registrations(&query).await.unwrap().items[0].id, id);
        let query = RegistrationsQuery { name: Some("none & other=1".to_owned()), ..query };
        assert!(client.registrations(&query).await.unwrap().items.is_empty());
        assert_eq!(client.registration(id).await.unwrap().app.as_str(), APP);
        assert!(client.explain(id, Some(3)).await.unwrap().verdict.len() > 3);
    });
}

#[test]
fn a_firing_is_followed_to_its_end_and_found_again() {
    each(async |Asked { rig, client, id, .. }| {
        let fire = FireRequest { key: Some("once".to_owned()), ..FireRequest::default() };
        let fired = client.fire(id, &fire).await.unwrap();
        assert_eq!(fired.result, FireResult::Accepted);
        assert_eq!(client.fire(id, &fire).await.unwrap().result, FireResult::Duplicate);
        let completion = client.completion(fired.activation, 100 * SECOND).await.unwrap().unwrap();
        assert_eq!(completion.run.outcome, OutcomeView::Succeeded);
        let run = completion.run.run;

        assert_eq!(client.activation(fired.activation).await.unwrap().state, "ended");
        let query = RunsQuery {
            app: Some(Rig::app()),
            registration: Some(id),
            activation: Some(fired.activation),
            since: Some(completion.run.ended_at),
            until: Some((completion.run.ended_at.0 + SECOND).into()),
            outcome: Some(OutcomeKind::Succeeded),
            limit: Some(1),
            before: None,
        };
        let page = client.runs(&query).await.unwrap();
        assert_eq!(page.items[0].run, run);
        let next = RunsQuery { before: page.next, ..query };
        assert!(next.before.is_some());
        assert!(client.runs(&next).await.unwrap().items.is_empty());
        assert!(matches!(client.run(run).await.unwrap(), RunOrRunning::Ended(ended) if ended.run == run));
        client.output(run).await.unwrap();
        client.output_bytes(run, Stream::Stderr).await.unwrap();
        assert!(client.running().await.unwrap().items.is_empty());
        assert_eq!(
            refused(client.cancel(run, &CancelRequest::default()).await),
            Code::Conflict,
            "it is over"
        );
        assert!(client.dead_letters(&DeadLettersQuery::default()).await.unwrap().items.is_empty());
        let heard =
            SignalRequest { topic: "t".to_owned(), content_type: None, body: None, body_base64: None };
        assert!(client.signal(&heard).await.unwrap().items.is_empty());
        client.release(id).await.unwrap();
        assert_eq!(rig.outcomes().len(), 1);
    });
}

#[test]
fn what_is_not_there_is_a_problem_that_says_so() {
    each(async |Asked { client, .. }| {
        let id = Uuid::nil();
        let (registration, activation, run) =
            (RegistrationId::from_uuid(id), ActivationId::from_uuid(id), RunId::from_uuid(id));
        for code in [
            refused(client.registration(registration).await),
            refused(client.unregister(registration, true).await),
            refused(client.explain(registration, None).await),
            refused(client.fire(registration, &FireRequest::default()).await),
            refused(client.activation(activation).await),
            refused(client.completion(activation, SECOND).await),
            refused(client.run(run).await),
            refused(client.output(run).await),
            refused(client.remove_subscriber("nobody").await),
            refused(client.remove_webhook("none").await),
            refused(client.test_webhook("none").await),
            refused(client.redeliver("none", Cursor(1)).await),
            refused(client.discard_undelivered("none", Cursor(1)).await),
            refused(client.undelivered("none", Some(1)).await),
        ] {
            assert_eq!(code, Code::NotFound);
        }
        assert!(client.redrive(activation).await.is_err());
        assert!(client.discard(activation).await.is_err());
    });
}

#[test]
fn what_is_changed_is_changed() {
    each(async |Asked { rig, client, id, .. }| {
        let limited = QuotaRequest::Limited { cpu_ms: 2_000.0, window_ms: 900_000.0 };
        let set = client.set_quota(&Rig::app(), Some(limited)).await.unwrap();
        assert_eq!((set.decided, set.quota), (Some(limited), client.quota(&Rig::app()).await.ok()));
        let unset = client.set_quota(&Rig::app(), None).await.unwrap();
        assert_eq!((unset.decided, unset.quota), (None, None));

        let limits = AppLimitsView { settings: Some(5), ..AppLimitsView::default() };
        let set = client.set_app_limits(&Rig::app(), Some(limits)).await.unwrap();
        assert_eq!((set.decided, client.app_limits(&Rig::app()).await.unwrap()), (limits, set.clone()));
        assert_eq!(Some(client.usage(&Rig::app()).await.unwrap().limits), set.limits);
        let unset = client.set_app_limits(&Rig::app(), None).await.unwrap();
        assert_eq!(unset.decided, AppLimitsView::default());

        let access = client.set_access(&Rig::app(), AccessStatus::DeniedByUser).await.unwrap();
        assert_eq!(client.access(&Rig::app()).await.unwrap(), access);
        assert_eq!(access.access, AccessStatus::DeniedByUser);
        assert_eq!(refused(client.fire(id, &FireRequest::default()).await), Code::Refused);

        // Whatever a subscriber is called.
        for name in ["log", "..", "a/b?c=d#e", "é %2e"] {
            assert_eq!(client.ack(name, Cursor(0)).await.unwrap().name, name);
            let all = client.subscribers().await.unwrap().items;
            assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), [name]);
            client.remove_subscriber(name).await.unwrap();
        }

        let url = "https://example.com/".to_owned();
        let ask = WebhookRequest { url: url.clone(), secret: None, app: None, registration: Some(id) };
        let made = client.save_webhook("pager", &ask).await.unwrap();
        assert!(made.secret.is_some_and(|secret| secret.starts_with("whsec_")));
        assert_eq!(client.save_webhook("pager", &ask).await.unwrap().secret, None, "it is shown once");
        assert_eq!(client.webhooks().await.unwrap().items[0].url, url);
        assert!(client.undelivered("pager", None).await.unwrap().items.is_empty());
        client.remove_webhook("pager").await.unwrap();

        assert_eq!(client.unregister(id, false).await.unwrap().id, id);
        assert!(rig.host.registrations().is_empty());
    });
}

#[test]
fn a_file_is_sent_whole() {
    each(async |Asked { client, .. }| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> =
            (0..3_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
        file.write_all(&bytes).unwrap();
        let upload = client.upload(file.path()).await.unwrap();
        assert_eq!(upload.len_bytes, 3_000_000);
        let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(upload.sha256, hex);

        let gone = file.path().with_extension("gone");
        assert!(matches!(client.upload(&gone).await, Err(ClientError::File { path, .. }) if path == gone));
    });
}
