//! Is granted `/data` with the right to write, with a file `acorn` in it, which it replaces by its
//! contents twice over.

use std::fs;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let acorn = fs::read_to_string("/data/acorn")?;
    fs::create_dir("/data/nest")?;
    fs::write("/data/nest/new", acorn.repeat(2))?;
    fs::rename("/data/nest/new", "/data/acorn")?;
    fs::remove_dir("/data/nest")?;
    assert_eq!(fs::read_to_string("/data/acorn")?, acorn.repeat(2));
    Ok(())
}

fn main() {}
