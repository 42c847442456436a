//! What a background task is.

use std::future::Future;

use crate::error::TaskError;
use crate::instance::BackgroundTaskInstance;

/// A background task with state of its own. A task without any is better written as a function: see
/// [`task`](crate::task).
///
/// Put `#[dormouse_guest::task]` on the `impl` block; it exports the type as the component's task.
///
/// ```no_run
/// use dormouse_guest::{BackgroundTask, BackgroundTaskInstance, TaskError};
///
/// #[derive(Default)]
/// struct Sweep {
///     removed: u32,
/// }
///
/// impl Sweep {
///     fn sweep(&mut self, dir: &str) -> std::io::Result<()> {
///         for entry in std::fs::read_dir(dir)? {
///             std::fs::remove_file(entry?.path())?;
///             self.removed += 1;
///         }
///         Ok(())
///     }
/// }
///
/// #[dormouse_guest::task]
/// impl BackgroundTask for Sweep {
///     async fn run(mut self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
///         self.sweep("/temp")?;
///         instance.set_progress(self.removed);
///         Ok(())
///     }
/// }
/// ```
pub trait BackgroundTask: Default {
    /// Does the work. Called once for each run, in a fresh instance, on a fresh value (UWP-070).
    ///
    /// It takes the value, so that what it holds can be moved into [spawned](crate::spawn) futures.
    /// When it returns and no deferral is open, the run ends at once and whatever is still pending is
    /// dropped with the instance. With deferrals open the run ends with the last of them.
    ///
    /// # Errors
    ///
    /// The run did not succeed; see [`TaskError`] for the two ways to say so.
    fn run(self, instance: BackgroundTaskInstance) -> impl Future<Output = Result<(), TaskError>>;
}
