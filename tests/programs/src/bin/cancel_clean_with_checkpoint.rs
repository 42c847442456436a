//! Counts in memory until it is cancelled, then saves the count to `/local/checkpoint` and returns: a
//! clean cancel (UWP-082). The next run goes on from there. Prints `from=N`.

use std::fs;
use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

const CHECKPOINT: &str = "/local/checkpoint";

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let mut count: u32 = match fs::read_to_string(CHECKPOINT) {
        Ok(text) => text.parse()?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
        Err(e) => return Err(e.into()),
    };
    say(format_args!("from={count}"));
    loop {
        count += 1;
        instance.set_progress(count);
        if instance.sleep(Duration::from_millis(10)).await.is_some() {
            fs::write(CHECKPOINT, count.to_string())?;
            return Ok(());
        }
    }
}

fn main() {}
