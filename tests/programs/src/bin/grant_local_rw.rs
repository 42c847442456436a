//! Writes, reads, lists and removes files in `/local` and `/temp`, which every app has.

use std::fs;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    for root in ["/local", "/temp"] {
        let dir = format!("{root}/nest");
        let file = format!("{dir}/acorn");
        fs::create_dir_all(&dir)?;
        fs::write(&file, b"one")?;
        assert_eq!(fs::read(&file)?, b"one");
        assert_eq!(fs::read_dir(&dir)?.count(), 1);
        fs::rename(&file, format!("{dir}/eaten"))?;
        fs::remove_dir_all(&dir)?;
        assert!(!fs::exists(&dir)?);
    }
    assert!(!fs::exists("/temp/nowhere")?);
    Ok(())
}

fn main() {}
