//! The guest programs that cases run: components, by name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
#[error("program {name:?} is not at `{}`; `dormouse-conform programs DIR` writes all there are", path.display())]
pub struct NoProgram {
    name: String,
    path: PathBuf,
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
        let path = match &self.folder {
            Some(folder) => folder.join(name).with_extension(END),
            None => find(name).map(PathBuf::from).unwrap_or_default(),
        };
        match fs::canonicalize(&path) {
            Ok(path) => Ok(path),
            Err(_) => Err(NoProgram { name: name.to_owned(), path }),
        }
    }
}

/// Writes every program into `folder`, as `NAME.wasm`. Answers how many.
///
/// # Errors
///
/// The folder cannot be made or written, or a program is not where it was built.
pub fn export(folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    for (name, path) in test_artifacts::PROGRAMS {
        fs::copy(path, folder.join(name).with_extension(END))?;
    }
    Ok(test_artifacts::PROGRAMS.len())
}
