use std::sync::Arc;

use dormouse_core::SimClock;

use super::*;
use crate::board::Board;

fn write(folder: &Path, device: &str, attributes: &[(&str, &str)]) {
    let folder = folder.join(device);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, value) in attributes {
        std::fs::write(folder.join(name), format!("{value}\n")).unwrap();
    }
}

#[test]
fn the_kernels_list_is_read_as_it_is_on_a_laptop() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "AC", &[("type", "Mains"), ("online", "0")]);
    write(folder.path(), "BAT0", &[("type", "Battery"), ("status", "Discharging"), ("capacity", "73")]);
    write(folder.path(), "BAT1", &[("type", "Battery"), ("present", "0"), ("status", "Unknown")]);
    write(folder.path(), "mouse", &[("type", "Battery"), ("scope", "Device"), ("status", "Discharging")]);
    write(folder.path(), "nothing", &[]);
    let read = supply(&devices(folder.path()).unwrap());
    assert_eq!((read.external, read.battery, read.charge), (false, Battery::Discharging, Some(73)));
    write(folder.path(), "AC", &[("online", "1")]);
    write(folder.path(), "BAT0", &[("status", "Not charging"), ("capacity", "rubbish")]);
    let read = supply(&devices(folder.path()).unwrap());
    assert_eq!((read.external, read.battery, read.charge), (true, Battery::Idle, None));
}

#[test]
fn no_more_supplies_and_no_longer_attributes_are_read_than_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..DEVICES_MAX {
        write(folder.path(), &format!("BAT{index}"), &[]);
    }
    assert!(devices(folder.path()).is_ok());
    write(folder.path(), "one more", &[]);
    let error = devices(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "there are more than 64 power supplies, and no more are read");

    let long = " ".repeat(5000);
    write(folder.path(), "long", &[("type", &format!("Mains{long}")), ("online", "1")]);
    assert_eq!(device(&folder.path().join("long")), None);
}

/// The loopback link stands in for a battery: the kernel tells of it when it is asked to.
#[tokio::test]
async fn the_list_is_read_again_when_the_kernel_tells() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "AC", &[("type", "Mains"), ("online", "1")]);
    write(folder.path(), "BAT0", &[("type", "Battery"), ("status", "Full"), ("capacity", "100")]);
    let follower = Follower { board: Arc::new(Board::default()), clock: Arc::new(SimClock::new()) };
    let noticed = Arc::new(tokio::sync::Notify::new());
    let notice = noticed.clone();
    follower.board.subscribe(Box::new(move || notice.notify_one()));
    let told = async {
        noticed.notified().await;
        let external =
            |follower: &Follower| follower.board.answers().holds(&dormouse_core::Condition::ExternalPower);
        assert_eq!(external(&follower), dormouse_core::Holds::Met);
        write(folder.path(), "AC", &[("online", "0")]);
        write(folder.path(), "BAT0", &[("status", "Discharging")]);
        std::fs::write("/sys/class/net/lo/uevent", "change")
            .expect("this test has the kernel tell of the loopback link, and must be root for that");
        noticed.notified().await;
        assert_eq!(external(&follower), dormouse_core::Holds::Unmet);
    };
    let uevents = Uevents::open("net");
    assert!(uevents.is_ok(), "{:?}", uevents.err());
    tokio::select! {
        () = follow(&follower, folder.path(), uevents) => panic!("it ended"),
        () = told => {}
    }
}
