//! Local time shifts, or only changes its name (UWP-048).

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use dormouse_core::{Clock, SimClock, SystemEvent, Timestamp};
use dormouse_system::{Found, Source};

use crate::fixture::{Rig, nowhere};

/// As timedated does it: a link beside it, renamed over it.
pub(crate) fn set(localtime: &Path, zone: &str) {
    let zone = Path::new("/usr/share/zoneinfo").join(zone);
    assert!(zone.exists(), "this test needs {}, of the Debian package tzdata", zone.display());
    let beside = localtime.with_extension("new");
    symlink(zone, &beside).unwrap();
    std::fs::rename(beside, localtime).unwrap();
}

pub(crate) fn at(text: &str) -> SimClock {
    let moment: jiff::Timestamp = text.parse().unwrap();
    SimClock::at(Timestamp::from_micros(moment.as_microsecond()))
}

pub(crate) fn shown(rig: &Rig) -> String {
    rig.system.report().of(Source::LocalTime).to_string()
}

#[tokio::test]
async fn another_zone_is_told_when_it_shifts_local_time_and_not_otherwise() {
    let (_folder, config) = nowhere();
    set(&config.localtime, "Europe/Berlin");
    let rig = Rig::start_on(&config, at("2026-01-15T12:00:00Z")).await;
    assert_eq!(shown(&rig), "Europe/Berlin, UTC+01");
    // Winter in Berlin is as every day in Lagos.
    for (zone, becomes, events) in [
        ("Africa/Lagos", "Africa/Lagos, UTC+01", vec![]),
        ("Asia/Kolkata", "Asia/Kolkata, UTC+05:30", vec![SystemEvent::TimeZoneChange]),
        ("Asia/Colombo", "Asia/Colombo, UTC+05:30", vec![]),
        ("America/New_York", "America/New_York, UTC-05", vec![SystemEvent::TimeZoneChange]),
    ] {
        set(&config.localtime, zone);
        rig.wait(zone, || {
            rig.clock.advance(Duration::from_millis(100));
            shown(&rig) == becomes
        })
        .await;
        assert_eq!(rig.take_events(), events, "{zone}");
    }
}

#[tokio::test]
async fn daylight_saving_is_told_when_it_begins_and_ends() {
    let (_folder, config) = nowhere();
    set(&config.localtime, "Europe/Berlin");
    let rig = Rig::start_on(&config, at("2026-03-29T00:59:50Z")).await;
    rig.settle().await;
    rig.settle().await;
    assert_eq!(rig.take_events(), [], "four seconds before it");
    rig.until_events(&[SystemEvent::TimeZoneChange]).await;
    let told_at = rig.clock.wall();
    assert!(told_at >= at("2026-03-29T01:00:00Z").wall(), "{told_at}");
    assert_eq!(shown(&rig), "Europe/Berlin, UTC+02");
    // The timer is set again: to the end of summer.
    rig.wait("the next timer", || {
        rig.clock.advance(Duration::from_secs(24 * 60 * 60));
        shown(&rig) == "Europe/Berlin, UTC+01"
    })
    .await;
    assert_eq!(rig.take_events(), [SystemEvent::TimeZoneChange]);
    assert!(rig.clock.wall() >= at("2026-10-25T01:00:00Z").wall());
}

#[tokio::test]
async fn without_the_file_local_time_is_utc_and_a_broken_one_shifts_nothing() {
    let (_folder, config) = nowhere();
    let rig = Rig::start_on(&config, at("2026-01-15T12:00:00Z")).await;
    assert_eq!(shown(&rig), "UTC+00");
    set(&config.localtime, "Europe/Lisbon");
    std::fs::remove_file(&config.localtime).unwrap();
    std::fs::write(&config.localtime, "no zone at all").unwrap();
    rig.wait("the broken file", || {
        rig.clock.advance(Duration::from_millis(100));
        matches!(rig.system.report().of(Source::LocalTime), Found::Absent { .. })
    })
    .await;
    assert_eq!(rig.take_events(), []);
    std::fs::write(&config.localtime, vec![b'x'; (1 << 20) + 1]).unwrap();
    rig.wait("the refusal", || {
        rig.clock.advance(Duration::from_millis(100));
        shown(&rig).contains("it has more than 1048576 bytes")
    })
    .await;
    set(&config.localtime, "Asia/Tokyo");
    rig.until_events(&[SystemEvent::TimeZoneChange]).await;
}
