//! Fills 16 MiB over and over. Each fill is one instruction that an interruption has to wait for: the
//! worst overshoot of a CPU budget (UWP-087).

use std::hint::black_box;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let mut block = vec![0_u8; 16 << 20];
    loop {
        let value = black_box(0xd0);
        black_box(&mut block).fill(value);
    }
}

fn main() {}
