//! Takes memory a mebibyte at a time until it is refused, which is an answer and not a trap (UWP-107).
//! Prints how many bytes it got.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{ADDRESSABLE_MIB, MIB, say, take_all};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let taken = take_all();
    assert!(taken < ADDRESSABLE_MIB - 1, "only the address space was the limit");
    assert!(instance.remaining().memory_bytes < 2 * MIB as u64, "refused while there was room");
    say(taken * MIB);
    Ok(())
}

fn main() {}
