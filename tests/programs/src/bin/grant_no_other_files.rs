//! Finds nothing outside `/local` and `/temp`, by whatever name it asks.

use std::fs;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    fs::write("/local/here", b"so that the refusals below mean something")?;
    for dir in ["/", "/etc", "/proc/self", "/local/..", "/local/../..", "/data", "."] {
        assert!(fs::read_dir(dir).is_err(), "`{dir}` can be listed");
    }
    for file in [
        "/etc/passwd",
        "/local/../../etc/passwd",
        "/local/./../../../../../../etc/passwd",
        "/proc/self/environ",
    ] {
        assert!(fs::read(file).is_err(), "`{file}` can be read");
    }
    for file in ["/made", "/local/../made", "made", "../made"] {
        assert!(fs::write(file, b"out").is_err(), "`{file}` can be written");
    }
    fs::remove_file("/local/here")?;
    Ok(())
}

fn main() {}
