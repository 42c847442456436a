//! Executes WebAssembly's `unreachable`, silently.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    #[cfg(target_arch = "wasm32")]
    std::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort();
}

fn main() {}
