//! Where a package comes from.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};

use crate::archive;
use crate::digest::Digest;
use crate::directory;
use crate::error::PackageError;
use crate::intake::Intake;

/// The longest file of checksums that is read, in bytes.
const CHECKSUMS_LEN_MAX: u64 = 64 * 1024;

/// A package as somebody hands it over: a directory, or one `.tar.gz` file. Nothing of it is read yet.
pub struct Source {
    kind: Kind,
}

enum Kind {
    Directory(Dir),
    Archive { from: Box<dyn Read + Send>, expected: Vec<Digest> },
}

impl Source {
    /// The package at `path`, a directory or an archive. This is the only place of the crate where a path of the
    /// machine is opened.
    ///
    /// If there is a file beside an archive that is called as it is with `.sha256` behind it, as `sha256sum` writes
    /// them, the archive is held against it.
    ///
    /// # Errors
    ///
    /// [`PackageError`]: there is nothing that can be opened, or the file beside it names no checksum.
    pub fn open(path: &Path) -> Result<Self, PackageError> {
        let shown = || path.display().to_string();
        let failed = |source| PackageError::Open { path: shown(), source };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            #[expect(clippy::disallowed_methods, reason = "the one place where a path becomes a handle")]
            let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
            return Ok(Self::directory(dir));
        }
        if !metadata.is_file() {
            return Err(PackageError::NotAPackage { path: shown() });
        }
        let file = open_file(path).map_err(failed)?;
        let mut source = Self::archive(file);
        let beside = {
            let mut name = OsString::from(path);
            name.push(".sha256");
            name
        };
        let beside = Path::new(&beside);
        match open_file(beside) {
            Ok(file) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let named = |source| PackageError::Open { path: beside.display().to_string(), source };
                let mut text = Vec::new();
                file.take(CHECKSUMS_LEN_MAX).read_to_end(&mut text).map_err(named)?;
                let expected = checksum(&String::from_utf8_lossy(&text), &name).ok_or_else(|| {
                    PackageError::ChecksumFile { path: beside.display().to_string(), name: name.into_owned() }
                })?;
                source = source.expecting(expected)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(PackageError::Open { path: beside.display().to_string(), source }),
        }
        Ok(source)
    }

    /// The package in an open directory.
    #[must_use]
    pub const fn directory(dir: Dir) -> Self {
        Self { kind: Kind::Directory(dir) }
    }

    /// The package in a `.tar.gz` that `from` reads.
    #[must_use]
    pub fn archive(from: impl Read + Send + 'static) -> Self {
        Self { kind: Kind::Archive { from: Box::new(from), expected: Vec::new() } }
    }

    /// And the archive must have this SHA-256, beside any that it must have already.
    ///
    /// # Errors
    ///
    /// [`PackageError::ChecksumOfDirectory`]
    pub fn expecting(mut self, archive: Digest) -> Result<Self, PackageError> {
        match &mut self.kind {
            Kind::Directory(_) => Err(PackageError::ChecksumOfDirectory),
            Kind::Archive { expected, .. } => {
                expected.push(archive);
                Ok(self)
            }
        }
    }

    pub(crate) fn read(self, intake: &mut Intake<'_>) -> Result<(), PackageError> {
        match self.kind {
            Kind::Directory(dir) => directory::read(&dir, intake),
            Kind::Archive { mut from, expected } => archive::read(&mut from, &expected, intake),
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            Kind::Directory(dir) => f.debug_tuple("Directory").field(dir).finish(),
            Kind::Archive { expected, .. } => {
                f.debug_struct("Archive").field("expected", expected).finish_non_exhaustive()
            }
        }
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    #[expect(clippy::disallowed_methods, reason = "the one place where a path becomes a handle")]
    File::open_ambient(path, ambient_authority())
}

/// The SHA-256 of the file called `name` in what `sha256sum` wrote; or the only one, if it has no name.
fn checksum(text: &str, name: &str) -> Option<Digest> {
    text.lines().find_map(|line| {
        let (digest, named) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        // A `*` says that it was read as bytes.
        let named = named.strip_prefix(' ').or(named.strip_prefix('*')).unwrap_or(named);
        let named = named.strip_prefix("./").unwrap_or(named);
        (named.is_empty() || named == name).then(|| digest.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests;
