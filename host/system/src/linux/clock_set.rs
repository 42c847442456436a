//! Tells when the wall clock jumped: it was set, or the machine slept.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::awaited;

/// A timer that is canceled when its clock jumps.
pub(crate) struct ClockSet(AsyncFd<OwnedFd>);

/// Far beyond every machine's life, and within what every kernel holds.
const NEVER: Timespec = Timespec { tv_sec: 1 << 40, tv_nsec: 0 };

impl ClockSet {
    /// From now on hears of jumps.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub(crate) fn open() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        arm(&timer)?;
        Ok(Self(awaited(timer, Interest::READABLE)?))
    }

    /// Waits for the next jump.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub(crate) async fn next(&self) -> io::Result<()> {
        loop {
            let mut readable = self.0.readable().await?;
            // Being read is what makes it tell of the next jump as well.
            match rustix::io::read(self.0.get_ref(), &mut [0; 8]) {
                Err(Errno::AGAIN) => readable.clear_ready(),
                Err(Errno::CANCELED) | Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn arm(timer: &OwnedFd) -> io::Result<()> {
    let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(timer, flags, &Itimerspec { it_interval: zero, it_value: NEVER })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves the clock by a nanosecond: `adjtimex` with `ADJ_SETOFFSET` and `ADJ_NANO`.
    const SET: &str = "import ctypes, sys
timex = ctypes.create_string_buffer(1024)
ctypes.c_uint.from_buffer(timex, 0).value = 0x2100
ctypes.c_long.from_buffer(timex, 80).value = 1
sys.exit(ctypes.CDLL(None, use_errno=True).adjtimex(timex) < 0 and ctypes.get_errno())";

    fn set() {
        let status = std::process::Command::new("/usr/bin/python3").args(["-c", SET]).status().unwrap();
        assert!(
            status.success(),
            "this test sets the clock by a nanosecond, and must be root for that: {status}"
        );
    }

    #[tokio::test]
    async fn every_setting_of_the_clock_is_told_once_and_nothing_else_is() {
        let clock = ClockSet::open().unwrap();
        for round in 0..3 {
            let told = futures::FutureExt::now_or_never(clock.next());
            assert!(told.is_none(), "round {round}: {told:?}");
            set();
            clock.next().await.unwrap();
        }
    }
}
