//! Numbers that are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Rig, lines, prepare};
use crate::config::Sources;
use crate::error::TelemetryError;
use crate::metrics::{LABEL_VALUE_BYTES_MAX, Observed, READINGS_MAX};

#[tokio::test]
async fn observed_values_are_read_at_each_scrape_and_never_else() {
    let reads = Arc::new(AtomicU64::new(0));
    let running = Arc::clone(&reads);
    let observed = vec![
        Observed::gauge("dormouse.host.running", "{run}", "Runs now.", move |now| {
            now.put(running.fetch_add(1, Ordering::Relaxed), &[]);
        }),
        Observed::counter("dormouse.store.commit", "s", "Time in commits.", |now| {
            now.put_f64(0.5, &[("kind", "firing")]);
            now.put_f64(1.25, &[("kind", "end")]);
        }),
    ];
    let rig = Rig::observing(observed, |_| {}).await;
    rig.telemetry.flush().await.unwrap();
    assert_eq!(reads.load(Ordering::Relaxed), 0);
    rig.scrape().await;
    let text = rig.scrape().await;
    assert_eq!(
        lines(&text, &["dormouse_host", "# HELP dormouse_host", "# TYPE dormouse_host", "dormouse_store"]),
        [
            "# HELP dormouse_host_running Runs now.",
            "# TYPE dormouse_host_running gauge",
            "dormouse_host_running 1",
            r#"dormouse_store_commit_seconds_total{kind="end"} 1.25"#,
            r#"dormouse_store_commit_seconds_total{kind="firing"} 0.5"#,
        ]
    );
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn one_metric_has_no_more_values_than_the_limit() {
    let many = Observed::gauge("dormouse.many", "{thing}", "Too many.", |now| {
        for n in 0..READINGS_MAX + 7 {
            now.put(1, &[("n", &n.to_string())]);
        }
    });
    let rig = Rig::observing(vec![many], |_| {}).await;
    rig.scrape().await;
    let text = rig.scrape().await;
    assert_eq!(lines(&text, &["dormouse_many{"]).len(), READINGS_MAX);
    let [dropped] = lines(&text, &["dormouse_telemetry_readings_dropped_total "])[..] else {
        panic!("{text}")
    };
    // Told by the scrape after it, or by this one, whichever is read first.
    assert!(["7", "14"].iter().any(|n| dropped.ends_with(&format!(" {n}"))), "{dropped}");
}

#[tokio::test]
async fn a_labels_value_is_cut() {
    let long = Observed::gauge("dormouse.long", "{thing}", "A long label.", |now| {
        now.put(1, &[("name", &"é".repeat(LABEL_VALUE_BYTES_MAX))]);
    });
    let rig = Rig::observing(vec![long], |_| {}).await;
    let text = rig.scrape().await;
    let cut = "é".repeat(LABEL_VALUE_BYTES_MAX / 2);
    assert_eq!(lines(&text, &["dormouse_long{"]), [format!("dormouse_long{{name=\"{cut}\"}} 1")]);
}

#[tokio::test]
async fn a_metric_needs_a_name_of_its_own() {
    let refused = async |names: &[&'static str], unit: &'static str| {
        let (_, prepared) = prepare(|_| {}).await.unwrap();
        let mut sources = Sources::new(|_| None);
        sources.observed = names
            .iter()
            .map(|name| Observed::gauge(*name, unit, "A number.", |now| now.put(1, &[])))
            .collect();
        match prepared.start(sources) {
            Err(TelemetryError::Observed { name, why }) => Some((name, why)),
            Err(error) => panic!("{error}"),
            Ok(_) => None,
        }
    };
    for bad in ["", "running", "dormouse.Läuft", "dormouse running", "dormouse.run-ning"] {
        let (name, why) = refused(&[bad], "1").await.unwrap();
        assert_eq!((&*name, why), (bad, "use `dormouse.` with up to 54 of a-z, 0-9, `_` and `.` behind it"));
    }
    for taken in [&["dormouse.runs.ended"][..], &["dormouse.a.b", "dormouse.a_b"]] {
        assert_eq!(refused(taken, "1").await.unwrap().1, "another metric has this name");
    }
    assert!(refused(&["dormouse.a"], "µs").await.is_some());
    assert!(refused(&["dormouse.a", "dormouse.b"], "us").await.is_none());
}
