//! Makes two settings of forty bytes each with their names, then tries more. Prints for each what came of it. With
//! limits of two settings, eighty bytes of all and thirty-nine of one, all are refused.

use dormouse_guest::settings::{delete, increment, names, set, set_all};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    set("a", [b'x'; 39])?;
    set("b", [b'x'; 39])?;
    say(format!("setting-bytes {:?}", set("a", [b'x'; 40])));
    delete("b")?;
    say(format!("settings-bytes {:?}", set("bb", [b'x'; 39])));
    set("b", "")?;
    say(format!("settings {:?}", set("c", "")));
    say(format!("settings {:?}", increment("d", 1)));
    say(format!("settings {:?}", set_all([("e", ""), ("f", "")])));
    say(names()?.len());
    Ok(())
}

fn main() {}
