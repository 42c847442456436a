//! Packages: a manifest, its components, and what it asks for.
//!
//! A package is a directory, or one `.tar.gz` file of it, with a `dormouse.toml` at its top. Nothing in it is
//! trusted: every size has a limit that is held while reading, what is wrong is a typed error that says what to do
//! next, and a package is taken whole or not at all.
//!
//! | to learn about | read |
//! | --- | --- |
//! | what a package says of itself | [`manifest`], with a whole example |
//! | what it asks for, and what an update newly asks for | [`capabilities`] |
//! | how it is read, from a directory or an archive, and made | [`source`], [`mod@pack`] |
//! | where it is kept | [`repository`] |
//!
//! Everything here waits for the disk: an asynchronous caller gives it a thread of its own.
//!
//! The crate has no opinion on what is installed: the store of the host says so, and [`Repository::sweep`] removes the
//! files that have no record.

mod archive;
pub mod capabilities;
pub mod digest;
mod directory;
mod error;
mod intake;
pub mod manifest;
pub mod pack;
pub mod path;
pub mod repository;
pub mod source;
#[cfg(test)]
mod testing;
mod text;

pub use archive::ARCHIVE_LEN_MAX;
pub use capabilities::{Capabilities, Capability, Difference, DirectoryAccess, HostPort};
pub use digest::Digest;
pub use error::PackageError;
pub use intake::{ENTRIES_MAX, FILE_LEN_MAX, PACKAGE_LEN_MAX};
pub use manifest::{MANIFEST_NAME, Manifest, ManifestError};
pub use pack::{Packed, pack};
pub use path::PackagePath;
pub use repository::{Installed, Repository, RepositoryError, Staged};
pub use source::Source;
