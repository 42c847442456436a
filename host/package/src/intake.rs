//! Where the files of a package go while it is read, and the limits that hold whichever way they come.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Read, Write};

use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, File, OpenOptions, OpenOptionsExt};
use sha2::{Digest as _, Sha256};

use crate::digest::{Contents, Digest, FileRecord};
use crate::error::PackageError;
use crate::path::PackagePath;
use crate::text::excerpt;

/// The most files and folders of a package.
pub const ENTRIES_MAX: usize = 4096;
/// The longest file of a package, in bytes: what a component may have.
pub const FILE_LEN_MAX: u64 = 64 << 20;
/// The most bytes of all files of a package together.
pub const PACKAGE_LEN_MAX: u64 = 256 << 20;

const BUFFER_LEN: usize = 64 * 1024;

/// Takes the files of one package, each once.
pub(crate) struct Intake<'a> {
    /// Where they are written; none if they are only looked at.
    into: Option<&'a Dir>,
    /// By their names in lower case: some machines do not keep `A` and `a` apart, and there the file that was looked
    /// at would not be the one that runs.
    names: BTreeMap<String, Name>,
    contents: Contents,
    len: u64,
    buffer: Vec<u8>,
}

struct Name {
    written: Box<str>,
    is_folder: bool,
}

impl<'a> Intake<'a> {
    /// Writes into `dir`, which is empty and nobody else's. What is there after an error is the caller's to remove.
    pub(crate) fn into(dir: &'a Dir) -> Self {
        Self { into: Some(dir), ..Self::looking() }
    }

    /// Writes nothing.
    pub(crate) fn looking() -> Self {
        Self {
            into: None,
            names: BTreeMap::new(),
            contents: Contents::new(),
            len: 0,
            buffer: vec![0; BUFFER_LEN],
        }
    }

    /// A folder. It is made when there is a file in it.
    pub(crate) fn folder(&mut self, path: &PackagePath) -> Result<(), PackageError> {
        for folder in path.folders().chain([path.as_str()]) {
            self.name(folder, true)?;
        }
        Ok(())
    }

    /// A file, which is said to have `len` bytes. Answers how many there were.
    pub(crate) fn file(
        &mut self,
        path: PackagePath,
        len: u64,
        from: &mut dyn Read,
    ) -> Result<u64, PackageError> {
        self.check_len(&path, len)?;
        for folder in path.folders() {
            self.name(folder, true)?;
        }
        self.name(path.as_str(), false)?;
        let mut file = match self.into {
            Some(dir) => Some(create(dir, &path)?),
            None => None,
        };
        let (mut hash, mut copied) = (Sha256::new(), 0);
        loop {
            let n = match from.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(source) => return Err(PackageError::Read { path: path.to_string(), source }),
            };
            // A length that was told is not believed.
            copied += n as u64;
            self.check_len(&path, copied)?;
            let bytes = self.buffer.get(..n).unwrap_or_default();
            hash.update(bytes);
            if let Some(file) = &mut file {
                file.write_all(bytes)
                    .map_err(|source| PackageError::Write { path: path.to_string(), source })?;
            }
        }
        self.len += copied;
        self.contents.insert(path, FileRecord { len: copied, sha256: Digest::finish(hash) });
        Ok(copied)
    }

    /// All files that were taken.
    pub(crate) fn finish(self) -> Contents {
        self.contents
    }

    fn check_len(&self, path: &PackagePath, len: u64) -> Result<(), PackageError> {
        if len > FILE_LEN_MAX {
            return Err(PackageError::FileTooLong { path: path.to_string() });
        }
        if self.len + len > PACKAGE_LEN_MAX {
            return Err(PackageError::TooLong);
        }
        Ok(())
    }

    fn name(&mut self, path: &str, is_folder: bool) -> Result<(), PackageError> {
        let count = self.names.len();
        match self.names.entry(path.to_lowercase()) {
            Entry::Occupied(name) => {
                let name = name.get();
                if *name.written != *path {
                    let other = name.written.to_string();
                    Err(PackageError::Case { path: path.to_owned(), other })
                } else if is_folder && name.is_folder {
                    Ok(())
                } else {
                    Err(PackageError::Twice { path: excerpt(path) })
                }
            }
            Entry::Vacant(_) if count == ENTRIES_MAX => Err(PackageError::TooManyEntries),
            Entry::Vacant(free) => {
                free.insert(Name { written: path.into(), is_folder });
                Ok(())
            }
        }
    }
}

fn create(dir: &Dir, path: &PackagePath) -> Result<File, PackageError> {
    let failed = |source| PackageError::Write { path: path.to_string(), source };
    if let Some(folder) = path.folders().last() {
        create_dir(dir, folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    dir.open_with(path.as_str(), &options).map_err(failed)
}

/// Makes a folder that nobody else may look into, and those that it is in; what is there stays.
pub(crate) fn create_dir(dir: &Dir, path: &str) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    dir.create_dir_with(path, &builder)
}

/// Has everything of `contents` in `dir` on the disk, and the folders that name it.
pub(crate) fn sync(dir: &Dir, contents: &Contents) -> Result<(), PackageError> {
    let mut folders = BTreeSet::from(["."]);
    for path in contents.keys() {
        folders.extend(path.folders());
        sync_one(dir, path.as_str())?;
    }
    folders.into_iter().try_for_each(|folder| sync_one(dir, folder))
}

fn sync_one(dir: &Dir, path: &str) -> Result<(), PackageError> {
    let synced = dir.open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| PackageError::Write { path: path.to_owned(), source })
}
