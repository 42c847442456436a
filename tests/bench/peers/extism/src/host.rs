//! What a plug-in can call.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;

/// How long is waited for plug-ins.
const PATIENCE: Duration = Duration::from_secs(60);

type Function = Box<dyn Fn() -> Result<(), extism::Error> + Send + Sync>;

thread_local! {
    /// When the plug-in that this thread ran last called its host.
    static FIRST: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// When the plug-in that this thread ran last made its first call; once for each call.
pub(crate) fn first() -> Option<Instant> {
    FIRST.take()
}

/// Where plug-ins wait, and are waited for.
#[derive(Default)]
pub(crate) struct Host {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    entered: u32,
    open: bool,
}

impl Host {
    /// The function that a plug-in imports, if it does, by its name. It takes and answers nothing.
    pub(crate) fn function(this: &Arc<Self>, plugin: &str) -> Option<(&'static str, Function)> {
        let host = this.clone();
        Some(match plugin {
            "first" => (
                "first",
                Box::new(|| {
                    FIRST.set(Some(Instant::now()));
                    Ok(())
                }),
            ),
            "spin" => (
                "enter",
                Box::new(move || {
                    drop(host.enter());
                    Ok(())
                }),
            ),
            "wait" => (
                "wait",
                Box::new(move || {
                    let mut state = host.enter();
                    while !state.open {
                        state = host.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    }
                    Ok(())
                }),
            ),
            _ => return None,
        })
    }

    fn enter(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.entered += 1;
        self.changed.notify_all();
        state
    }

    /// Returns when so many have entered since this was called last.
    ///
    /// # Errors
    ///
    /// One of them has not, for a minute.
    pub(crate) fn entered(&self, count: u32) -> anyhow::Result<()> {
        let waited = self.changed.wait_timeout_while(self.lock(), PATIENCE, |state| state.entered < count);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        let entered = std::mem::take(&mut state.entered);
        ensure!(!waited.timed_out(), "only {entered} of {count} plug-ins have called their host");
        Ok(())
    }

    /// Lets those go on that wait.
    pub(crate) fn open(&self) {
        self.lock().open = true;
        self.changed.notify_all();
    }

    /// From now on they wait again.
    pub(crate) fn close(&self) {
        self.lock().open = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
