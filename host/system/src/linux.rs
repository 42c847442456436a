//! Who follows the facts on Linux: one file for each source.

mod backoff;
mod bus;
mod clock_set;
mod local_time;
mod logind;
mod network_manager;
mod power_profiles;
mod power_supply;
mod pressure;
mod rtnetlink;
mod service;
mod timedated;
mod uevent;
mod upower;

use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::Clock;
use dormouse_core::clock::BoxSleep;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::board::Board;
use crate::config::SystemConfig;
use crate::error::SystemError;

/// What everybody who follows a fact has: where to write it, and how to wait.
#[derive(Clone)]
struct Follower {
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
}

impl Follower {
    fn sleep(&self, span: Duration) -> BoxSleep {
        self.clock.sleep_until(self.clock.now() + span)
    }
}

/// Has `spawn` run those who follow. They end by being dropped.
pub(crate) fn start(
    config: &SystemConfig,
    board: &Arc<Board>,
    clock: &Arc<dyn Clock>,
    mut spawn: impl FnMut(Pin<Box<dyn Future<Output = ()> + Send>>),
) -> Result<(), SystemError> {
    let address = bus::address(config.bus.as_deref())?;
    let follower = Follower { board: board.clone(), clock: clock.clone() };
    spawn(Box::pin(bus::run(follower.clone(), address)));
    spawn(Box::pin(rtnetlink::run(follower.clone())));
    spawn(Box::pin(power_supply::run(follower.clone(), config.power_supply.clone())));
    spawn(Box::pin(local_time::run(follower.clone(), config.localtime.clone())));
    spawn(Box::pin(pressure::run(follower, config.pressure.clone())));
    Ok(())
}

/// Reads a file of the system's, which has at most `bytes_max` bytes.
fn read_at_most(path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let refusal = format!("it has more than {bytes_max} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, refusal));
    }
    Ok(bytes)
}

/// Has the runtime wait for `interest` of a file.
#[expect(
    deprecated,
    reason = "its successor is unsafe for types that may close their file; an `OwnedFd` does not"
)]
fn awaited(file: OwnedFd, interest: Interest) -> std::io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(file, interest)
}
