//! Directories of the machine that a package is to be given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::peer::Peer;
use super::shared::Shared;
use crate::api::{Code, Problem};

fn refused(code: Code, detail: String) -> Problem {
    Problem::new(code, detail).field("directories")
}

/// The directories, by guest path, if whoever asks may give them: nobody gives away the host's own state, and a token
/// is not worth every file of the host's user.
///
/// # Errors
///
/// [`Code::Forbidden`], [`Code::InvalidRequest`], [`Code::Grant`]
pub(super) async fn given(
    shared: &Shared,
    peer: Peer,
    asked: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, PathBuf>, Problem> {
    if !asked.is_empty() && matches!(peer, Peer::Tcp(_)) {
        let detail = "directories of the machine are not given away over TCP".to_owned();
        return Err(refused(Code::Forbidden, detail).help("ask at the Unix socket of the machine"));
    }
    let state = match &shared.state_directory {
        Some(state) if !asked.is_empty() => Some(real(state).await?),
        _ => None,
    };
    let mut directories = BTreeMap::new();
    for (guest, path) in asked {
        let path = PathBuf::from(path);
        if !path.is_absolute() {
            let detail = format!("directory {guest:?}: `{}` is not an absolute path", path.display());
            return Err(refused(Code::InvalidRequest, detail).help("write it from `/` on"));
        }
        let place = real(&path).await?;
        // One within it holds secrets, and so does what it is within.
        if state.as_ref().is_some_and(|state| place.starts_with(state) || state.starts_with(&place)) {
            let detail = format!(
                "directory {guest:?}: `{}` is, holds or lies in the directory where the host keeps its state",
                path.display()
            );
            return Err(refused(Code::Grant, detail)
                .help("give a directory that has nothing to do with the host's own"));
        }
        directories.insert(guest.clone(), path);
    }
    Ok(directories)
}

/// Where it is, whatever links lead there.
async fn real(path: &Path) -> Result<PathBuf, Problem> {
    tokio::fs::canonicalize(path).await.map_err(|error| {
        refused(Code::Grant, format!("directory `{}` cannot be opened", path.display()))
            .because(&error)
            .help("name directories that exist and that you may use, with --dir")
    })
}
