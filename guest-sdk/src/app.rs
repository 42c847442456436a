//! Apps: components that live longer than one run.
//!
//! An app is launched, shown and hidden, suspended with its memory intact, resumed, and ended without notice; between
//! all of that its background tasks may run in it. It is a type with handlers:
//!
//! ```no_run
//! use std::cell::RefCell;
//! use std::rc::Rc;
//!
//! use dormouse_guest::app::{App, LaunchArgs, Transition};
//! use dormouse_guest::settings;
//!
//! #[derive(Default)]
//! struct Notes {
//!     text: RefCell<String>,
//! }
//!
//! #[dormouse_guest::app]
//! impl App for Notes {
//!     async fn launched(self: Rc<Self>, args: LaunchArgs) {
//!         if args.previous.restores()
//!             && let Ok(Some(text)) = settings::get_str("text")
//!         {
//!             self.text.replace(text);
//!         }
//!     }
//!
//!     async fn suspending(self: Rc<Self>, _: Transition) {
//!         if let Err(e) = settings::set("text", &*self.text.borrow()) {
//!             eprintln!("nothing is saved: {e}");
//!         }
//!     }
//! }
//! ```
//!
//! ```toml
//! [app]
//! component = "notes.wasm"
//! activations = ["file", "protocol"]   # besides launch
//! ```
//!
//! # What to know
//!
//! - **One value, shared.** It is made by `Default` for the first handler, and all get the same one as
//!   `Rc<Self>`. Handlers overlap wherever they wait: hold what changes in a `Cell` or a `RefCell`, and borrow it for
//!   no longer than a statement, never over an `.await`.
//! - **There is no handler for the end.** Save in [`suspending`](App::suspending). What comes after is a next launch
//!   that says [what the app was](PreviousExecutionState).
//! - **A handler has a deadline.** One that does not return by then ends the app; so does a panic, in any of them.
//! - **While it is suspended nothing goes on.** No future is polled, no timer is kept: a [`sleep`] that was due then is
//!   over when the app resumes. Only what ended of the app's tasks meanwhile is told, after
//!   [`resuming`](App::resuming).
//! - **Files and sockets** that others may need are to be released in `suspending`, and taken back in `resuming`: the
//!   host closes nothing for the app, and a connection may be gone when it comes back.
//!
//! # From a task to an app, and back
//!
//! A background task is the same function in both: what it is told and what it may do does not change. Its own
//! component, out of the app's process (UWP-120):
//!
//! ```no_run
//! use dormouse_guest::{BackgroundTaskInstance, TaskError, settings};
//!
//! #[dormouse_guest::task]
//! async fn autosave(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
//!     settings::set("saved-by", instance.activation().name)?;
//!     Ok(())
//! }
//! ```
//!
//! ```toml
//! [[registrations]]
//! name = "autosave"
//! trigger = { every = "15m" }
//! entry-point = "autosave"             # this line names the component
//! ```
//!
//! In the app's instance, with what the app has in memory:
//!
//! ```no_run
//! # use std::rc::Rc;
//! # use dormouse_guest::app::{App, LaunchArgs};
//! use dormouse_guest::{BackgroundTaskInstance, TaskError, settings};
//!
//! # #[derive(Default)]
//! # struct Notes;
//! #[dormouse_guest::app]
//! impl App for Notes {
//!     # async fn launched(self: Rc<Self>, _: LaunchArgs) {}
//!     async fn background_activated(self: Rc<Self>, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
//!         settings::set("saved-by", instance.activation().name)?;
//!         Ok(())
//!     }
//! }
//! ```
//!
//! ```toml
//! [[registrations]]
//! name = "autosave"
//! trigger = { every = "15m" }
//! ```
//!
//! What changes is what surrounds it: in the app a task shares the memory and its limit, and one that has to be ended
//! by force takes the app with it.

mod args;
pub mod control;
mod events;
mod memory;
mod previous;
mod transition;

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use crate::bindings::app::dormouse::background::app_waiting;
use crate::error::TaskError;
use crate::instance::BackgroundTaskInstance;
use crate::millis;

pub use args::{
    ActivatedArgs, ActivationKind, CommandLine, CustomActivation, Item, LaunchArgs, ResumingArgs,
};
pub use events::{TaskCompletion, TaskProgress};
pub use memory::{AppMemory, MemoryChange, MemoryLevel, MemoryLimit, MemoryUsage};
pub use previous::PreviousExecutionState;
pub use transition::{Transition, TransitionDeferral};

/// An app. Put `#[dormouse_guest::app]` on the `impl` block; it exports the type as the component's app. See the
/// [module](self) for an example.
///
/// Of [`launched`](Self::launched), [`activated`](Self::activated), [`entered_background`](Self::entered_background),
/// [`leaving_background`](Self::leaving_background), [`suspending`](Self::suspending), [`resuming`](Self::resuming) and
/// [`memory_limit_changing`](Self::memory_limit_changing) one is called at a time: the next one comes when the one
/// before has returned and its deferrals are complete. Any number of
/// [`background_activated`](Self::background_activated) and [`group_activated`](Self::group_activated) may be under way
/// beside that, and one each of [`memory_usage_changed`](Self::memory_usage_changed), [`completed`](Self::completed) and
/// [`progressed`](Self::progressed).
pub trait App: Default + 'static {
    /// The user launches the app, or it is launched ahead of that. It is in the background:
    /// [`leaving_background`](Self::leaving_background) follows before it can be seen. Also called in an app that runs,
    /// if there are arguments (UWP-131).
    fn launched(self: Rc<Self>, args: LaunchArgs) -> impl Future<Output = ()>;

    /// The app is activated for something else than a launch: for what the manifest says that it takes. If it is not
    /// written, the activation is only logged on stderr.
    fn activated(self: Rc<Self>, args: ActivatedArgs) -> impl Future<Output = ()> {
        async move { not_written("activated", args.kind.as_str()) }
    }

    /// A registration without an entry point and outside any group fires: a background task, in the app's own instance
    /// (UWP-120). The answer is the run's result. The limits of a run hold for it, but a run that has to be ended by
    /// force takes the whole app with it.
    ///
    /// # Errors
    ///
    /// The run did not succeed; see [`TaskError`] for the two ways to say so. Always, if the handler is not written.
    fn background_activated(
        self: Rc<Self>,
        instance: BackgroundTaskInstance,
    ) -> impl Future<Output = Result<(), TaskError>> {
        async move { no_handler(&instance) }
    }

    /// As [`background_activated`](Self::background_activated), of a registration in the group `group`: those go here
    /// and never there (UWP-121).
    ///
    /// # Errors
    ///
    /// As [`background_activated`](Self::background_activated).
    fn group_activated(
        self: Rc<Self>,
        group: String,
        instance: BackgroundTaskInstance,
    ) -> impl Future<Output = Result<(), TaskError>> {
        let _ = group;
        async move { no_handler(&instance) }
    }

    /// Nobody sees the app any more. Save what a user would miss.
    fn entered_background(self: Rc<Self>, transition: Transition) -> impl Future<Output = ()> {
        async move { drop(transition) }
    }

    /// The app is about to be seen. Refresh what was let go of.
    fn leaving_background(self: Rc<Self>, transition: Transition) -> impl Future<Output = ()> {
        async move { drop(transition) }
    }

    /// The app is about to be suspended: save state, and release what others may need: files, sockets, exclusive
    /// handles. While it is suspended it gets no CPU time and hears nothing; it may be ended without notice (UWP-132).
    fn suspending(self: Rc<Self>, transition: Transition) -> impl Future<Output = ()> {
        async move { drop(transition) }
    }

    /// The app was suspended and runs again; its memory is as it was (UWP-130). Take back what was released, and look
    /// at the world anew.
    fn resuming(self: Rc<Self>, args: ResumingArgs) -> impl Future<Output = ()> {
        let _ = args;
        async {}
    }

    /// The memory that the app holds crossed from one level into another (UWP-108). What changes meanwhile is told
    /// once, as it is then.
    fn memory_usage_changed(self: Rc<Self>, usage: MemoryUsage) -> impl Future<Output = ()> {
        let _ = usage;
        async {}
    }

    /// The app's memory limit is about to change, because it goes to the background or to the foreground (UWP-109).
    fn memory_limit_changing(self: Rc<Self>, limit: MemoryLimit) -> impl Future<Output = ()> {
        let _ = limit;
        async {}
    }

    /// Background tasks of the app ended, in or outside its own instance: at once while the app runs, after
    /// [`resuming`](Self::resuming) if it was suspended, after [`launched`](Self::launched) or
    /// [`activated`](Self::activated) if it was not there (UWP-112 to UWP-114). In the order of their ends, at most 64
    /// in one call. Each is told once, unless the host falls or the app is ended before the handler has returned: then
    /// it is told again.
    fn completed(self: Rc<Self>, completions: Vec<TaskCompletion>) -> impl Future<Output = ()> {
        let _ = completions;
        async {}
    }

    /// A background task told how far it is. Only in the foreground; of values that follow each other fast the last
    /// one is told (UWP-111).
    fn progressed(self: Rc<Self>, progress: TaskProgress) -> impl Future<Output = ()> {
        let _ = progress;
        async {}
    }
}

/// Waits for `duration` of the host's time. While the app is suspended nothing goes on in it: what was due then is over
/// at once when it is resumed.
///
/// In a background task use [`BackgroundTaskInstance::sleep`], which wakes on cancellation.
///
/// Counted in whole milliseconds, rounded up. Any length will do; what is longer than one call to the host can carry
/// (49 days) is split.
pub async fn sleep(duration: Duration) {
    let mut left = millis::round_up(duration);
    loop {
        let ms = millis::slice(left);
        app_waiting::sleep(ms).await;
        left = left.saturating_sub(u128::from(ms));
        if left == 0 {
            return;
        }
    }
}

#[expect(clippy::print_stderr, reason = "what an app prints is captured by its host")]
fn not_written(handler: &str, what: &str) {
    eprintln!("nothing is done about `{what}`: the app does not write `{handler}`");
}

fn no_handler(_: &BackgroundTaskInstance) -> Result<(), TaskError> {
    Err(TaskError::failed("the app has no handler for background tasks"))
}
