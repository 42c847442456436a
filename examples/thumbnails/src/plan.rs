//! Which pictures a run has to look at.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dormouse_guest::{StorageChange, StorageChangeKind, TaskError, TriggerDetails};

use crate::PICTURES;
use crate::record::{Checkpoint, Record};

/// The names of files that are taken for pictures. What they are is found by their first bytes.
const EXTENSIONS: [&str; 5] = ["gif", "jpeg", "jpg", "png", "webp"];

/// In the order of their names, so that a run can be followed.
pub(crate) fn todo(details: &TriggerDetails, record: &Record) -> Result<Vec<String>, TaskError> {
    let mut names: BTreeSet<String> = Checkpoint::load()?.into_iter().collect();
    match details {
        TriggerDetails::StorageChanges(changes) if !lost(changes) => {
            names.extend(
                changes.iter().filter_map(|change| name_in_folder(&change.path)).map(ToOwned::to_owned),
            );
        }
        _ => {
            let folder = fs::read_dir(PICTURES)
                .map_err(|e| TaskError::failed(format!("{PICTURES} cannot be listed: {e}")))?;
            for entry in folder {
                names.extend(entry?.file_name().into_string());
            }
            // Those that are gone are found only here.
            names.extend(record.names().cloned());
        }
    }
    names.retain(|name| is_picture(name));
    Ok(names.into_iter().collect())
}

fn lost(changes: &[StorageChange]) -> bool {
    changes.iter().any(|change| change.kind == StorageChangeKind::ChangesLost)
}

/// None for what is in a folder below.
fn name_in_folder(path: &str) -> Option<&str> {
    let name = path.strip_prefix(PICTURES)?.strip_prefix('/')?;
    (!name.contains('/')).then_some(name)
}

fn is_picture(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(e)))
}
