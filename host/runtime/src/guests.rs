//! The threads that run guests, and nothing else.
//!
//! In two lanes. A run begins in the quick one; once it has used more CPU time than most ever need it goes on in
//! the slow one, whose threads the operating system puts behind those of the first. So a guest that spins takes what is
//! left of the cores, and one that has little to do is not behind it in a queue. Runs that are over at once do not come here
//! at all: see [`run`](crate::drive::run).

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// The threads that run guests.
pub(crate) struct Guests(Option<[Runtime; 2]>);

/// Where guests are polled.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    quick: Handle,
    /// None: there is one thread for everything, as on simulated time.
    slow: Option<Handle>,
}

impl Guests {
    /// None of their own: guests are polled where everything else is.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn start(threads: usize) -> io::Result<Self> {
        // No timers and no I/O here: guests' own are made on the control runtime, so that one that spins
        // cannot hold them up.
        let quick = lane(threads).thread_name("dormouse-guest").build()?;
        let slow = lane(threads).thread_name("dormouse-slow").on_thread_start(step_back).build()?;
        Ok(Self(Some([quick, slow])))
    }

    /// Where guests are polled: `control`, if they have no threads of their own.
    pub(crate) fn lanes(&self, control: &Handle) -> Lanes {
        match &self.0 {
            Some([quick, slow]) => Lanes { quick: quick.handle().clone(), slow: Some(slow.handle().clone()) },
            None => Lanes { quick: control.clone(), slow: None },
        }
    }
}

fn lane(threads: usize) -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads);
    builder
}

impl Lanes {
    /// A run begins.
    pub(crate) fn spawn(&self, run: impl Future<Output = ()> + Send + 'static) {
        self.quick.spawn(run);
    }

    /// Whether there is a slow lane.
    pub(crate) const fn are_two(&self) -> bool {
        self.slow.is_some()
    }

    /// A run that computes goes on.
    pub(crate) fn spawn_slow(&self, run: impl Future<Output = ()> + Send + 'static) {
        self.slow.as_ref().unwrap_or(&self.quick).spawn(run);
    }
}

/// By how much the threads of the slow lane are nicer than those of the quick one: some tenth of the share of a core that
/// both want.
#[cfg(target_os = "linux")]
const NICER_BY: i32 = 10;

/// Puts this thread behind all others of the host. On Linux a priority is a thread's; elsewhere it is the process's, and
/// the lanes are equal.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        // Nobody is refused to be nicer. If it were, the lanes are equal, and that is all.
        let nicer = getpriority_process(None).and_then(|nice| setpriority_process(None, nice + NICER_BY));
        if let Err(error) = nicer {
            tracing::debug!(%error, "guests that compute run as those that do not");
        }
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        for runtime in self.0.take().into_iter().flatten() {
            // A host may be dropped inside a runtime, where waiting for threads is not allowed.
            runtime.shutdown_background();
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;

    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn who_computes_is_behind_who_does_not() {
        let control = Builder::new_current_thread().build().expect("a runtime");
        let guests = Guests::start(1).expect("threads");
        let lanes = guests.lanes(control.handle());
        assert!(lanes.are_two());
        let (told, nice) = mpsc::channel();
        let tell = |told: mpsc::Sender<_>| async move {
            let _ = told.send(getpriority_process(None));
        };
        lanes.spawn(tell(told.clone()));
        let quick = nice.recv().expect("an answer").expect("a priority");
        lanes.spawn_slow(tell(told));
        let slow = nice.recv().expect("an answer").expect("a priority");
        assert_eq!(slow, (quick + NICER_BY).min(19));
    }

    #[test]
    fn where_there_is_one_thread_there_is_one_lane() {
        let control = Builder::new_current_thread().build().expect("a runtime");
        assert!(!Guests::none().lanes(control.handle()).are_two());
    }
}
