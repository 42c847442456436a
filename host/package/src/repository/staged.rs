//! A package that has no name yet.

use std::io;

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;

use super::installed::Installed;
use super::step::{Step, reach};
use crate::digest::{self, Contents, Digest};
use crate::directory;
use crate::error::PackageError;
use crate::intake::{self, Intake, create_dir};
use crate::manifest::{MANIFEST_LEN_MAX, MANIFEST_NAME, Manifest, ManifestError};
use crate::path::PackagePath;
use crate::source::Source;

/// A package that was read and is valid, on the disk but not yet in the repository: to be looked at, shown and agreed
/// to. [`Repository::commit`](super::Repository::commit) keeps it; dropped, it is removed.
#[derive(Debug)]
pub struct Staged {
    aside: Aside,
    manifest: Manifest,
    contents: Contents,
    digest: Digest,
}

/// A folder in the staging area, removed when it is dropped.
#[derive(Debug)]
struct Aside {
    staging: Dir,
    /// None once it is somewhere else.
    name: Option<String>,
    dir: Dir,
}

impl Staged {
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

    pub(super) fn read(staging: Dir, name: String, source: Source) -> Result<Self, PackageError> {
        let aside = Aside::new(staging, name)
            .map_err(|source| PackageError::Write { path: ".".to_owned(), source })?;
        reach(Step::Begun);
        let mut intake = Intake::into(&aside.dir);
        source.read(&mut intake)?;
        let contents = intake.finish();
        reach(Step::Written);
        let manifest = manifest(&aside.dir, &contents)?;
        intake::sync(&aside.dir, &contents)?;
        reach(Step::Synced);
        let digest = digest::of_package(&contents);
        Ok(Self { aside, manifest, contents, digest })
    }

    /// Moves it to `name` in `folder`.
    pub(super) fn rename(self, folder: &Dir, name: &str) -> io::Result<Installed> {
        let Self { mut aside, manifest, contents, digest } = self;
        if let Some(from) = &aside.name {
            aside.staging.rename(from, folder, name)?;
        }
        aside.name = None;
        Ok(Installed::new(folder.open_dir_nofollow(name)?, manifest, contents, digest))
    }
}

impl Aside {
    fn new(staging: Dir, name: String) -> io::Result<Self> {
        create_dir(&staging, &name)?;
        let dir = staging.open_dir_nofollow(&name)?;
        Ok(Self { staging, name: Some(name), dir })
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // What is left is removed when the repository is next opened.
            let _ = self.staging.remove_dir_all(name);
        }
    }
}

/// The manifest of the package in `dir`, of which `contents` are all.
pub(super) fn manifest(dir: &Dir, contents: &Contents) -> Result<Manifest, PackageError> {
    let path = PackagePath::new(MANIFEST_NAME)?;
    let record = contents.get(&path).ok_or(PackageError::NoManifest)?;
    if record.len > MANIFEST_LEN_MAX as u64 {
        return Err(ManifestError::too_long().into());
    }
    let failed = |source| PackageError::Read { path: path.to_string(), source };
    let bytes = directory::read_file(dir, &path, record).map_err(failed)?;
    let bytes = bytes.ok_or_else(|| failed(io::Error::other("it changed while it was read")))?;
    Ok(Manifest::parse_in_package(&bytes, contents)?)
}
