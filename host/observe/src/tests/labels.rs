//! That labels are few, whatever guests do.

use dormouse_core::app::lifecycle::End;
use dormouse_core::event::EventKind;

use super::story::{cancellation, completed, fired, latched, run};
use super::{Rig, event, lines};
use crate::config::Detail;

const FIRED: &str = "dormouse_firings_accepted_total{";

#[tokio::test]
async fn apps_beyond_the_limit_are_one() {
    let rig = Rig::new(|config| config.label_values_max = 2).await;
    rig.tell([1, 2, 3, 4, 1, 2_000].map(|n| event(0, n, fired(n))));
    let text = rig.scrape().await;
    assert_eq!(
        lines(&text, &[FIRED]),
        [
            r#"dormouse_firings_accepted_total{app="app1",coalesced="false"} 2"#,
            r#"dormouse_firings_accepted_total{app="app2",coalesced="false"} 1"#,
            r#"dormouse_firings_accepted_total{app="other",coalesced="false"} 2"#,
            r#"dormouse_firings_accepted_total{app="unknown",coalesced="false"} 1"#,
        ]
    );
}

#[tokio::test]
async fn every_app_up_to_the_limit_has_its_series() {
    let rig = Rig::new(|_| {}).await;
    let blocking = ["user-present", "internet-available", "energy-saver-off", "session-connected"];
    rig.tell((0..300).map(|n| event(0, n, latched(n, &blocking))));
    let text = rig.scrape().await;
    let latched = lines(&text, &["dormouse_activations_latched_total{"]);
    assert_eq!(latched.len(), (200 + 1) * blocking.len());
    assert_eq!(latched.iter().filter(|line| line.contains(r#"app="other""#)).count(), blocking.len());
    assert!(!text.contains("otel_metric_overflow"), "the SDK's own limit was reached first");
}

#[tokio::test]
async fn registrations_are_labels_only_when_asked_for_and_no_more_than_the_limit() {
    let rig = Rig::new(|config| {
        config.detail = Detail::Registration;
        config.label_values_max = 1;
    })
    .await;
    rig.tell([1, 1, 2].map(|n| event(0, n, fired(n))));
    let text = rig.scrape().await;
    let one = "registration=\"00000000-0000-0000-0000-000000000001\"";
    assert_eq!(
        lines(&text, &[FIRED]),
        [
            format!(r#"dormouse_firings_accepted_total{{app="app1",coalesced="false",{one}}} 2"#),
            r#"dormouse_firings_accepted_total{app="other",coalesced="false",registration="other"} 1"#
                .to_owned(),
        ]
    );
}

#[tokio::test]
async fn without_detail_all_is_the_hosts() {
    let rig = Rig::new(|config| config.detail = Detail::Host).await;
    rig.tell([1, 2, 2_000].map(|n| event(0, n, fired(n))));
    rig.tell([event(0, 1, completed(1, true))]);
    let text = rig.scrape().await;
    assert_eq!(
        lines(&text, &[FIRED, "dormouse_activations_completed_total{"]),
        [
            r#"dormouse_activations_completed_total{success="true"} 1"#,
            r#"dormouse_firings_accepted_total{coalesced="false"} 3"#,
        ]
    );
}

#[tokio::test]
async fn a_run_that_its_app_takes_along_names_the_hosts_own_rule() {
    let rig = Rig::new(|_| {}).await;
    for end in [End::Terminated, End::Closed] {
        let cancellation = end.cancellation("").unwrap();
        rig.tell([event(0, 1, EventKind::CancelRequested { run: run(1), cancellation })]);
    }
    let text = rig.scrape().await;
    assert_eq!(
        lines(&text, &["dormouse_cancellations_requested_total{"]),
        [
            r#"dormouse_cancellations_requested_total{app="app1",policy="app-closed",reason="terminating"} 1"#,
            r#"dormouse_cancellations_requested_total{app="app1",policy="app-ended",reason="terminating"} 1"#,
        ]
    );
}

#[tokio::test]
async fn what_somebody_else_chose_is_no_label() {
    let rig = Rig::new(|_| {}).await;
    let secret = "whisper";
    rig.tell([
        event(0, 1, latched(1, &["custom:whisper-1"])),
        event(0, 1, latched(1, &["custom:whisper-2"])),
        event(0, 1, EventKind::CancelRequested { run: run(1), cancellation: cancellation(secret) }),
        event(0, 1, EventKind::Denied { run: run(1), what: secret.to_owned() }),
        event(0, 1, EventKind::Fault { message: secret.to_owned(), given_up: false }),
    ]);
    let text = rig.scrape().await;
    assert_eq!(
        lines(&text, &["dormouse_activations_latched_total{", "dormouse_cancellations_requested_total{"]),
        [
            r#"dormouse_activations_latched_total{app="app1",condition="custom",holds="unmet"} 2"#,
            r#"dormouse_cancellations_requested_total{app="app1",policy="other",reason="execution-time-exceeded"} 1"#,
        ]
    );
    assert!(!text.contains(secret), "{text}");
}
