//! What is kept of former campaigns: a directory for each target, a file for each input.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::bytes::Bytes;

/// Inputs that broke a target once, or are worth to be tried always.
#[derive(Clone, Debug)]
pub struct Corpus {
    directory: PathBuf,
}

/// A corpus that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {source}; the corpus is beside the sources of dormouse-fuzz", path.display())]
pub struct CorpusError {
    path: PathBuf,
    source: io::Error,
}

impl Corpus {
    /// That of `target`, in the sources that this was built from.
    #[must_use]
    pub fn of(target: &str) -> Self {
        Self { directory: Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target) }
    }

    /// All of it, with names, in their order. None if there is no directory.
    ///
    /// # Errors
    ///
    /// [`CorpusError`]
    pub fn read(&self) -> Result<Vec<(String, Bytes)>, CorpusError> {
        let failed = |path: &Path, source| CorpusError { path: path.to_owned(), source };
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&self.directory, error)),
        };
        let mut inputs = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failed(&self.directory, error))?.path();
            let bytes = std::fs::read(&path).map_err(|error| failed(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            inputs.push((name, Bytes(bytes)));
        }
        inputs.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(inputs)
    }

    /// Keeps `input`, named by its digest until somebody gives it a better name. Answers its path.
    ///
    /// # Errors
    ///
    /// [`CorpusError`]
    pub fn keep(&self, input: &Bytes) -> Result<PathBuf, CorpusError> {
        let digest = Sha256::digest(&input.0);
        let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let path = self.directory.join(format!("found-{name}"));
        let failed = |source| CorpusError { path: path.clone(), source };
        std::fs::create_dir_all(&self.directory).map_err(failed)?;
        std::fs::write(&path, &input.0).map_err(failed)?;
        Ok(path)
    }
}
