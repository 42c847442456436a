//! Where cases come from: a folder with a folder for each area.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{Case, CaseError, CaseProblem};

/// The longest case, in bytes.
pub const CASE_LEN_MAX: u64 = 64 * 1024;

/// The most cases that are looked at.
pub const CASES_MAX: usize = 10_000;

/// All cases below `folder`, in the order of their ids.
///
/// # Errors
///
/// [`CaseError`] of the first that cannot be used: nothing runs while one is malformed.
pub fn cases(folder: &Path) -> Result<Vec<Case>, CaseError> {
    let mut all = Vec::new();
    for area in sorted(folder)?.into_iter().filter(|path| path.is_dir()) {
        for path in sorted(&area)? {
            if path.extension().is_some_and(|end| end == "toml") {
                all.push(load(&path)?);
            }
            if all.len() > CASES_MAX {
                return Err(CaseError { path: folder.to_owned(), problem: CaseProblem::TooMany });
            }
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        let paths = entries.map(|entry| Ok(entry?.path()));
        // One more than are allowed is enough to know.
        paths.take(CASES_MAX + 1).collect::<io::Result<Vec<_>>>()
    });
    let mut paths = entries.map_err(|error| at(folder, CaseProblem::Read(error)))?;
    paths.sort();
    Ok(paths)
}

fn at(path: &Path, problem: CaseProblem) -> CaseError {
    CaseError { path: path.to_owned(), problem }
}

/// The case in the file at `path`.
///
/// # Errors
///
/// [`CaseError`]
pub fn load(path: &Path) -> Result<Case, CaseError> {
    let read = || {
        let mut text = String::new();
        let file = File::open(path).map_err(CaseProblem::Read)?;
        file.take(CASE_LEN_MAX + 1).read_to_string(&mut text).map_err(CaseProblem::Read)?;
        let names = [path.parent().and_then(Path::file_name), path.file_stem()];
        let place = names.map(|name| name.map(|name| name.to_string_lossy()).unwrap_or_default()).join("/");
        placed(&text, place)
    };
    read().map_err(|problem| at(path, problem))
}

/// The cases in these texts, each with its id.
///
/// # Errors
///
/// [`CaseError`] of the first that cannot be used.
pub fn built_in(texts: &[(&str, &str)]) -> Result<Vec<Case>, CaseError> {
    let case = |(id, text): &(&str, &str)| {
        placed(text, (*id).to_owned()).map_err(|problem| at(Path::new(id), problem))
    };
    texts.iter().map(case).collect()
}

/// The case in `text`, which has to be called what its place says.
fn placed(text: &str, place: String) -> Result<Case, CaseProblem> {
    let case = Case::parse(text)?;
    if case.id == place { Ok(case) } else { Err(CaseProblem::Id { id: case.id, place }) }
}

impl Case {
    /// Reads a case, and looks whether it makes sense.
    ///
    /// # Errors
    ///
    /// [`CaseProblem`]
    pub fn parse(text: &str) -> Result<Self, CaseProblem> {
        if text.len() as u64 > CASE_LEN_MAX {
            return Err(CaseProblem::TooLong);
        }
        let case: Self = toml::from_str(text)?;
        case.check()?;
        Ok(case)
    }
}
