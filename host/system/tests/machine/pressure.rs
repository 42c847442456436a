//! Processors are short, and are not any more.

use std::path::Path;
use std::time::Duration;

use dormouse_core::{ConditionProvider, Holds, WorkCost};
use dormouse_system::Source;

use crate::fixture::{Rig, nowhere, write};

fn set(folder: &Path, cpu: &str, memory: &str) {
    for (name, share) in [("cpu", cpu), ("memory", memory), ("io", "0.00")] {
        write(folder.join(name), &format!("some avg10={share} avg60=0.00 avg300=0.00 total=0\n"));
    }
}

#[tokio::test]
async fn load_and_work_cost_follow_the_pressure_up_and_down() {
    let (folder, config) = nowhere();
    let pressure = folder.path().join("pressure");
    set(&pressure, "0.00", "0.00");
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("load-below:1"), Holds::Met);
    assert_eq!(rig.system.work_cost(), Some(WorkCost::Low));
    let found = rig.system.report().of(Source::Pressure).to_string();
    assert_eq!(found, "read every 10s: no notices: it is not the kernel's");

    let noticed = rig.notices();
    set(&pressure, "25.70", "0.00");
    rig.until_later("load-below:25", Holds::Unmet).await;
    assert_eq!(rig.holds("load-below:26"), Holds::Met);
    assert_eq!(rig.system.work_cost(), Some(WorkCost::Medium));
    assert!(rig.notices() > noticed);

    // While there is pressure the files are read every two seconds, so its end is seen.
    let before = dormouse_core::Clock::now(&rig.clock);
    set(&pressure, "16.00", "0.00");
    rig.until_later("load-below:17", Holds::Met).await;
    assert_eq!(rig.system.work_cost(), Some(WorkCost::Medium), "a band is left late");
    let took = dormouse_core::Clock::now(&rig.clock).since(before);
    assert!(took.as_secs() < 10, "{took:?} of simulated time");
    set(&pressure, "0.00", "61.00");
    rig.until_later("load-below:1", Holds::Met).await;
    assert_eq!(rig.system.work_cost(), Some(WorkCost::High), "memory is short as well");
    assert_eq!(rig.take_events(), [], "the host tells of work costs");
}

#[tokio::test]
async fn memory_is_short_while_nothing_goes_on_for_want_of_it() {
    let (folder, config) = nowhere();
    let pressure = folder.path().join("pressure");
    set(&pressure, "0.00", "0.00");
    let rig = Rig::start(&config).await;
    assert_eq!(rig.system.memory_is_short(), Some(false));
    let some = "some avg10=40.00 avg60=0.00 avg300=0.00 total=0\n";
    for (full, short) in [("12.00", true), ("1.00", false)] {
        let noticed = rig.notices();
        write(pressure.join("memory"), &format!("{some}full avg10={full} avg60=0.00 avg300=0.00 total=0\n"));
        let told = || {
            rig.clock.advance(Duration::from_millis(100));
            rig.system.memory_is_short() == Some(short)
        };
        rig.wait(&format!("memory to be short: {short}"), told).await;
        assert!(rig.notices() > noticed, "the change is told");
    }
}

#[tokio::test]
async fn the_machines_own_pressure_is_told_by_the_kernel() {
    let (_folder, mut config) = nowhere();
    config.pressure = "/proc/pressure".into();
    let rig = Rig::start(&config).await;
    let found = rig.system.report().of(Source::Pressure).to_string();
    assert_eq!(
        found, "the kernel tells when there is any",
        "this test needs a kernel with CONFIG_PSI, and root"
    );
    assert_ne!(rig.holds("load-below:100"), Holds::Unknown);
}
