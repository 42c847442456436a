//! Work beside the task's or the handler's own.

use std::future::Future;

/// Runs `future` beside the task, in the same instance and on the same thread.
///
/// It goes on after the task has returned as long as a [`Deferral`](crate::Deferral) is open, and is
/// dropped when the run ends. There is no handle to it: let it hold a deferral, set a flag or send on a
/// channel.
///
/// In an [app](mod@crate::app) nothing is dropped when a handler returns: the future goes on as long as the app is there,
/// but for the time that it is suspended.
///
/// Call it from inside the task, a handler or another spawned future. It is first polled when the caller
/// waits or returns.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    wit_bindgen::spawn_local(future);
}
