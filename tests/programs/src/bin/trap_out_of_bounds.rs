//! Reads from an address far beyond its memory.

use std::hint::black_box;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let nowhere = black_box(0xffff_0000_usize) as *const u32;
    #[expect(unsafe_code, reason = "to go wrong is the purpose")]
    // SAFETY: none. In a sandbox the read is checked, and traps.
    let value = unsafe { nowhere.read_volatile() };
    instance.set_progress(value);
    Ok(())
}

fn main() {}
