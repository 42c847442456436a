//! Breaks the rules of streams in the way that its arguments name. Each is a trap.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{create, root};
use test_programs::{arguments, no_such_attack};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let temp = root("/temp");
    let file = create(&temp, "file").expect("its own");
    temp.unlink_file_at("file").expect("its own");
    let out = file.write_via_stream(0).expect("its own");
    let refused = match arguments(&instance)?.as_str() {
        // Zeros that the host would have to make.
        "zeroes" => out.write_zeroes(u64::MAX),
        "zeroes-flush" => out.blocking_write_zeroes_and_flush(u64::MAX),
        // More than it says that it takes at once.
        "blocking" => out.blocking_write_and_flush(&vec![0; 8 << 20]),
        // What came of a stream outlives it.
        "orphan" => {
            let pollable = out.subscribe();
            drop(out);
            pollable.block();
            return Ok(());
        }
        other => return Err(no_such_attack(other)),
    };
    Err(TaskError::failed(format_args!("not trapped: {refused:?}")))
}

fn main() {}
