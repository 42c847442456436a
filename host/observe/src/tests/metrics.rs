//! What is counted.

use super::story::{app_life, mishaps, whole_life};
use super::{Rig, lines};
use crate::config::Detail;

#[tokio::test]
async fn every_station_is_counted_where_it_belongs() {
    let rig = Rig::new(|_| {}).await;
    rig.tell(whole_life());
    rig.tell(mishaps());
    let text = rig.scrape().await;
    let counted: Vec<&str> = text
        .lines()
        .filter(|line| {
            line.starts_with("dormouse_") && line.contains("_total{") && !line.contains("_telemetry_")
        })
        .collect();
    assert_eq!(
        counted,
        [
            r#"dormouse_activations_completed_total{app="app1",success="true"} 1"#,
            r#"dormouse_activations_completed_total{app="app2",success="false"} 1"#,
            r#"dormouse_activations_latched_total{app="app1",condition="internet-available",holds="unmet"} 1"#,
            r#"dormouse_activations_latched_total{app="app1",condition="time-window",holds="unmet"} 1"#,
            r#"dormouse_activations_redriven_total{app="app2"} 1"#,
            r#"dormouse_activations_retried_total{app="app1"} 1"#,
            r#"dormouse_activations_waited_total{app="app1",shortage="host"} 1"#,
            r#"dormouse_activations_withdrawn_total{app="app2"} 1"#,
            r#"dormouse_cancellations_requested_total{app="app1",policy="wall",reason="execution-time-exceeded"} 1"#,
            r#"dormouse_deferrals_completed_total{app="app1"} 1"#,
            r#"dormouse_deferrals_taken_total{app="app1"} 1"#,
            r#"dormouse_denials_total{app="app1"} 1"#,
            r#"dormouse_faults_total{app="app2",given_up="true"} 1"#,
            r#"dormouse_firings_accepted_total{app="app1",coalesced="false"} 1"#,
            r#"dormouse_firings_accepted_total{app="app1",coalesced="true"} 1"#,
            r#"dormouse_firings_duplicate_total{app="app1"} 1"#,
            r#"dormouse_firings_refused_total{app="app1",reason="queue-full"} 1"#,
            r#"dormouse_leases_lost_total{app="app2"} 1"#,
            r#"dormouse_memory_refusals_total{app="app1"} 1"#,
            r#"dormouse_output_dropped_bytes_total{app="app1"} 96"#,
            r#"dormouse_output_dropped_bytes_total{app="app2"} 96"#,
            r#"dormouse_registrations_failed_total{app="app7"} 1"#,
            r#"dormouse_registrations_made_total{app="app1"} 1"#,
            r#"dormouse_registrations_quarantined_total{app="app2"} 1"#,
            r#"dormouse_registrations_released_total{app="app2"} 1"#,
            r#"dormouse_registrations_removed_total{app="app2"} 1"#,
            r#"dormouse_registrations_spent_total{app="app2"} 1"#,
            r#"dormouse_runs_canceled_total{app="app1",forced="true",reason="execution-time-exceeded"} 1"#,
            r#"dormouse_runs_ended_total{app="app1",outcome="canceled"} 1"#,
            r#"dormouse_runs_ended_total{app="app1",outcome="succeeded"} 1"#,
            r#"dormouse_runs_ended_total{app="app2",outcome="failed"} 1"#,
            r#"dormouse_runs_ended_total{app="app2",outcome="trapped"} 1"#,
            r#"dormouse_runs_interrupted_total{app="app2"} 1"#,
            r#"dormouse_runs_paused_total{app="app1"} 1"#,
            r#"dormouse_runs_resumed_total{app="app1"} 1"#,
            r#"dormouse_runs_returned_total{app="app1",ok="true"} 1"#,
            r#"dormouse_runs_started_total{app="app1",retry="false"} 1"#,
            r#"dormouse_runs_started_total{app="app1",retry="true"} 1"#,
            r#"dormouse_runs_started_total{app="app2",retry="true"} 2"#,
            r#"dormouse_runs_trapped_total{app="app2",trap="stack-overflow"} 1"#,
        ]
    );
}

#[tokio::test]
async fn histograms_are_of_the_receipts() {
    let rig = Rig::new(|_| {}).await;
    rig.tell(whole_life());
    let text = rig.scrape().await;
    let sums: Vec<&str> =
        text.lines().filter(|line| line.contains("_sum{") || line.contains("_count{")).collect();
    assert_eq!(
        sums,
        [
            r#"dormouse_run_cancel_seconds_sum{app="app1"} 0.2"#,
            r#"dormouse_run_cancel_seconds_count{app="app1"} 1"#,
            r#"dormouse_run_cpu_seconds_sum{app="app1"} 0.5"#,
            r#"dormouse_run_cpu_seconds_count{app="app1"} 2"#,
            r#"dormouse_run_freed_seconds_sum{app="app1"} 0.0005"#,
            r#"dormouse_run_freed_seconds_count{app="app1"} 1"#,
            r#"dormouse_run_output_bytes_sum{app="app1"} 4000"#,
            r#"dormouse_run_output_bytes_count{app="app1"} 2"#,
            r#"dormouse_run_paused_seconds_sum{app="app1"} 2"#,
            r#"dormouse_run_paused_seconds_count{app="app1"} 2"#,
            r#"dormouse_run_peak_memory_bytes_sum{app="app1"} 4194304"#,
            r#"dormouse_run_peak_memory_bytes_count{app="app1"} 2"#,
            r#"dormouse_run_queue_wait_seconds_sum{app="app1"} 1"#,
            r#"dormouse_run_queue_wait_seconds_count{app="app1"} 2"#,
            r#"dormouse_run_told_seconds_sum{app="app1"} 0.002"#,
            r#"dormouse_run_told_seconds_count{app="app1"} 1"#,
            r#"dormouse_run_wall_seconds_sum{app="app1"} 4"#,
            r#"dormouse_run_wall_seconds_count{app="app1"} 2"#,
        ]
    );
    let cpu = lines(&text, &["dormouse_run_cpu_seconds_bucket"]);
    assert!(cpu.contains(&r#"dormouse_run_cpu_seconds_bucket{app="app1",le="0.1"} 0"#), "{cpu:?}");
    assert!(cpu.contains(&r#"dormouse_run_cpu_seconds_bucket{app="app1",le="0.25"} 2"#), "{cpu:?}");
    assert_eq!(cpu.last(), Some(&r#"dormouse_run_cpu_seconds_bucket{app="app1",le="+Inf"} 2"#));
}

#[tokio::test]
async fn the_life_of_an_app_is_counted_and_timed() {
    for (detail, owner) in
        [(Detail::App, "app=\"notes\","), (Detail::Registration, "app=\"notes\","), (Detail::Host, "")]
    {
        let rig = Rig::new(|config| config.detail = detail).await;
        rig.tell_of_apps(app_life());
        let text = rig.scrape().await;
        assert_eq!(
            lines(&text, &["dormouse_app_ends", "dormouse_app_handler_seconds_sum"]),
            [
                format!("dormouse_app_ends_total{{{owner}end=\"crashed\"}} 1"),
                format!("dormouse_app_ends_total{{{owner}end=\"hung\"}} 2"),
                format!("dormouse_app_handler_seconds_sum{{{owner}handler=\"launched\"}} 0.02"),
                format!("dormouse_app_handler_seconds_sum{{{owner}handler=\"suspending\"}} 4.5"),
            ]
        );
        let of_others =
            lines(&text, &["dormouse_"]).into_iter().filter(|line| !line.starts_with("dormouse_app_"));
        let of_others: Vec<_> = of_others.filter(|line| !line.contains("_telemetry_")).collect();
        assert!(of_others.is_empty(), "{of_others:?}");
    }
}

#[tokio::test]
async fn the_host_says_who_it_is() {
    let rig = Rig::new(|config| config.instance = Some("shelf-3".to_owned())).await;
    let text = rig.scrape().await;
    let [target] = lines(&text, &["target_info{"])[..] else { panic!("{text}") };
    for label in [r#"service_name="dormouse""#, r#"service_instance_id="shelf-3""#] {
        assert!(target.contains(label), "{target}");
    }
}
