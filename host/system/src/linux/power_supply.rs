//! The kernel's own list of batteries and adapters, for machines without UPower.

use std::io;
use std::path::{Path, PathBuf};

use super::uevent::Uevents;
use super::{Follower, read_at_most};
use crate::power::{Battery, Device, charge, supply};
use crate::report::{Found, Source};

/// How many supplies are looked at.
const DEVICES_MAX: usize = 64;

/// The kernel's attributes are shorter than a page.
const ATTRIBUTE_BYTES_MAX: u64 = 4096;

/// Reads the list in `folder` now, and after each of the kernel's notices of it.
pub(crate) async fn run(follower: Follower, folder: PathBuf) {
    let uevents = Uevents::open("power_supply");
    follow(&follower, &folder, uevents).await;
}

async fn follow(follower: &Follower, folder: &Path, mut uevents: io::Result<Uevents>) {
    loop {
        let found = match devices(folder) {
            Ok(devices) => {
                follower.board.update(|facts| facts.power.class = Some(supply(&devices)));
                Found::present(match &uevents {
                    Ok(_) => "followed by uevents".to_owned(),
                    Err(why) => format!("read once, at the start: no uevents: {why}"),
                })
            }
            Err(why) => {
                follower.board.update(|facts| facts.power.class = None);
                Found::absent(format_args!("{}: {why}", folder.display()))
            }
        };
        follower.board.found(Source::PowerSupply, found);
        match &mut uevents {
            Ok(notices) => {
                if let Err(why) = notices.next().await {
                    uevents = Err(why);
                }
            }
            Err(_) => return,
        }
    }
}

fn devices(folder: &Path) -> io::Result<Vec<Device>> {
    let mut devices = Vec::new();
    for (count, entry) in std::fs::read_dir(folder)?.enumerate() {
        if count >= DEVICES_MAX {
            let refusal = format!("there are more than {DEVICES_MAX} power supplies, and no more are read");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, refusal));
        }
        devices.extend(device(&entry?.path()));
    }
    Ok(devices)
}

/// None if it feeds something else, such as a mouse, or went while it was read.
fn device(folder: &Path) -> Option<Device> {
    let attribute = |name: &str| {
        let bytes = read_at_most(&folder.join(name), ATTRIBUTE_BYTES_MAX).ok()?;
        String::from_utf8(bytes).ok().map(|text| text.trim().to_owned())
    };
    if attribute("scope").is_some_and(|scope| scope == "Device") {
        return None;
    }
    match attribute("type")?.as_str() {
        "Battery" => {
            let present = attribute("present").is_none_or(|present| present != "0");
            let state = match attribute("status").as_deref() {
                _ if !present => Battery::NotPresent,
                Some("Discharging") => Battery::Discharging,
                Some("Charging") => Battery::Charging,
                _ => Battery::Idle,
            };
            let percent = attribute("capacity").and_then(|text| text.parse().ok()).and_then(charge);
            Some(Device::Battery { state, percent })
        }
        "Mains" | "USB" | "Wireless" => {
            attribute("online").map(|online| Device::Adapter { online: online != "0" })
        }
        // A UPS, which programs of its own look after, and what no kernel knew when this was written.
        _ => None,
    }
}

#[cfg(test)]
mod tests;
