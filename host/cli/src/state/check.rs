//! Whether a directory is fit for a state, before anything is made in it.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::unusable;
use crate::error::{Failure, Result};
use crate::exit::Exit;

/// Refuses what is there and no directory.
pub(crate) fn is_directory(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => {
            let text = format!("the state directory `{}` is no directory", path.display());
            Err(Failure::new(Exit::State, text)
                .help("give --state a directory; it is made if it does not exist"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(unusable(path, &error)),
        // What is wrong with it otherwise is said by whoever opens something in it.
        _ => Ok(()),
    }
}

/// Refuses a directory of somebody else's, and one that others may enter.
pub(super) fn is_ours(directory: &Path) -> Result<()> {
    let metadata = std::fs::metadata(directory).map_err(|e: io::Error| unusable(directory, &e))?;
    owner(directory, &metadata, rustix::process::geteuid().as_raw())?;
    private(directory, &metadata)
}

/// What is made in it has to be its owner's: root may write anywhere, and the host of another user could not open what
/// root left there.
fn owner(directory: &Path, metadata: &Metadata, me: u32) -> Result<()> {
    if metadata.uid() == me {
        return Ok(());
    }
    let (directory, owner) = (directory.display(), metadata.uid());
    let text = format!("the state directory `{directory}` belongs to user {owner}, and this is user {me}");
    Err(Failure::new(Exit::State, text).help("run it as that user, or ask the running service"))
}

/// The socket in it, the database, and what opens the control API, are worth as much as the host.
fn private(directory: &Path, metadata: &Metadata) -> Result<()> {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let directory = directory.display();
    let text = format!("the state directory `{directory}` is open to others (mode {mode:03o})");
    Err(Failure::new(Exit::State, text).help(format!("make it your own: chmod go-rwx {directory}")))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn a_directory_is_ours_alone_or_refused() {
        let dir = tempfile::tempdir().expect("there is room");
        let judged = |mode, me: Option<u32>| {
            fs::set_permissions(dir.path(), Permissions::from_mode(mode)).expect("it is ours");
            let metadata = fs::metadata(dir.path()).expect("it is there");
            owner(dir.path(), &metadata, me.unwrap_or(metadata.uid()))
                .and_then(|()| private(dir.path(), &metadata))
        };
        assert!(judged(0o700, None).is_ok());
        for (mode, me, why) in [(0o700, Some(54_321), "belongs to user"), (0o750, None, "mode 750")] {
            let failure = judged(mode, me).expect_err("it is not ours alone");
            assert_eq!(failure.exit(), Exit::State);
            assert!(failure.text().contains(why), "{}", failure.text());
        }
    }

    #[test]
    fn a_file_is_no_directory_and_what_is_not_there_may_become_one() {
        let file = tempfile::NamedTempFile::new().expect("there is room");
        assert_eq!(is_directory(file.path()).map_err(|failure| failure.exit()), Err(Exit::State));
        assert!(is_directory(Path::new("/nonexistent")).is_ok());
        assert!(is_directory(Path::new("/")).is_ok());
    }
}
