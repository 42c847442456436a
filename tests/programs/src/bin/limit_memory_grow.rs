//! Takes memory a mebibyte at a time until it is refused, which is an answer and not a trap (UWP-107).
//! Prints how many bytes it got.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

const MIB: usize = 1 << 20;
/// All that 32 bits can address.
const ADDRESSABLE_MIB: usize = 4096;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let mut blocks: Vec<Vec<u8>> = Vec::with_capacity(ADDRESSABLE_MIB);
    let refused = loop {
        let mut block = Vec::new();
        if block.try_reserve_exact(MIB).is_err() {
            break blocks.len() < ADDRESSABLE_MIB - 1;
        }
        block.resize(MIB, 0xd0);
        blocks.push(block);
    };
    assert!(refused, "only the address space was the limit");
    assert!(instance.remaining().memory_bytes < 2 * MIB as u64, "refused while there was room");
    say(blocks.len() * MIB);
    Ok(())
}

fn main() {}
