//! Takes memory without looking whether it is there: aborts when it is refused (UWP-107), with
//! `memory allocation of N bytes failed` on stderr.

use std::hint::black_box;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let mut blocks = Vec::new();
    loop {
        blocks.push(vec![0xd0_u8; 1 << 20]);
        black_box(&blocks);
    }
}

fn main() {}
