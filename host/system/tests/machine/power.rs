//! Power comes from the wall or from a battery, and is saved or not.

use dormouse_core::{ConditionProvider, Holds, SystemEvent, WorkCost};
use zbus::Variant;

use crate::fixture::{Bus, Rig, nowhere, write};

const ROOT: &str = "/org/freedesktop/UPower";
const UPOWER: &str = "org.freedesktop.UPower";
const DISPLAY: &str = "/org/freedesktop/UPower/devices/DisplayDevice";
const DEVICE: &str = "org.freedesktop.UPower.Device";

#[tokio::test]
async fn pulling_the_plug_is_seen_and_told() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let upower = bus.mock("upower", "{}", UPOWER).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("external-power"), Holds::Met, "there is no battery");
    assert_eq!(rig.holds("battery-above:99"), Holds::Met, "there is no battery");

    let full = [
        ("IsPresent", true.into()),
        ("Type", 2u32.into()),
        ("State", 4u32.into()),
        ("Percentage", 80.5f64.into()),
    ];
    upower.update(DISPLAY, DEVICE, &full).await;
    rig.until_events(&[SystemEvent::PowerStateChange]).await;
    assert_eq!(rig.holds("battery-above:80"), Holds::Met);
    assert_eq!(rig.holds("battery-above:81"), Holds::Unmet);
    assert_eq!(rig.system.work_cost(), Some(WorkCost::Low));

    upower.update(ROOT, UPOWER, &[("OnBattery", true.into())]).await;
    rig.until("external-power", Holds::Unmet).await;
    assert_eq!(rig.system.work_cost(), Some(WorkCost::Medium), "whether somebody is there is not known");
    upower.update(DISPLAY, DEVICE, &[("State", 2u32.into()), ("Percentage", 12.0f64.into())]).await;
    rig.until_events(&[SystemEvent::PowerStateChange]).await;
    assert_eq!(rig.holds("battery-above:12"), Holds::Unmet);

    // Somebody could be there; nobody is.
    let _logind = bus.mock("logind", "{}", "org.freedesktop.login1").await;
    rig.until("user-not-present", Holds::Met).await;
    assert_eq!(rig.system.work_cost(), Some(WorkCost::High));

    upower.update(ROOT, UPOWER, &[("OnBattery", false.into())]).await;
    rig.until("external-power", Holds::Met).await;
    upower.update(DISPLAY, DEVICE, &[("State", 1u32.into())]).await;
    rig.until_events(&[SystemEvent::PowerStateChange]).await;
    drop(upower);
    rig.until("external-power", Holds::Unknown).await;
}

#[tokio::test]
async fn without_upower_the_kernels_list_is_read() {
    let (folder, mut config) = nowhere();
    let supplies = folder.path().join("power_supply");
    for (file, text) in [
        ("AC/type", "Mains"),
        ("AC/online", "0"),
        ("BAT0/type", "Battery"),
        ("BAT0/status", "Discharging"),
        ("BAT0/capacity", "42"),
    ] {
        write(supplies.join(file), text);
    }
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("external-power"), Holds::Unmet);
    assert_eq!(rig.holds("battery-above:41"), Holds::Met);
    assert_eq!(rig.holds("battery-above:42"), Holds::Unmet);

    // With UPower, that decides.
    let bus = Bus::start();
    config.bus = Some(bus.address().to_owned());
    let _upower = bus.mock("upower", "{}", UPOWER).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("external-power"), Holds::Met);
}

#[tokio::test]
async fn the_power_saver_is_on_or_off_under_either_name() {
    let bus = Bus::start();
    let (_folder, mut config) = nowhere();
    config.bus = Some(bus.address().to_owned());
    let hadess = "net.hadess.PowerProfiles";
    let old = bus.mock("power_profiles_daemon", "{}", hadess).await;
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("energy-saver-off"), Holds::Met);
    old.update("/net/hadess/PowerProfiles", hadess, &[("ActiveProfile", "power-saver".into())]).await;
    rig.until("energy-saver-off", Holds::Unmet).await;
    old.update("/net/hadess/PowerProfiles", hadess, &[("ActiveProfile", "performance".into())]).await;
    rig.until("energy-saver-off", Holds::Met).await;

    let (path, name) = ("/org/freedesktop/UPower/PowerProfiles", "org.freedesktop.UPower.PowerProfiles");
    let new = bus.bare(name, path, name).await;
    new.call(path, "AddProperty", &(name, "ActiveProfile", Variant::from("balanced"))).await;
    new.update(path, name, &[("ActiveProfile", "power-saver".into())]).await;
    rig.until("energy-saver-off", Holds::Unmet).await;
    drop(new);
    rig.until("energy-saver-off", Holds::Met).await;
    drop(old);
    rig.until("energy-saver-off", Holds::Unknown).await;
    assert_eq!(rig.take_events(), []);
}
