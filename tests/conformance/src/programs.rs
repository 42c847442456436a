//! The guest programs that cases run: components, by name.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::case::Case;

/// What of a program's name is the end of its file's.
const END: &str = "wasm";

/// The path of a program's file as this crate was built with it; none if there is no such program.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    let found = test_artifacts::PROGRAMS.iter().find(|(program, _)| *program == name);
    found.map(|(_, path)| *path)
}

/// Where a runner takes programs from.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    folder: Option<PathBuf>,
}

/// A program that is not where it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoProgram {
    /// Not in the folder that was given.
    #[error("program {name:?} is not at `{}`; write all there are into that folder with `dormouse-conform programs`, \
        where it was built", path.display())]
    Folder {
        /// Its name.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Not where this program was built.
    #[error("program {name:?} is not at `{}`, where `dormouse-conform` was built; write all there are into a folder with \
        `dormouse-conform programs` there, and name that folder here with --programs", path.display())]
    Built {
        /// Its name.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
}

impl Programs {
    /// From `folder`, where they were exported.
    #[must_use]
    pub const fn from_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// Where the file of a program is.
    ///
    /// # Errors
    ///
    /// [`NoProgram`]
    pub fn path(&self, name: &str) -> Result<PathBuf, NoProgram> {
        let name = name.to_owned();
        let (path, built) = match &self.folder {
            Some(folder) => (folder.join(&name).with_extension(END), false),
            None => (find(&name).map(PathBuf::from).unwrap_or_default(), true),
        };
        match fs::canonicalize(&path) {
            Ok(path) => Ok(path),
            Err(_) if built => Err(NoProgram::Built { name, path }),
            Err(_) => Err(NoProgram::Folder { name, path }),
        }
    }

    /// Whether all that these cases run is there.
    ///
    /// # Errors
    ///
    /// [`NoProgram`] for the first that is not.
    pub fn are_there(&self, cases: &[Case]) -> Result<(), NoProgram> {
        let names: BTreeSet<String> = cases.iter().flat_map(Case::programs).collect();
        names.iter().try_for_each(|name| self.path(name).map(drop))
    }
}

/// A program that cannot be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is nothing to copy.
    #[error(transparent)]
    Program(#[from] NoProgram),
    /// It cannot be written.
    #[error("the programs cannot be written to `{}`", folder.display())]
    Write {
        /// Where to.
        folder: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Writes every program into `folder`, as `NAME.wasm`. Answers how many.
///
/// # Errors
///
/// [`ExportError`]
pub fn export(folder: &Path) -> Result<usize, ExportError> {
    let failed = |source| ExportError::Write { folder: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, _) in test_artifacts::PROGRAMS {
        let built = Programs::default().path(name)?;
        fs::copy(built, folder.join(name).with_extension(END)).map_err(failed)?;
    }
    Ok(test_artifacts::PROGRAMS.len())
}
