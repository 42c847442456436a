//! Sets, reads, lists, counts and deletes settings; keeps a count of its runs, and prints it, under the id of its
//! registration.

use dormouse_guest::settings::{self, SettingsError};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    assert_eq!(settings::get("acorns")?, None);
    settings::set("acorns", [0, 255])?;
    settings::set_all([("hazel", "nuts"), ("beech", "")])?;
    assert_eq!(settings::get("acorns")?, Some(vec![0, 255]));
    assert_eq!(settings::get_str("acorns"), Err(SettingsError::NotText));
    assert_eq!(settings::get_str("hazel")?.as_deref(), Some("nuts"));
    assert!(settings::exists("beech")?);
    settings::delete("beech")?;
    settings::delete("beech")?;
    assert!(!settings::exists("beech")?);
    assert!(settings::increment("hazel", 1).is_err(), "it is no number");
    assert!(settings::set("", "nameless").is_err());

    let id = &instance.activation().registration_id;
    let runs = settings::increment(id, 1)?;
    let mut names = vec!["acorns".to_owned(), "hazel".to_owned(), id.clone()];
    names.sort();
    assert_eq!(settings::names()?, names);
    settings::delete("acorns")?;
    settings::delete("hazel")?;
    say(runs);
    Ok(())
}

fn main() {}
