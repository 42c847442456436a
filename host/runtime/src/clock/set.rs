//! Hears from the kernel that the wall clock was set.

#[cfg(target_os = "linux")]
pub(super) use linux::WasSet;
#[cfg(not(target_os = "linux"))]
pub(super) use nowhere::WasSet;

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::sync::Arc;

    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;
    use tokio::runtime::Handle;

    /// A timer of the kernel on the wall clock, for a moment that does not come, which is cancelled when the clock is
    /// set. Waking from sleep sets the clock as well.
    #[derive(Clone, Debug)]
    pub(in super::super) struct WasSet(Arc<AsyncFd<OwnedFd>>);

    impl WasSet {
        /// None if the kernel gives no such timer: it is out of handles, or forbids it.
        ///
        /// # Panics
        ///
        /// If the runtime has no I/O.
        pub(in super::super) fn new(runtime: &Handle) -> Option<Self> {
            let _entered = runtime.enter();
            #[expect(
                deprecated,
                reason = "what may go wrong with handles that are not owned cannot with `OwnedFd`; the other way is `unsafe`"
            )]
            let heard = timer().and_then(|timer| AsyncFd::with_interest(timer, Interest::READABLE));
            match heard {
                Ok(timer) => Some(Self(Arc::new(timer))),
                Err(error) => {
                    tracing::warn!(%error, "the kernel does not tell that the clock is set; looking every minute");
                    None
                }
            }
        }

        /// Ready when the clock has been set; now and then without.
        pub(in super::super) fn notified(&self) -> impl Future<Output = ()> + Send + use<> {
            let timer = self.0.clone();
            async move {
                let Ok(mut ready) = timer.readable().await else {
                    // The runtime is being shut down, and whoever waits with it.
                    return std::future::pending().await;
                };
                // Read empty, so that who waits next is not told of the same. Twice: the first answer is that it was
                // cancelled, unless somebody else who was told as well was faster, the second that there is no more.
                for _ in 0..2 {
                    let read = |timer: &AsyncFd<OwnedFd>| {
                        rustix::io::read(timer.get_ref(), &mut [0; 8]).map_err(io::Error::from)
                    };
                    if ready.try_io(read).is_err() {
                        break;
                    }
                }
            }
        }

        #[cfg(test)]
        pub(super) fn handle(&self) -> &OwnedFd {
            self.0.get_ref()
        }
    }

    fn timer() -> io::Result<OwnedFd> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Realtime, flags)?;
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let never = Itimerspec { it_interval: zero, it_value: Timespec { tv_sec: NEVER, ..zero } };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        rustix::time::timerfd_settime(&timer, flags, &never)?;
        Ok(timer)
    }

    /// The year 2200, in seconds since the epoch: well within what the kernel can count.
    const NEVER: i64 = 7_258_118_400;
}

#[cfg(not(target_os = "linux"))]
mod nowhere {
    use tokio::runtime::Handle;

    /// Nobody tells.
    #[derive(Clone, Debug)]
    pub(in super::super) enum WasSet {}

    impl WasSet {
        pub(in super::super) fn new(_: &Handle) -> Option<Self> {
            None
        }

        pub(in super::super) fn notified(&self) -> std::future::Pending<()> {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::fd::AsRawFd;

    use tokio::runtime::Handle;

    use super::WasSet;

    /// What the kernel says of the timer is all that a test can see: the machine's clock is not a test's to set.
    #[tokio::test]
    async fn the_kernel_is_asked_to_tell_that_the_wall_clock_was_set() {
        let set = WasSet::new(&Handle::current()).unwrap();
        let info = format!("/proc/self/fdinfo/{}", set.handle().as_raw_fd());
        let info = std::fs::read_to_string(info).unwrap();
        let field = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim_start_matches(':').trim().to_owned()
        };
        // CLOCK_REALTIME; TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET.
        assert_eq!((field("clockid").as_str(), field("settime flags").as_str()), ("0", "03"), "{info}");
    }

    #[tokio::test]
    async fn nobody_is_told_while_the_clock_is_not_set() {
        let set = WasSet::new(&Handle::current()).unwrap();
        let mut told = std::pin::pin!(set.notified());
        for _ in 0..100 {
            assert!(futures::poll!(&mut told).is_pending());
            tokio::task::yield_now().await;
        }
    }
}
