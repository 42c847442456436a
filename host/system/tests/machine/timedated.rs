//! timedated tells of another zone; what local time is says the file (UWP-048).

use std::time::Duration;

use dormouse_core::SystemEvent;
use dormouse_system::{Found, Source};

use crate::fixture::{Bus, Mock, Rig, nowhere, write};
use crate::local_time::{at, set, shown};

const NAME: &str = "org.freedesktop.timedate1";
const ROOT: &str = "/org/freedesktop/timedate1";

/// Starts it, knowing `zone`.
async fn timedated(bus: &Bus, zone: &str) -> Mock {
    bus.mock("timedated", &format!(r#"{{"Timezone": "{zone}"}}"#), NAME).await
}

/// Has it tell that local time is in `zone`.
async fn tell(timedated: &Mock, zone: &str) {
    timedated.update(ROOT, NAME, &[("Timezone", zone.into())]).await;
}

async fn until_shown(rig: &Rig, start: &str) {
    rig.wait(start, || {
        rig.clock.advance(Duration::from_millis(100));
        shown(rig).starts_with(start)
    })
    .await;
}

fn found(rig: &Rig) -> String {
    rig.system.report().of(Source::Timedated).to_string()
}

#[tokio::test]
async fn a_file_that_nobody_watches_is_read_again_when_timedated_tells() {
    let bus = Bus::start();
    let (folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    // No folder, no notices of what happens in it.
    config.localtime = folder.path().join("etc/localtime");
    let timedated = timedated(&bus, "Etc/UTC").await;
    let rig = Rig::start_on(&config, at("2026-01-15T12:00:00Z")).await;
    assert!(shown(&rig).starts_with("UTC+00, read again only when it shifts or timedated tells of it: "));
    assert_eq!(found(&rig), NAME);

    std::fs::create_dir(folder.path().join("etc")).unwrap();
    for (zone, told, becomes, events) in [
        ("Europe/Berlin", "Europe/Berlin", "Europe/Berlin, UTC+01,", vec![SystemEvent::TimeZoneChange]),
        ("Africa/Lagos", "Africa/Lagos", "Africa/Lagos, UTC+01,", vec![]),
        ("Asia/Kolkata", "Asia/Kolkata", "Asia/Kolkata, UTC+05:30,", vec![SystemEvent::TimeZoneChange]),
        // The file says which it is, whatever is told.
        ("Asia/Colombo", "America/New_York", "Asia/Colombo, UTC+05:30,", vec![]),
    ] {
        set(&config.localtime, zone);
        tell(&timedated, told).await;
        until_shown(&rig, becomes).await;
        assert_eq!(rig.take_events(), events, "{zone}");
    }
    // A missing file says UTC.
    std::fs::remove_file(&config.localtime).unwrap();
    tell(&timedated, "Asia/Tokyo").await;
    until_shown(&rig, "UTC+00,").await;
    assert_eq!(rig.take_events(), [SystemEvent::TimeZoneChange]);
}

#[tokio::test]
async fn a_change_that_both_tell_of_is_one_event() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    set(&config.localtime, "Europe/Berlin");
    let timedated = timedated(&bus, "Europe/Berlin").await;
    let rig = Rig::start_on(&config, at("2026-01-15T12:00:00Z")).await;
    for zone in ["Asia/Kolkata", "America/New_York", "Asia/Tokyo"] {
        set(&config.localtime, zone);
        tell(&timedated, zone).await;
        rig.until_events(&[SystemEvent::TimeZoneChange]).await;
        rig.settle().await;
        assert_eq!(rig.take_events(), [], "{zone}");
    }
    // Told before the file is replaced: of that, inotify tells.
    tell(&timedated, "Europe/Berlin").await;
    rig.settle().await;
    assert_eq!(rig.take_events(), []);
    set(&config.localtime, "Europe/Berlin");
    rig.until_events(&[SystemEvent::TimeZoneChange]).await;
    rig.settle().await;
    assert_eq!(rig.take_events(), []);
}

#[tokio::test]
async fn where_the_file_cannot_be_read_local_time_is_in_the_zone_that_was_told() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    write(&config.localtime, "no zone at all");
    let timedated = timedated(&bus, "Europe/Berlin").await;
    let rig = Rig::start_on(&config, at("2026-01-15T12:00:00Z")).await;
    until_shown(&rig, "Europe/Berlin, UTC+01, as timedated says; ").await;
    for (zone, becomes, events) in [
        ("Africa/Lagos", "Africa/Lagos, UTC+01, as", vec![]),
        ("Asia/Kolkata", "Asia/Kolkata, UTC+05:30, as", vec![SystemEvent::TimeZoneChange]),
        // Its zones are not those of this machine, or it does not know.
        ("Mars/Olympus_Mons", "absent: ", vec![]),
        ("Asia/Colombo", "Asia/Colombo, UTC+05:30, as", vec![]),
        ("", "absent: ", vec![]),
        ("Asia/Tokyo", "Asia/Tokyo, UTC+09, as", vec![SystemEvent::TimeZoneChange]),
    ] {
        tell(&timedated, zone).await;
        until_shown(&rig, becomes).await;
        assert_eq!(rig.take_events(), events, "{zone}");
        assert_eq!(shown(&rig).contains("timedated says"), !zone.is_empty(), "{}", shown(&rig));
    }
    // The file is the truth as soon as it can be read.
    set(&config.localtime, "Europe/Lisbon");
    until_shown(&rig, "Europe/Lisbon, UTC+00").await;
    assert_eq!(rig.take_events(), [SystemEvent::TimeZoneChange]);
}

#[tokio::test]
async fn a_timedated_that_comes_and_goes_loses_nothing() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    write(&config.localtime, "no zone at all");
    let rig = Rig::start_on(&config, at("2026-03-28T12:00:00Z")).await;
    let nobody = "absent: nobody has the name org.freedesktop.timedate1 on the bus";
    assert_eq!(found(&rig), nobody);
    assert!(matches!(rig.system.report().of(Source::LocalTime), Found::Absent { .. }));

    let first = timedated(&bus, "Europe/Berlin").await;
    until_shown(&rig, "Europe/Berlin, UTC+01,").await;
    drop(first);
    rig.wait("its end", || found(&rig) == nobody).await;
    rig.settle().await;
    assert!(shown(&rig).starts_with("Europe/Berlin, UTC+01,"), "{}", shown(&rig));
    assert_eq!(rig.take_events(), []);
    // Summer begins all the same.
    rig.clock.advance(Duration::from_secs(13 * 60 * 60));
    rig.until_events(&[SystemEvent::TimeZoneChange]).await;
    assert!(shown(&rig).starts_with("Europe/Berlin, UTC+02,"), "{}", shown(&rig));

    // It comes back with another zone, and is heard as before.
    let second = timedated(&bus, "Asia/Kolkata").await;
    rig.until_events(&[SystemEvent::TimeZoneChange]).await;
    tell(&second, "Asia/Tokyo").await;
    rig.until_events(&[SystemEvent::TimeZoneChange]).await;
    assert!(shown(&rig).starts_with("Asia/Tokyo, UTC+09,"), "{}", shown(&rig));
}

#[tokio::test]
async fn timedated_is_not_started_to_be_asked() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let startable = bus.startable(NAME);
    let rig = Rig::start(&config).await;
    rig.settle().await;
    assert_eq!(found(&rig), "absent: nobody has the name org.freedesktop.timedate1 on the bus");
    assert!(!startable.was_started());
    // It could have been.
    startable.start().await;
    assert!(startable.was_started());
}

#[tokio::test]
async fn a_name_longer_than_any_zone_has_is_refused() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let timedated = timedated(&bus, "Europe/Berlin").await;
    let rig = Rig::start(&config).await;
    let refusal = "absent: it has 256 bytes in the name of its zone, and no more than 255 are read";
    for (bytes, becomes) in [(256, refusal), (255, NAME)] {
        tell(&timedated, &"x".repeat(bytes)).await;
        rig.wait(becomes, || found(&rig) == becomes).await;
    }
}
