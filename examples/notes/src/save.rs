//! What the background task does, wherever it runs.

use std::fs;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

/// Where the note is.
pub(crate) const NOTE: &str = "/local/note.txt";

/// Saves the note. Whoever is ended in the middle of that leaves the old one.
pub(crate) fn save(instance: &BackgroundTaskInstance, note: &str) -> Result<(), TaskError> {
    fs::write("/local/note.new", note)?;
    fs::rename("/local/note.new", NOTE)?;
    instance.set_progress(100);
    println!("{} saved {} lines", instance.activation().name, note.lines().count());
    Ok(())
}
