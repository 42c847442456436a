//! NetworkManager knows how far one gets, and what it costs.

use dormouse_core::{Holds, SystemEvent};
use dormouse_system::{Found, Source};
use zbus::Variant;

use crate::fixture::{Bus, Rig, nowhere};

const PATH: &str = "/org/freedesktop/NetworkManager";
const NAME: &str = "org.freedesktop.NetworkManager";

#[tokio::test]
async fn the_manager_decides_what_is_reachable_and_free() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let manager = bus.mock("networkmanager", "{}", NAME).await;
    manager.call(PATH, "AddProperty", &(NAME, "Metered", Variant::from(1u32))).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("internet-available"), Holds::Met);
    assert_eq!(rig.holds("free-network-available"), Holds::Unmet);

    manager.update(PATH, NAME, &[("Metered", 4u32.into())]).await;
    rig.until("free-network-available", Holds::Met).await;
    rig.until_events(&[SystemEvent::NetworkStateChange]).await;

    manager.update(PATH, NAME, &[("Connectivity", 3u32.into())]).await;
    rig.until("internet-available", Holds::Unmet).await;
    assert_eq!(rig.holds("internet-not-available"), Holds::Met);
    rig.until_events(&[SystemEvent::NetworkStateChange]).await;

    // A login page is not the internet, and what is as before is no news.
    manager.update(PATH, NAME, &[("Connectivity", 2u32.into())]).await;
    manager.update(PATH, NAME, &[("Connectivity", 4u32.into())]).await;
    rig.until("internet-available", Holds::Met).await;
    rig.until_events(&[SystemEvent::NetworkStateChange, SystemEvent::InternetAvailable]).await;
}

#[tokio::test]
async fn a_burst_of_changes_is_one() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let manager = bus.mock("networkmanager", "{}", NAME).await;
    manager.call(PATH, "AddProperty", &(NAME, "Metered", Variant::from(1u32))).await;
    manager.update(PATH, NAME, &[("Connectivity", 1u32.into())]).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("internet-available"), Holds::Unmet);
    for (connectivity, holds) in [(4u32, Holds::Met), (1, Holds::Unmet), (4, Holds::Met), (1, Holds::Unmet)] {
        manager.update(PATH, NAME, &[("Connectivity", connectivity.into())]).await;
        rig.until("internet-available", holds).await;
    }
    manager.update(PATH, NAME, &[("Metered", 2u32.into())]).await;
    rig.until("free-network-available", Holds::Met).await;
    assert_eq!(rig.take_events(), [], "it is not quiet before time passes");
    rig.until_events(&[SystemEvent::NetworkStateChange]).await;
    manager.update(PATH, NAME, &[("Connectivity", 4u32.into())]).await;
    rig.until_events(&[SystemEvent::NetworkStateChange, SystemEvent::InternetAvailable]).await;
}

#[tokio::test]
async fn a_manager_that_restarts_makes_no_events() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let manager = bus.mock("networkmanager", "{}", NAME).await;
    let rig = Rig::start(&config).await;
    let here = || matches!(rig.system.report().of(Source::NetworkManager), Found::Present { .. });
    assert!(here());
    drop(manager);
    rig.wait("it to be away", || !here()).await;
    rig.settle().await;
    let _manager = bus.mock("networkmanager", "{}", NAME).await;
    rig.wait("it to be back", here).await;
    rig.settle().await;
    assert_eq!(rig.take_events(), []);
}
