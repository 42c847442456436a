//! Is granted `/data` read-only, with a file `acorn` in it. Prints the file; every change is refused.

use std::fs::{self, OpenOptions};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let acorn = fs::read_to_string("/data/acorn")?;
    assert!(fs::write("/data/new", b"x").is_err(), "a file can be made");
    assert!(fs::write("/data/acorn", b"x").is_err(), "the file can be overwritten");
    assert!(OpenOptions::new().append(true).open("/data/acorn").is_err(), "the file can be appended to");
    assert!(fs::rename("/data/acorn", "/data/moved").is_err(), "the file can be moved");
    assert!(fs::rename("/data/acorn", "/local/acorn").is_err(), "the file can be moved out");
    assert!(fs::remove_file("/data/acorn").is_err(), "the file can be removed");
    assert!(fs::create_dir("/data/dir").is_err(), "a folder can be made");
    assert_eq!(fs::read_to_string("/data/acorn")?, acorn);
    say(acorn);
    Ok(())
}

fn main() {}
