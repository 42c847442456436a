//! A package that lies there as files.
//!
//! Every regular file in it belongs to it, hidden ones too: what is left out would have to be guessed. A link is
//! refused, as it is in an archive: where it leads is not part of the package, and may be another file tomorrow.

use std::io::{self, Read};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, DirEntry, File, FileType, FileTypeExt, OpenOptions};

use crate::digest::{Digest, FileRecord};
use crate::error::PackageError;
use crate::intake::{ENTRIES_MAX, Intake};
use crate::path::PackagePath;
use crate::text::excerpt;

/// What is found on the way through a directory.
pub(crate) enum Found {
    Folder(PackagePath),
    /// With its length in bytes, as the file system tells it.
    File(PackagePath, u64, File),
}

/// Reads all of `dir` into `intake`.
pub(crate) fn read(dir: &Dir, intake: &mut Intake<'_>) -> Result<(), PackageError> {
    walk(dir, "", &mut |found| match found {
        Found::Folder(path) => intake.folder(&path),
        Found::File(path, len, mut file) => intake.file(path, len, &mut file).map(drop),
    })
}

/// Shows everything in `dir` to `visit`, in an order that is the same wherever the files are.
pub(crate) fn walk(
    dir: &Dir,
    prefix: &str,
    visit: &mut dyn FnMut(Found) -> Result<(), PackageError>,
) -> Result<(), PackageError> {
    let unreadable = |source| PackageError::Read { path: shown(prefix), source };
    let mut entries: Vec<(String, DirEntry)> = Vec::new();
    for entry in dir.entries().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let path = PackagePath::from_bytes(&[prefix.as_bytes(), name.as_encoded_bytes()].concat())?;
        if entries.len() == ENTRIES_MAX {
            return Err(PackageError::TooManyEntries);
        }
        entries.push((path.as_str().to_owned(), entry));
    }
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    for (path, entry) in entries {
        let path = PackagePath::new(&path)?;
        let unreadable = |source| PackageError::Read { path: path.to_string(), source };
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            // Not followed, should it have become a link in between.
            let folder = dir.open_dir_nofollow(entry.file_name()).map_err(unreadable)?;
            let below = format!("{path}/");
            visit(Found::Folder(path))?;
            walk(&folder, &below, visit)?;
        } else if kind.is_file() {
            let mut options = OpenOptions::new();
            // Nor is there a wait for the writer of a pipe that took its place.
            options.read(true).follow(FollowSymlinks::No).nonblock(true);
            let file = dir.open_with(entry.file_name(), &options).map_err(unreadable)?;
            let metadata = file.metadata().map_err(unreadable)?;
            if !metadata.is_file() {
                return Err(not_regular(&path, metadata.file_type()));
            }
            visit(Found::File(path, metadata.len(), file))?;
        } else {
            return Err(not_regular(&path, kind));
        }
    }
    Ok(())
}

/// The bytes of one file in `dir`; none if they are not those of `record` any more.
pub(crate) fn read_file(dir: &Dir, path: &PackagePath, record: &FileRecord) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    dir.open(path.as_str())?.take(record.len + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| Digest::of(bytes) == record.sha256))
}

fn shown(prefix: &str) -> String {
    excerpt(if prefix.is_empty() { "." } else { prefix })
}

fn not_regular(path: &PackagePath, kind: FileType) -> PackageError {
    let kind = if kind.is_symlink() {
        "symbolic link"
    } else if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    };
    PackageError::NotRegular { path: path.to_string(), kind }
}
