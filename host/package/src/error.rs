//! What can be wrong with a package.

use std::io;

use crate::archive::ARCHIVE_LEN_MAX;
use crate::digest::Digest;
use crate::intake::{ENTRIES_MAX, FILE_LEN_MAX, PACKAGE_LEN_MAX};
use crate::manifest::{MANIFEST_NAME, ManifestError};
use crate::path::PathError;

/// Why a package is refused. It is refused whole: nothing of it stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// It cannot be opened.
    #[error("`{path}` cannot be opened; give the path of a package's directory or of its `.tar.gz` file")]
    Open {
        /// Where it was looked for.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is neither a file nor a directory.
    #[error("`{path}` is neither a file nor a directory; give the path of a package")]
    NotAPackage {
        /// Where it was looked for.
        path: String,
    },
    /// A file of it cannot be read.
    #[error("`{path}` cannot be read")]
    Read {
        /// Its path in the package.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file of it cannot be written.
    #[error("`{path}` cannot be written; is there room left, and may this directory be written?")]
    Write {
        /// Its path in the package.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A name that no file in a package has.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Something else than a regular file or a folder.
    #[error("`{path}` is a {kind}; a package holds regular files only. Put the file itself there")]
    NotRegular {
        /// Its path in the package, shortened.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// Two entries of one name.
    #[error("`{path}` is there twice; remove one of them")]
    Twice {
        /// The name, shortened.
        path: String,
    },
    /// Two names that are one where letter case does not count.
    #[error(
        "`{path}` and `{other}` differ in letter case only, which not every machine keeps apart; rename one"
    )]
    Case {
        /// The second name, shortened.
        path: String,
        /// The first.
        other: String,
    },
    /// Too many files and folders.
    #[error("it has more than {ENTRIES_MAX} files and folders; leave out what the tasks do not need")]
    TooManyEntries,
    /// A file is too long.
    #[error("`{path}` is longer than {} MiB, the most for one file of a package", FILE_LEN_MAX >> 20)]
    FileTooLong {
        /// Its path in the package.
        path: String,
    },
    /// All files together are too long.
    #[error("it has more than {} MiB unpacked, the most for a package", PACKAGE_LEN_MAX >> 20)]
    TooLong,
    /// The archive is too long as it is.
    #[error("the archive is longer than {} MiB, the most for one", ARCHIVE_LEN_MAX >> 20)]
    ArchiveTooLong,
    /// The archive is no gzip, no tar, or torn.
    #[error("the archive is not a whole `.tar.gz`: {detail}; fetch it again, or pack it again")]
    Damaged {
        /// What was found.
        detail: String,
    },
    /// The archive uses something of the format that no package needs, and that readers disagree about.
    #[error("the archive {detail}{}; pack it again with `tar --format=gnu`", at(.path))]
    Unsupported {
        /// The entry, shortened; empty where it has no name yet.
        path: String,
        /// What it uses.
        detail: &'static str,
    },
    /// There is something behind the end of the archive.
    #[error("something follows behind the end of the archive; fetch it again, or pack it again")]
    Trailing,
    /// The archive is another than was meant.
    #[error("the archive's SHA-256 is {found}, and not {expected}: it is damaged, or another than was meant")]
    Checksum {
        /// What it should be.
        expected: Digest,
        /// What it is.
        found: Digest,
    },
    /// The file with the checksum names none for this archive.
    #[error(
        "`{path}` holds no SHA-256 for `{name}`; make it anew with `sha256sum {name} > {name}.sha256`, or remove it"
    )]
    ChecksumFile {
        /// The file.
        path: String,
        /// The archive's name.
        name: String,
    },
    /// A checksum was given for a directory.
    #[error("a directory has no checksum to hold it against; give the `.tar.gz` file")]
    ChecksumOfDirectory,
    /// There is no manifest.
    #[error(
        "there is no {MANIFEST_NAME} at its top; pack the inside of the package's folder, not the folder"
    )]
    NoManifest,
    /// The manifest is not valid.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(", at `{path}`") }
}
