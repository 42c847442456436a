//! The background task `autosave` in a component of its own. It has no part of the app's memory: it saves what the app kept.

#![expect(clippy::print_stdout, reason = "what a task prints is captured by its host")]

#[path = "../save.rs"]
mod save;

use dormouse_guest::{BackgroundTaskInstance, TaskError, settings};

#[dormouse_guest::task]
async fn autosave(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match settings::get_str("note")? {
        Some(note) => save::save(&instance, &note),
        None => Ok(()),
    }
}

fn main() {}
