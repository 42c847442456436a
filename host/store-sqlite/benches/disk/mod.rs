//! The disk that a benchmark is on, without which its figures mean little.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often it is tried.
const SAMPLES: usize = 300;

/// What it costs to append 4 KiB to a file in `directory` and to wait until the disk has them: the median, and the
/// 99th percentile.
pub(crate) fn fdatasync(directory: &Path) -> (Duration, Duration) {
    let mut file = File::create(directory.join("fdatasync")).expect("a new file");
    let mut took: Vec<_> = (0..SAMPLES)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; 4096]).expect("there is room");
            file.sync_data().expect("it can be synced");
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    (took[SAMPLES / 2], took[SAMPLES * 99 / 100])
}
