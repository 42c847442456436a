//! A machine, followed: a network in a namespace of its own, services on a bus of its own, files in folders of its
//! own. Nothing of the machine that the tests run on is changed.
//!
//! Needs root, and the Debian packages `dbus`, `python3-dbusmock`, `iproute2` and `util-linux`.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bus;
mod fixture;
mod local_time;
mod network;
mod network_manager;
mod power;
mod pressure;
mod session;
mod timedated;
