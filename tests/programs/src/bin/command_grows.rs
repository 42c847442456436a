//! A program of WASI, no task: takes memory until there is none.

use std::hint::black_box;

fn main() {
    let mut all = Vec::new();
    loop {
        all.push(black_box(vec![1_u8; 1024 * 1024]));
    }
}
