//! What can go wrong in a repository.

use std::io;

use dormouse_core::AppId;

use crate::digest::Digest;
use crate::error::PackageError;

/// Why something cannot be kept, or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// The package is not valid.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The package is not what was installed.
    #[error("package {digest} of app `{app}` is damaged ({detail}); install it again")]
    Damaged {
        /// Whose it is.
        app: AppId,
        /// What it should be.
        digest: Digest,
        /// What was found.
        detail: String,
    },
    /// The package has no such entry point.
    #[error("app `{app}` has no entry point {entry_point:?}; it has {}", known.join(", "))]
    NoEntryPoint {
        /// The app.
        app: AppId,
        /// What was asked for, shortened.
        entry_point: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The disk, or its permissions.
    #[error(
        "`{path}` in the package repository cannot be read or changed; check its permissions and the room left"
    )]
    Disk {
        /// The path in the repository.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

impl RepositoryError {
    pub(super) fn disk(path: &str, source: io::Error) -> Self {
        Self::Disk { path: path.to_owned(), source }
    }
}
