//! Panics, also on threads that nobody waits for: those of a host's tasks and of a store's writer.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

static FALLEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Calls `read`. An error is what panicked meanwhile, on this thread or on another.
pub(crate) fn watched<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            fallen().push(said(panic));
            // Else each input that is tried to make another one smaller says it again.
            if !READING.get() {
                before(panic);
            }
        }));
    });
    READING.set(true);
    // What is left of a target that panicked is tried again only to make the input smaller.
    let answer = catch_unwind(AssertUnwindSafe(read));
    READING.set(false);
    let first = std::mem::take(&mut *fallen()).into_iter().next();
    match (answer, first) {
        (Ok(answer), None) => Ok(answer),
        (_, Some(said)) => Err(said),
        (Err(_), None) => Err("a panic that said nothing".to_owned()),
    }
}

fn fallen() -> MutexGuard<'static, Vec<String>> {
    FALLEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn said(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    format!("thread `{}` {panic}", thread.name().unwrap_or("?"))
}
