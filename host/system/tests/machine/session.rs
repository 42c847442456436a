//! Sessions come and go, are locked and left alone.

use dormouse_core::{Holds, SystemEvent};
use dormouse_system::Source;
use zbus::Variant;

use crate::fixture::{Bus, Mock, Rig, nowhere};

const ROOT: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";

/// As logind does it: the session is there, and then it is told of.
async fn add(logind: &Mock, id: &str) -> String {
    logind.call(ROOT, "AddSession", &(id, "seat0", 1000u32, "anna", true)).await;
    let path = format!("{ROOT}/session/{id}");
    logind
        .call(
            ROOT,
            "EmitSignal",
            &(MANAGER, "SessionNew", "ss", vec![Variant::from(id), Variant::from(path.as_str())]),
        )
        .await;
    path
}

async fn set(logind: &Mock, session: &str, property: &str, value: bool) {
    logind.update(session, SESSION, &[(property, value.into())]).await;
}

#[tokio::test]
async fn presence_and_sessions_follow_logind() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let logind = bus.mock("logind", "{}", "org.freedesktop.login1").await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("user-present"), Holds::Unmet);
    assert_eq!(rig.holds("user-not-present"), Holds::Met);
    assert_eq!(rig.holds("session-connected"), Holds::Unmet);

    let first = add(&logind, "c1").await;
    rig.until("session-connected", Holds::Met).await;
    rig.until_events(&[SystemEvent::SessionConnected, SystemEvent::UserPresent]).await;
    assert_eq!(rig.holds("session-disconnected"), Holds::Unmet);

    for (property, value, event, present) in [
        ("IdleHint", true, SystemEvent::UserAway, Holds::Unmet),
        ("IdleHint", false, SystemEvent::UserPresent, Holds::Met),
        ("LockedHint", true, SystemEvent::UserAway, Holds::Unmet),
        ("LockedHint", false, SystemEvent::UserPresent, Holds::Met),
        ("Active", false, SystemEvent::UserAway, Holds::Unmet),
    ] {
        let noticed = rig.notices();
        set(&logind, &first, property, value).await;
        rig.until_events(&[event]).await;
        assert_eq!(rig.holds("user-present"), present, "{property} {value}");
        assert!(rig.notices() > noticed, "{property} {value}");
    }
    assert_eq!(rig.holds("session-connected"), Holds::Unmet, "it was switched away from");

    set(&logind, &first, "Active", true).await;
    rig.until_events(&[SystemEvent::SessionConnected, SystemEvent::UserPresent]).await;
    // A second session is one more connected, and nobody more present.
    let second = add(&logind, "c2").await;
    rig.until_events(&[SystemEvent::SessionConnected]).await;
    set(&logind, &first, "IdleHint", true).await;
    set(&logind, &second, "LockedHint", true).await;
    rig.until_events(&[SystemEvent::UserAway]).await;
}

#[tokio::test]
async fn a_greeter_is_nobody() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let logind = bus.mock("logind", "{}", "org.freedesktop.login1").await;
    let greeter = add(&logind, "c1").await;
    logind.update(&greeter, SESSION, &[("Class", "greeter".into())]).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("session-connected"), Holds::Unmet);
    assert_eq!(rig.holds("user-present"), Holds::Unmet);
}

#[tokio::test]
async fn more_sessions_than_the_limit_are_refused_whole() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let logind = bus.mock("logind", "{}", "org.freedesktop.login1").await;
    for id in 0..257 {
        logind.call(ROOT, "AddSession", &(format!("c{id}"), "seat0", 1000u32, "anna", true)).await;
    }
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("session-connected"), Holds::Unknown);
    let found = rig.system.report().of(Source::Logind).to_string();
    assert_eq!(found, "absent: it has 257 sessions, and no more than 256 are read");
}
