//! Apps: components that live longer than one run.
//!
//! An app is launched, shown and hidden, suspended with its memory intact, resumed, and ended without notice; between
//! all of that its background tasks may run in it. It is a type with handlers:
//!
//! ```no_run
//! use std::cell::RefCell;
//! use std::rc::Rc;
//!
//! use dormouse_guest::app::{ActivatedArgs, App, LaunchArgs, PreviousExecutionState, Transition};
//! use dormouse_guest::settings;
//!
//! #[derive(Default)]
//! struct Notes {
//!     /// None until it was opened: what was not loaded is not saved.
//!     text: RefCell<Option<String>>,
//!     find: RefCell<String>,
//! }
//!
//! impl Notes {
//!     fn open(&self, previous: PreviousExecutionState) {
//!         if self.text.borrow().is_some() {
//!             return;
//!         }
//!         // What its user made is loaded whatever the app was.
//!         match settings::get_str("text") {
//!             Ok(text) => self.text.replace(Some(text.unwrap_or_default())),
//!             Err(e) => return eprintln!("the text cannot be read, and stays as it is: {e}"),
//!         };
//!         // Where he was in it is restored only if that is to be trusted.
//!         if previous.restores()
//!             && let Ok(Some(find)) = settings::get_str("find")
//!         {
//!             self.find.replace(find);
//!         }
//!     }
//! }
//!
//! #[dormouse_guest::app]
//! impl App for Notes {
//!     async fn launched(self: Rc<Self>, args: LaunchArgs) {
//!         self.open(args.previous);
//!     }
//!
//!     async fn activated(self: Rc<Self>, args: ActivatedArgs) {
//!         self.open(args.previous);
//!         println!("asked for {}", args.kind.as_str());
//!     }
//!
//!     async fn suspending(self: Rc<Self>, _: Transition) {
//!         let Some(text) = self.text.borrow().clone() else { return };
//!         if let Err(e) = settings::set_all([("text", text), ("find", self.find.borrow().clone())]) {
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
//! # Two kinds of instance
//!
//! What an app has in memory is its instance's, and there are two ways in which one begins:
//!
//! - **Somebody activates the app.** [`launched`](App::launched) or, *in place of that*,
//!   [`activated`](App::activated) is the first to be called, and is told
//!   [what the app was](PreviousExecutionState). Open in both what the user left.
//! - **A background task is to run in it, and it is not there.** Then
//!   [`background_activated`](App::background_activated) or [`group_activated`](App::group_activated) is the first,
//!   and neither of the other two comes before somebody wants the app, which may be never. Nothing is opened in such
//!   an instance, and yet it is [suspended](App::suspending) as any other: who saves regardless writes an empty text
//!   over what the user left. So save only what was opened, and have a task load what it needs.
//!
//! Of an instance in which only tasks ran nothing is kept: the next launch is told what it would have been told without
//! it.
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
//! - **What it prints is kept by its host**, the beginning and the end of what its instance wrote: `dormouse app output`
//!   prints it. What is said of a crash has the end of stderr in it, where a panic leaves its message.
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
//! [app]
//! component = "notes.wasm"
//!
//! [entry-points.autosave]
//! component = "autosave.wasm"
//! triggers = ["time"]
//!
//! [[registrations]]
//! name = "autosave"
//! trigger = { every = "15m" }
//! entry-point = "autosave"
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
//! [app]
//! component = "notes.wasm"
//!
//! [[registrations]]
//! name = "autosave"
//! trigger = { every = "15m" }
//! ```
//!
//! So into the app the line `entry-point` goes away, and with it the table that it names; out of it both are written.
//! Installed as an update, the registration keeps its id and its history. What changes is what surrounds the task:
//!
//! | | in the app | in a component of its own |
//! | --- | --- | --- |
//! | sees the app's memory | yes | no |
//! | wall time, CPU time, grace | the run's | the run's |
//! | memory, handles, output | the app's | the run's |
//! | what it prints | is the app's output, and not on the run's receipt | is the run's: `dormouse logs` |
//! | computes nothing for long, leaves a deferral open | its wall time ends it | is noticed, and ended for that |
//! | while the app is suspended | wakes it: [`resuming`](App::resuming) comes first | leaves it alone |
//! | while the app is not there | starts it, unseen | leaves it alone |
//! | does not end when it is told to | the app ends with it | the app goes on |
//! | the app is closed | is cancelled, and over | goes on |
//! | the app crashes, or is ended | fails with it, and is retried if its policy says so | goes on |

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
    /// if there are arguments (UWP-131), and in an instance in which so far only tasks ran.
    fn launched(self: Rc<Self>, args: LaunchArgs) -> impl Future<Output = ()>;

    /// The app is activated for something else than a launch: for what the manifest says that it takes. In an app that
    /// was not there this comes in place of [`launched`](Self::launched), and not after it: open here as well what the
    /// user left. If it is not written, the activation is only logged on stderr.
    fn activated(self: Rc<Self>, args: ActivatedArgs) -> impl Future<Output = ()> {
        async move { not_written("activated", args.kind.as_str()) }
    }

    /// A registration without an entry point and outside any group fires: a background task, in the app's own instance
    /// (UWP-120). The answer is the run's result. If the app is not there an instance is made for it, unseen (UWP-122):
    /// nothing was launched or opened in that one.
    ///
    /// It has the wall time, the CPU time and the grace of a run. Memory, handles and output are the app's, and a run
    /// that has to be ended by force takes the whole app with it (UWP-086).
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
    /// handles. While it is suspended it gets no CPU time and hears nothing; it may be ended without notice (UWP-133).
    ///
    /// Also called in an instance in which only tasks ran: save what was opened, and nothing else.
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
    /// [`activated`](Self::activated) if it was not there (UWP-112 to UWP-114). An instance in which only tasks ran is
    /// told nothing before somebody activates it. In the order of their ends, at most 64 in one call.
    ///
    /// Each is told once. If the app ends before the handler has returned, it is told again to the next instance; but
    /// not if it was this handler that did not return in time, or the app trapped when it was told so for the second
    /// time: what crashes an app is not told to it for ever.
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
