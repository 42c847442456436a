//! What Dormouse knows of the machine it runs on: whether somebody is there, what the network is like, where the
//! power comes from, what time it is on the wall, and how busy the processors are.
//!
//! [`System`] follows those facts and gives them to a host twice: as a
//! [`ConditionProvider`](dormouse_core::ConditionProvider), whose answers come from memory, and as a
//! [`SignalSource`](dormouse_core::SignalSource), which raises
//! [`SystemEvent`](dormouse_core::SystemEvent)s. It needs neither the sandbox nor a store:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use dormouse_core::{Clock, Condition, ConditionProvider};
//! # use dormouse_system::{System, SystemConfig};
//! # async fn example(clock: Arc<dyn Clock>) -> Result<(), dormouse_system::SystemError> {
//! let system = System::start(&SystemConfig::default(), clock)?;
//! system.ready().await;
//! println!("{}", system.report());
//! println!("{}", system.holds(&Condition::InternetAvailable));
//! # Ok(())
//! # }
//! ```
//!
//! | conditions, events | are read from |
//! | --- | --- |
//! | `internet-*`, `free-network-available`, `network-state-change` | NetworkManager, else links, addresses and routes over rtnetlink |
//! | `user-*`, `session-*` | logind |
//! | `external-power`, `battery-above`, `power-state-change` | UPower, else `/sys/class/power_supply` with its uevents |
//! | `energy-saver-off` | power-profiles-daemon |
//! | `time-zone-change` | `/etc/localtime`, where that is unreadable timedated; the transitions of the zone, and settings of the clock |
//! | `load-below`, and whether memory is short | `/proc/pressure` |
//! | the work cost | pressure, power and presence together: see [`System::work_cost`](dormouse_core::ConditionProvider::work_cost) |
//!
//! Nothing of this needs to be there. What is not is unknown, is named in [`System::report`], and is followed as
//! soon as it appears. No service is started that does not run. Time zones of processes (`TZ`) are not looked at:
//! they do not change.
//!
//! Linux only, so far. On other systems all is unknown.

// What is decided here is the same everywhere; only Linux has somebody who asks.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is read on this system yet"))]

mod answers;
mod board;
mod config;
mod cost;
mod edges;
mod error;
mod network;
mod power;
mod pressure;
mod report;
mod session;
mod settle;
mod system;
mod time_zone;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
use elsewhere as machine;
#[cfg(target_os = "linux")]
use linux as machine;

pub use config::SystemConfig;
pub use error::SystemError;
pub use report::{Found, Report, Source};
pub use system::System;
