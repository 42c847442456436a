//! The bus itself: away, late, lost and back; and what is said of it.

use dormouse_core::{Clock, Holds, SimClock};
use dormouse_system::{Found, Source, System, SystemConfig, SystemError};

use crate::fixture::{Bus, Rig, nowhere, wait};

const LOGIND: &str = "org.freedesktop.login1";

#[tokio::test]
async fn a_machine_without_anything_is_unknown_and_says_of_each_source_why() {
    let (_folder, config) = nowhere();
    let rig = Rig::start(&config).await;
    for condition in
        ["user-present", "user-not-present", "session-connected", "external-power", "load-below:50"]
    {
        assert_eq!(rig.holds(condition), Holds::Unknown, "{condition}");
    }
    let report = rig.system.report();
    for (source, found) in report.iter() {
        let there = matches!(source, Source::Rtnetlink | Source::LocalTime);
        assert_eq!(matches!(found, Found::Present { .. }), there, "{source}: {found}");
    }
    let text = report.to_string();
    assert!(text.contains("\nlogind: absent: there is no system bus\n"), "{text}");
    assert_eq!(rig.take_events(), []);
}

#[tokio::test]
async fn a_service_that_is_late_or_goes_away_is_followed() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("session-connected"), Holds::Unknown);
    let found = rig.system.report().of(Source::Logind).to_string();
    assert_eq!(found, "absent: nobody has the name org.freedesktop.login1 on the bus");

    let logind = bus.mock("logind", "{}", LOGIND).await;
    rig.until("session-connected", Holds::Unmet).await;
    assert!(matches!(rig.system.report().of(Source::Logind), Found::Present { .. }));
    let noticed = rig.notices();
    drop(logind);
    rig.until("session-connected", Holds::Unknown).await;
    assert!(rig.notices() > noticed);
    assert_eq!(rig.take_events(), [], "nothing happened to any session");
}

#[tokio::test]
async fn a_bus_that_is_lost_makes_its_facts_unknown_and_is_connected_to_again() {
    let mut bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let logind = bus.mock("logind", "{}", LOGIND).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("session-disconnected"), Holds::Met);

    bus.stop();
    rig.until("session-disconnected", Holds::Unknown).await;
    assert!(matches!(rig.system.report().of(Source::Bus), Found::Absent { .. }));
    drop(logind);
    bus.restart();
    let _logind = bus.mock("logind", "{}", LOGIND).await;
    assert_eq!(rig.holds("session-disconnected"), Holds::Unknown, "no time has passed to try again");
    rig.until_later("session-disconnected", Holds::Met).await;
}

#[tokio::test]
async fn a_service_that_does_not_answer_as_it_should_is_unknown_and_asked_again() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let profiles = "net.hadess.PowerProfiles";
    let mock = bus.bare(profiles, "/net/hadess/PowerProfiles", profiles).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("energy-saver-off"), Holds::Unknown);
    let found = rig.system.report().of(Source::PowerProfilesHadess).to_string();
    assert_eq!(
        found,
        "absent: its property net.hadess.PowerProfiles.ActiveProfile is missing or of another type"
    );
    // Adding a property tells nobody.
    mock.call(
        "/net/hadess/PowerProfiles",
        "AddProperty",
        &(profiles, "ActiveProfile", zbus::Variant::from("balanced")),
    )
    .await;
    rig.until_later("energy-saver-off", Holds::Met).await;
}

#[test]
fn a_machine_is_followed_on_a_runtime_and_a_bus_has_an_address() {
    let clock = || -> std::sync::Arc<dyn Clock> { std::sync::Arc::new(SimClock::new()) };
    let error = System::start(&SystemConfig::default(), clock()).unwrap_err();
    assert_eq!(error, SystemError::NoRuntime);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = runtime.enter();
    let mut config = SystemConfig::default();
    config.bus = Some("next door".to_owned());
    let error = System::start(&config, clock()).unwrap_err();
    assert!(matches!(&error, SystemError::BusAddress { address, .. } if address == "next door"), "{error}");
}

#[tokio::test]
async fn a_bus_that_accepts_and_says_nothing_holds_nothing_up_for_long() {
    let (folder, config) = nowhere();
    let _silent = std::os::unix::net::UnixListener::bind(folder.path().join("no-bus")).unwrap();
    let clock = SimClock::new();
    let system = System::start(&config, std::sync::Arc::new(clock.clone())).unwrap();
    wait("the silence", || {
        clock.advance(std::time::Duration::from_secs(1));
        system.report().of(Source::Bus).to_string().ends_with("no answer within 10s")
    })
    .await;
    system.ready().await;
}

#[tokio::test]
async fn a_machine_is_followed_until_its_last_handle_is_gone() {
    let (_folder, config) = nowhere();
    let rig = Rig::start(&config).await;
    let (clock, other) = (rig.clock.clone(), rig.system.clone());
    drop(rig);
    assert!(clock.next_deadline().is_some(), "the bus is tried again");
    assert_eq!(other.report().of(Source::LocalTime).to_string(), "UTC+00");
    drop(other);
    wait("its end", || clock.next_deadline().is_none()).await;
}

#[tokio::test]
async fn the_environment_says_where_the_bus_is() {
    const INSIDE: &str = "DORMOUSE_TEST_BUS_INSIDE";
    if let Ok(address) = std::env::var(INSIDE) {
        let (_folder, mut config) = nowhere();
        config.bus = None;
        let rig = Rig::start(&config).await;
        assert_eq!(rig.system.report().of(Source::Bus).to_string(), address);
        return;
    }
    let bus = Bus::start();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "bus::the_environment_says_where_the_bus_is", "--nocapture"])
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
        .env(INSIDE, bus.address())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
