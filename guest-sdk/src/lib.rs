//! Write background tasks and apps for Dormouse in Rust.
//!
//! A background task is a component that sleeps until its trigger fires, works within a budget, and is
//! told when it has to stop. This crate wraps the contract `dormouse:background` so that a task is one
//! function.
//!
//! # Four steps
//!
//! 1. Make a library that becomes a component, with this crate as its only dependency:
//!
//!    ```toml
//!    [lib]
//!    crate-type = ["cdylib"]
//!
//!    [dependencies]
//!    dormouse-guest = "0.1"
//!    ```
//!
//! 2. Write the task in `src/lib.rs`. The function may have any name:
//!
//!    ```no_run
//!    use std::time::Duration;
//!
//!    use dormouse_guest::{BackgroundTaskInstance, TaskError};
//!
//!    #[dormouse_guest::task]
//!    async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
//!        println!("woken by {}", instance.activation().name);
//!        let feeds = std::fs::read_to_string("/local/feeds.txt")?;
//!        for (done, feed) in (0..).zip(feeds.lines()) {
//!            println!("looking at {feed}");
//!            instance.set_progress(done);
//!            if let Some(cancellation) = instance.sleep(Duration::from_millis(200)).await {
//!                std::fs::write("/local/resume-at", done.to_string())?;
//!                println!("stopped early: {cancellation}");
//!                return Ok(());
//!            }
//!        }
//!        Ok(())
//!    }
//!    ```
//!
//! 3. Build it. The output is a component already:
//!
//!    ```text
//!    rustup target add wasm32-wasip2
//!    cargo build --release --target wasm32-wasip2
//!    ```
//!
//! 4. Name the component as an entry point in the package's `dormouse.toml`, and register a trigger
//!    for it. `dormouse run DIR` does both for a first try.
//!
//! # What to know
//!
//! - **Returning ends the run.** Futures still pending then are dropped with the instance, unless a
//!   [`Deferral`] is open.
//! - **A cancellation is told once and leaves a grace period.** [`sleep`] and [`canceled`] wake,
//!   [`cancellation_requested`] turns some. Save what must be saved, and return. Whoever does not
//!   return within the grace loses the sandbox.
//! - **Look at what [`sleep`] returns.** After a cancellation it does not wait any more.
//! - **A panic is a trap:** the run is recorded as trapped, and its message is found in the captured
//!   stderr. Return a [`TaskError`] for whatever you expect to go wrong.
//! - **A task can register tasks of its own app:** see [`registration`].
//! - **A task can keep small values for its app:** see [`settings`].
//! - **What lives longer than one run is an app:** see [`mod@app`]. Its background tasks may run in its own instance.
//! - **Everything else is WASI**, through `std` or the crates that bind it: files below `/local` and
//!   `/temp`, clocks and random numbers always; sockets, HTTP and further folders when granted.
//!
//! The crate compiles for native targets too, so that a workspace can be checked as a whole, but a task
//! runs only inside a host.
//!
//! [`sleep`]: BackgroundTaskInstance::sleep
//! [`canceled`]: BackgroundTaskInstance::canceled
//! [`cancellation_requested`]: BackgroundTaskInstance::cancellation_requested

mod activation;
pub mod app;
mod bindings;
mod budget;
mod cancellation;
mod deferral;
mod error;
mod instance;
mod millis;
pub mod registration;
pub mod settings;
pub mod sockets;
mod spawn;
mod task;

#[doc(hidden)]
pub mod __private;

// Listed one by one: what is public is decided here and nowhere else.
pub use activation::{
    Activation, Message, SocketActivity, SocketReason, StorageChange, StorageChangeKind, TriggerDetails,
};
pub use budget::{Budget, ThrottleCounter, WorkCost};
pub use cancellation::{Cancellation, CancellationReason};
pub use deferral::{Deferral, DeferralError};
pub use dormouse_guest_macros::{app, task};
pub use error::TaskError;
pub use instance::BackgroundTaskInstance;
pub use spawn::spawn;
pub use task::BackgroundTask;
