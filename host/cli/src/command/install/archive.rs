//! The package as it is sent to a host.

use std::fs::File;
use std::io::{self, BufWriter, Read as _};
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use dormouse::AppId;
use dormouse_package::{Digest, PackageError, Repository, RepositoryError, Source};
use tempfile::NamedTempFile;

use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::host::package_failed;

/// A `.tar.gz` of a package that is in order.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) app: AppId,
    pub(super) version: String,
    pub(super) sha256: Digest,
    file: Kept,
}

#[derive(Debug)]
enum Kept {
    /// It is somebody's.
    There(PathBuf),
    /// It was made of a directory, and goes when nobody needs it any more.
    Packed(NamedTempFile),
}

impl Archive {
    /// The package at `path`: a directory, which is packed, or an archive, which is held against its checksums.
    pub(super) fn prepare(path: &Path, sha256: Option<Digest>) -> Result<Self> {
        let source = Source::open(path).map_err(package_failed)?;
        if path.is_dir() {
            if let Some(sha256) = sha256 {
                source.expecting(sha256).map_err(package_failed)?;
            }
            return Self::pack(path);
        }
        let source = match sha256 {
            Some(sha256) => source.expecting(sha256).map_err(package_failed)?,
            None => source,
        };
        Self::check(path, source)
    }

    fn pack(path: &Path) -> Result<Self> {
        let failed = |error: &io::Error| temporary_failed(error);
        let dir = File::open(path).map(Dir::from_std_file).map_err(|e| failed(&e))?;
        let file = NamedTempFile::new().map_err(|e| failed(&e))?;
        let packed = dormouse_package::pack(&dir, BufWriter::new(file.as_file())).map_err(package_failed)?;
        Ok(Self {
            app: packed.manifest.name.clone(),
            version: packed.manifest.version.to_string(),
            sha256: packed.archive,
            file: Kept::Packed(file),
        })
    }

    /// Reads all of an archive, which is how it is known what it is, and keeps nothing of it.
    fn check(path: &Path, source: Source) -> Result<Self> {
        let aside = tempfile::tempdir().map_err(|e| temporary_failed(&e))?;
        let dir = File::open(aside.path()).map(Dir::from_std_file).map_err(|e| temporary_failed(&e))?;
        let repository = Repository::open(dir).map_err(repository_failed)?;
        let staged = repository.stage(source).map_err(repository_failed)?;
        let manifest = staged.manifest();
        Ok(Self {
            app: manifest.name.clone(),
            version: manifest.version.to_string(),
            sha256: digest(path).map_err(|source| {
                package_failed(PackageError::Open { path: path.display().to_string(), source })
            })?,
            file: Kept::There(path.to_owned()),
        })
    }

    pub(super) fn path(&self) -> &Path {
        match &self.file {
            Kept::There(path) => path,
            Kept::Packed(file) => file.path(),
        }
    }
}

fn digest(path: &Path) -> io::Result<Digest> {
    let mut bytes = Vec::new();
    File::open(path)?.take(dormouse_package::ARCHIVE_LEN_MAX).read_to_end(&mut bytes)?;
    Ok(Digest::of(&bytes))
}

fn repository_failed(error: RepositoryError) -> Failure {
    match error {
        RepositoryError::Package(error) => package_failed(error),
        error => Failure::from_error(Exit::State, &error)
            .help("set TMPDIR to a directory that you may write to, with room for the package"),
    }
}

fn temporary_failed(error: &io::Error) -> Failure {
    Failure::new(Exit::State, "a temporary file cannot be made")
        .because(error)
        .help("set TMPDIR to a directory that you may write to, with room for the package")
}
