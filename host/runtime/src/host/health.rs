//! Does it still go round?

use std::fmt;
use std::time::Duration;

use dormouse_core::StoreError;

use super::Host;
use crate::shared::Pulse;

/// Looks at a loop that is at work, within the time that it has to come to another turn.
const LOOKS: u32 = 20;

/// Why a host is not healthy.
#[derive(Clone, Debug)]
pub struct Unhealthy {
    /// All that was found.
    pub ailments: Vec<Ailment>,
}

/// What is wrong with a host.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Ailment {
    /// One of its loops ended.
    #[error("its loop `{part}` ended: {why}; start the host again")]
    Died {
        /// Which: the name of its station.
        part: &'static str,
        /// What it said.
        why: String,
    },
    /// One of its loops does not go on.
    #[error("its loop `{part}` has not gone on for {waited:?}")]
    Hangs {
        /// Which: the name of its station.
        part: &'static str,
        /// How long it was given.
        waited: Duration,
    },
    /// The store answered with an error.
    #[error("its store does not do what it should: {0}")]
    Store(#[source] StoreError),
    /// The store answers, and the last that the host wrote was not taken.
    #[error("its store has taken no write for {ago:?}: {error}; see to its disk")]
    Unwritten {
        /// What it said.
        #[source]
        error: StoreError,
        /// How long ago.
        ago: Duration,
    },
    /// The store did not answer.
    #[error("its store has not answered for {waited:?}")]
    StoreHangs {
        /// How long it was given.
        waited: Duration,
    },
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host is not healthy: ")?;
        for (n, ailment) in self.ailments.iter().enumerate() {
            let between = if n == 0 { "" } else { "; " };
            write!(f, "{between}{ailment}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Unhealthy {}

impl Host {
    /// Whether each of its loops goes round and its store answers a read, within `within`, and whether the
    /// last firing, lease or end of a run was written. A loop that waits for the
    /// time or for something to do is well; so the answer comes at once if nothing is wrong. For a watchdog.
    ///
    /// # Errors
    ///
    /// [`Unhealthy`] says everything that is wrong.
    pub async fn healthy(&self, within: Duration) -> Result<(), Unhealthy> {
        let shared = self.shared();
        let deadline = shared.clock.now() + within;
        let mut ailments = Vec::new();
        // The loops of a host that has stopped have ended, as they should.
        let loops = || shared.pulses.started().filter(|_| !*shared.wake.stop.borrow());
        let mut at_work: Vec<(&Pulse, u64)> =
            loops().filter_map(|pulse| Some((pulse, pulse.at_work()?))).collect();
        tokio::select! {
            biased;
            read = shared.store.head() => ailments.extend(read.err().map(Ailment::Store)),
            () = shared.clock.sleep_until(deadline) => ailments.push(Ailment::StoreHangs { waited: within }),
        }
        loop {
            at_work.retain(|(pulse, turn)| pulse.died().is_none() && pulse.at_work() == Some(*turn));
            let now = shared.clock.now();
            if at_work.is_empty() || now >= deadline {
                break;
            }
            shared.clock.sleep_until((now + within / LOOKS).min(deadline)).await;
        }
        let stopped = *shared.wake.stop.borrow();
        let hanging = at_work.iter().filter(|_| !stopped);
        ailments.extend(hanging.map(|(pulse, _)| Ailment::Hangs { part: pulse.name(), waited: within }));
        let unwritten = shared.writes.failed();
        ailments.extend(
            unwritten.map(|(at, error)| Ailment::Unwritten { error, ago: shared.clock.now().since(at) }),
        );
        let dead = loops().filter_map(|pulse| Some((pulse.name(), pulse.died()?.to_owned())));
        ailments.extend(dead.map(|(part, why)| Ailment::Died { part, why }));
        if ailments.is_empty() { Ok(()) } else { Err(Unhealthy { ailments }) }
    }
}
