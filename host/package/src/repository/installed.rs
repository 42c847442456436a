//! A package in the repository.

use cap_std::fs::Dir;
use dormouse_core::AppId;

use super::error::RepositoryError;
use super::staged;
use crate::digest::{self, Contents, Digest};
use crate::directory;
use crate::intake::Intake;
use crate::manifest::Manifest;
use crate::path::PackagePath;
use crate::text::excerpt;

/// A package that is kept.
#[derive(Debug)]
pub struct Installed {
    dir: Dir,
    manifest: Manifest,
    contents: Contents,
    digest: Digest,
}

impl Installed {
    pub(super) const fn new(dir: Dir, manifest: Manifest, contents: Contents, digest: Digest) -> Self {
        Self { dir, manifest, contents, digest }
    }

    /// Reads all of it: what the disk has lost is found here, and not in a run.
    pub(super) fn open(dir: Dir, app: &AppId, digest: &Digest) -> Result<Self, RepositoryError> {
        let damaged = |detail: String| RepositoryError::Damaged { app: app.clone(), digest: *digest, detail };
        let mut intake = Intake::looking();
        directory::read(&dir, &mut intake).map_err(|error| damaged(error.to_string()))?;
        let contents = intake.finish();
        if digest::of_package(&contents) != *digest {
            return Err(damaged("its contents have changed".to_owned()));
        }
        let manifest = staged::manifest(&dir, &contents)?;
        if manifest.name != *app {
            return Err(damaged(format!("it is a package of `{}`", manifest.name)));
        }
        Ok(Self::new(dir, manifest, contents, *digest))
    }

    /// What the package says of itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The SHA-256 of its contents.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The component of an entry point: at most [`FILE_LEN_MAX`](crate::FILE_LEN_MAX) bytes, and those that were
    /// installed.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`]: there is no such entry point, or the file is not what it was.
    pub fn component(&self, entry_point: &str) -> Result<Vec<u8>, RepositoryError> {
        let app = &self.manifest.name;
        let declared =
            self.manifest.entry_points.get(entry_point).ok_or_else(|| RepositoryError::NoEntryPoint {
                app: app.clone(),
                entry_point: excerpt(entry_point),
                known: self.manifest.entry_points.keys().cloned().collect(),
            })?;
        self.bytes_of(&declared.component)
    }

    /// As [`Installed::component`], of its `[app]`; none if it has none.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`]: the file is not what it was.
    pub fn app_component(&self) -> Result<Option<Vec<u8>>, RepositoryError> {
        self.manifest.app().map(|app| self.bytes_of(&app.component)).transpose()
    }

    fn bytes_of(&self, path: &PackagePath) -> Result<Vec<u8>, RepositoryError> {
        let app = &self.manifest.name;
        let damaged = |detail| RepositoryError::Damaged { app: app.clone(), digest: self.digest, detail };
        let record = self.contents.get(path).ok_or_else(|| damaged(format!("`{path}` is missing")))?;
        let failed = |source| RepositoryError::disk(path.as_str(), source);
        let bytes = directory::read_file(&self.dir, path, record).map_err(failed)?;
        bytes.ok_or_else(|| damaged(format!("`{path}` has changed")))
    }
}
