//! What the expansions of `#[task]` and `#[app]` refer to. Not public API: it changes without notice.

pub mod app;

use crate::bindings::dormouse::background::{instance, types};
use crate::error::TaskError;
use crate::instance::BackgroundTaskInstance;

pub use crate::bindings::exports::dormouse::background::background_task::Guest;

/// The two things in the bindings that the export macro of `wit-bindgen` looks for.
pub mod bindings {
    pub use crate::bindings::{export, exports};
}

/// The instance as `wit-bindgen` hands it to an export.
pub type RawInstance = instance::BackgroundTaskInstance;

/// The result as `wit-bindgen` takes it from an export.
pub type RawResult = Result<(), types::TaskError>;

/// What a task may take as its argument. A trait, so that the compiler's message is ours and points at
/// the type that the author wrote.
#[diagnostic::on_unimplemented(
    message = "a task takes one `BackgroundTaskInstance`, not `{Self}`",
    label = "write `dormouse_guest::BackgroundTaskInstance` here"
)]
pub trait Argument {
    /// Wraps the raw handle.
    fn from_raw(raw: RawInstance) -> Self;
}

impl Argument for BackgroundTaskInstance {
    fn from_raw(raw: RawInstance) -> Self {
        Self::new(raw)
    }
}

/// What a task may return; a trait for the same reason as [`Argument`].
#[diagnostic::on_unimplemented(
    message = "a task returns `Result<(), TaskError>`, not `{Self}`",
    label = "write `Result<(), dormouse_guest::TaskError>` here"
)]
pub trait Return {
    /// Unwraps to what the export answers.
    fn into_raw(self) -> RawResult;
}

impl Return for Result<(), TaskError> {
    fn into_raw(self) -> RawResult {
        self.map_err(Into::into)
    }
}

/// Natively nothing is exported. This stands for the host's use of `T`, which is why the author is not
/// told that the task is never used.
pub const fn use_natively<T: Guest>() {}
