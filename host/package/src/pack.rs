//! A directory made into an archive: [`pack()`].

use std::io::{self, Read, Write};

use cap_std::fs::Dir;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use crate::digest::{self, Digest};
use crate::directory::{Found, walk};
use crate::error::PackageError;
use crate::intake::{FILE_LEN_MAX, Intake};
use crate::manifest::{MANIFEST_NAME, Manifest};

/// What was packed.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The manifest.
    pub manifest: Manifest,
    /// The package's digest, which its directory has too.
    pub digest: Digest,
    /// The SHA-256 of the archive, for a file beside it.
    pub archive: Digest,
}

/// Writes the package in `dir` into `to`, as a `.tar.gz`. One directory gives the same bytes everywhere: sorted, without
/// times, owners and modes.
///
/// # Errors
///
/// [`PackageError`] if the directory is no valid package, or `to` takes no more. What was written is no archive then.
pub fn pack(dir: &Dir, to: impl Write) -> Result<Packed, PackageError> {
    let failed = |source| PackageError::Write { path: "the archive".to_owned(), source };
    let mut intake = Intake::looking();
    let mut manifest = Vec::new();
    let gzip = GzBuilder::new().write(Hashing { to, hash: Sha256::new() }, Compression::best());
    let mut archive = tar::Builder::new(gzip);
    walk(dir, "", &mut |found| {
        let (path, file) = match found {
            Found::Folder(path) => return intake.folder(&path),
            Found::File(path, _, file) => (path, file),
        };
        // The header has the length, and comes first.
        let mut bytes = Vec::new();
        let read = file.take(FILE_LEN_MAX + 1).read_to_end(&mut bytes);
        read.map_err(|source| PackageError::Read { path: path.to_string(), source })?;
        intake.file(path.clone(), bytes.len() as u64, &mut bytes.as_slice())?;
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, path.as_str(), bytes.as_slice()).map_err(failed)?;
        if path.as_str() == MANIFEST_NAME {
            manifest = bytes;
        }
        Ok(())
    })?;
    let contents = intake.finish();
    if !contents.keys().any(|path| path.as_str() == MANIFEST_NAME) {
        return Err(PackageError::NoManifest);
    }
    let manifest = Manifest::parse_in_package(&manifest, &contents)?;
    let mut written = archive.into_inner().and_then(|gzip| gzip.finish()).map_err(failed)?;
    written.to.flush().map_err(failed)?;
    Ok(Packed { manifest, digest: digest::of_package(&contents), archive: Digest::finish(written.hash) })
}

struct Hashing<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hash.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests;
