//! A package in one `.tar.gz` file.
//!
//! The library decodes blocks, headers and numbers; what may be in an archive is decided here. Its own handling of
//! extension headers is not used: it reads them whole, however long they are.

mod extension;
mod limited;

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use tar::{Entry, EntryType};

use crate::digest::Digest;
use crate::error::PackageError;
use crate::intake::{ENTRIES_MAX, Intake, PACKAGE_LEN_MAX};
use crate::path::PackagePath;
use crate::text::excerpt;
use extension::Extensions;
use limited::{Limited, Tap};

/// The longest archive, in bytes.
pub const ARCHIVE_LEN_MAX: u64 = 128 << 20;

/// The most bytes that an archive unpacks to, with everything around the files: 4 KiB for each are plenty.
const UNPACKED_LEN_MAX: u64 = PACKAGE_LEN_MAX + ENTRIES_MAX as u64 * 4096;

/// An entry has at most two extension headers, and tools repeat folders.
const HEADERS_MAX: usize = 4 * ENTRIES_MAX;

/// Reads the archive in `from` into `intake`. It must have all of the SHA-256 in `expected`.
pub(crate) fn read(
    from: &mut dyn Read,
    expected: &[Digest],
    intake: &mut Intake<'_>,
) -> Result<(), PackageError> {
    let overrun = Overrun::default();
    let mut tap = Tap::new(from, ARCHIVE_LEN_MAX, &overrun.archive);
    let unpacked = unpack(&mut tap, &overrun, intake);
    if !expected.is_empty() && !overrun.archive.get() {
        // That it is another file explains more than what went wrong in the middle of it.
        tap.drain().map_err(|error| overrun.explain(error))?;
        let found = tap.digest();
        if let Some(&expected) = expected.iter().find(|expected| **expected != found) {
            return Err(PackageError::Checksum { expected, found });
        }
    }
    unpacked
}

/// Which bound was reached: an [`io::Error`] that has passed through two libraries does not tell.
#[derive(Default)]
struct Overrun {
    archive: Cell<bool>,
    unpacked: Cell<bool>,
}

impl Overrun {
    fn explain(&self, error: io::Error) -> PackageError {
        if self.archive.get() {
            PackageError::ArchiveTooLong
        } else if self.unpacked.get() {
            PackageError::TooLong
        } else {
            PackageError::Damaged { detail: excerpt(&error.to_string()) }
        }
    }
}

fn unpack(from: &mut Tap<'_>, overrun: &Overrun, intake: &mut Intake<'_>) -> Result<(), PackageError> {
    let mut gzip = GzDecoder::new(BufReader::new(from));
    let limited = Limited::new(&mut gzip, UNPACKED_LEN_MAX, &overrun.unpacked);
    let mut archive = tar::Archive::new(limited);
    let mut extensions = Extensions::default();
    let entries = archive.entries().map_err(|error| overrun.explain(error))?.raw(true);
    for (n, entry) in entries.enumerate() {
        if n == HEADERS_MAX {
            return Err(PackageError::TooManyEntries);
        }
        let entry = entry.map_err(|error| overrun.explain(error))?;
        take(entry, &mut extensions, intake).map_err(|error| match error {
            PackageError::Read { source, .. } => overrun.explain(source),
            error => error,
        })?;
    }
    extensions.finish()?;
    check_end(&mut archive.into_inner(), overrun)?;
    let mut rest = gzip.into_inner();
    match rest.fill_buf() {
        Ok([]) => Ok(()),
        Ok(_) => Err(PackageError::Trailing),
        Err(error) => Err(overrun.explain(error)),
    }
}

/// Takes one entry: an extension of the next one, a folder or a file.
fn take<R: Read>(
    mut entry: Entry<'_, R>,
    extensions: &mut Extensions,
    intake: &mut Intake<'_>,
) -> Result<(), PackageError> {
    let kind = entry.header().entry_type();
    if extensions.take(kind, &mut entry)? {
        return Ok(());
    }
    let written = extensions.name().unwrap_or_else(|| entry.header().path_bytes().into_owned());
    let shown = || excerpt(&String::from_utf8_lossy(&written));
    // As `tar -C DIR -czf FILE .` writes them.
    let name = written.strip_prefix(b"./").unwrap_or(&written);
    match kind {
        EntryType::Regular => {
            let len = entry.size();
            let read = intake.file(PackagePath::from_bytes(name)?, len, &mut entry)?;
            if read != len {
                return Err(PackageError::Damaged { detail: format!("it ends within `{}`", shown()) });
            }
            Ok(())
        }
        EntryType::Directory if entry.size() > 0 => {
            Err(PackageError::Unsupported { path: shown(), detail: "has a folder with contents of its own" })
        }
        EntryType::Directory => match name.strip_suffix(b"/").unwrap_or(name) {
            b"" | b"." => Ok(()),
            name => intake.folder(&PackagePath::from_bytes(name)?),
        },
        EntryType::Symlink => Err(PackageError::NotRegular { path: shown(), kind: "symbolic link" }),
        EntryType::Link => Err(PackageError::NotRegular { path: shown(), kind: "hard link" }),
        EntryType::Char | EntryType::Block => Err(PackageError::NotRegular { path: shown(), kind: "device" }),
        EntryType::Fifo => Err(PackageError::NotRegular { path: shown(), kind: "pipe" }),
        EntryType::GNUSparse => {
            Err(PackageError::Unsupported { path: shown(), detail: "stores a file with holes" })
        }
        _ => Err(PackageError::Unsupported { path: shown(), detail: "has an entry of an unknown kind" }),
    }
}

/// An archive ends with two blocks of zeros, and with zeros up to the end of the file. The library has seen the first
/// block, or the end of the file.
fn check_end(rest: &mut dyn Read, overrun: &Overrun) -> Result<(), PackageError> {
    const BLOCK_LEN: usize = 512;
    let (mut zeros, mut buffer) = (0, [0; BLOCK_LEN]);
    loop {
        let n = rest.read(&mut buffer).map_err(|error| overrun.explain(error))?;
        let bytes = buffer.get(..n).unwrap_or_default();
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(PackageError::Trailing);
        }
        if n == 0 && zeros < BLOCK_LEN {
            return Err(PackageError::Damaged { detail: "it has no end".to_owned() });
        }
        if n == 0 {
            return Ok(());
        }
        zeros = zeros.saturating_add(n);
    }
}

#[cfg(test)]
mod tests;
