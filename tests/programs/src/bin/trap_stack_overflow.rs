//! Calls itself until the stack of the sandbox is used up.

use std::hint::black_box;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    black_box(descend(black_box(1), black_box(u64::MAX)));
    Err(TaskError::failed("the stack has no end"))
}

/// Neither a tail call nor an associative sum, so that no optimiser makes a loop of it; and nothing that
/// needs an address, so that the call stack runs out before the stack in linear memory does.
#[inline(never)]
fn descend(depth: u64, bottom: u64) -> u64 {
    if depth == bottom { depth } else { descend(depth + 1, bottom).wrapping_mul(depth | 1) ^ depth }
}

fn main() {}
