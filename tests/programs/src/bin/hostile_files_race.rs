//! Goes through `/data/inside` to a file called `secret`, while somebody swaps that directory with a link to the
//! outside. What it reads is what lies inside, or nothing. Prints which it saw.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{FOLLOW, READ_WRITE, open, root};
use test_programs::say;
use wasip2::filesystem::types::{OpenFlags, PathFlags};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let data = root("/data");
    let (mut inside, mut refused) = (0, 0);
    for n in 0..3_000 {
        let path = if n % 2 == 0 { "inside/secret" } else { "inside/../inside/./secret" };
        match open(&data, path) {
            Ok(file) => {
                assert_eq!(file.read(16, 0)?.0, b"inside", "it is out");
                inside += 1;
            }
            Err(_) => refused += 1,
        }
        if let Ok(dir) = data.open_at(FOLLOW, "inside", OpenFlags::DIRECTORY, READ_WRITE) {
            let secret = dir.open_at(PathFlags::empty(), "secret", OpenFlags::empty(), READ_WRITE);
            assert!(
                secret.is_err()
                    || secret.is_ok_and(|file| file.read(16, 0).is_ok_and(|(b, _)| b == b"inside"))
            );
        }
        assert!(data.create_directory_at("inside/../../made").is_err(), "it is out");
    }
    say(format_args!("{inside} inside, {refused} refused"));
    assert!(inside > 0, "it never got in");
    Ok(())
}

fn main() {}
