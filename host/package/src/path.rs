//! Names of files in a package.

use std::fmt;

use crate::text::excerpt;

/// The longest path of a file in a package, in bytes.
pub const PATH_LEN_MAX: usize = 256;
/// The most parts that a path has: how deep folders are nested, the file itself included.
pub const PATH_DEPTH_MAX: usize = 16;

/// The path of a file in a package: relative, UTF-8, with `/` between parts that are names.
///
/// It cannot lead out of the package, and it can be shown on a terminal: `..`, absolute paths, backslashes and control
/// characters are refused where it is made.
///
/// ```
/// use dormouse_package::PackagePath;
///
/// assert_eq!(PackagePath::new("tasks/refresh.wasm")?.as_str(), "tasks/refresh.wasm");
/// assert!(PackagePath::new("../../etc/passwd").is_err());
/// # Ok::<(), dormouse_package::path::PathError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackagePath(Box<str>);

/// A text that is no path in a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It begins with `/`.
    #[error("path `{path}` is absolute: write it relative to the top of the package")]
    Absolute {
        /// The path, shortened.
        path: String,
    },
    /// A part is empty, `.` or `..`.
    #[error("path `{path}` has a part that is empty, `.` or `..`: each must be a name, inside the package")]
    Part {
        /// The path, shortened.
        path: String,
    },
    /// It has a backslash or a control character.
    #[error(
        "path `{path}` has a backslash or a control character: rename the file, and write `/` between parts"
    )]
    Character {
        /// The path, shortened.
        path: String,
    },
    /// It is not UTF-8.
    #[error("path `{path}` is not UTF-8: rename the file")]
    NotUtf8 {
        /// The path, shortened, with what is not UTF-8 replaced.
        path: String,
    },
    /// It is longer than [`PATH_LEN_MAX`].
    #[error("path `{path}` has {len} bytes; at most {PATH_LEN_MAX} are allowed")]
    TooLong {
        /// The path, shortened.
        path: String,
        /// Its length in bytes.
        len: usize,
    },
    /// It has more than [`PATH_DEPTH_MAX`] parts.
    #[error("path `{path}` has {depth} parts; at most {PATH_DEPTH_MAX} are allowed")]
    TooDeep {
        /// The path, shortened.
        path: String,
        /// How many parts it has.
        depth: usize,
    },
}

impl PackagePath {
    /// Checks `path`.
    ///
    /// # Errors
    ///
    /// [`PathError`] says what is wrong with it.
    pub fn new(path: &str) -> Result<Self, PathError> {
        let shown = || excerpt(path);
        if path.len() > PATH_LEN_MAX {
            return Err(PathError::TooLong { path: shown(), len: path.len() });
        }
        if path.starts_with('/') {
            return Err(PathError::Absolute { path: shown() });
        }
        if path.contains(|c: char| c == '\\' || c.is_control()) {
            return Err(PathError::Character { path: shown() });
        }
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(PathError::Part { path: shown() });
        }
        let depth = path.split('/').count();
        if depth > PATH_DEPTH_MAX {
            return Err(PathError::TooDeep { path: shown(), depth });
        }
        Ok(Self(path.into()))
    }

    /// As [`PackagePath::new`], from bytes that may be no text.
    pub(crate) fn from_bytes(path: &[u8]) -> Result<Self, PathError> {
        match std::str::from_utf8(path) {
            Ok(path) => Self::new(path),
            Err(_) => Err(PathError::NotUtf8 { path: excerpt(&String::from_utf8_lossy(path)) }),
        }
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders that it is in, outermost first.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').filter_map(|(at, _)| self.0.get(..at))
    }
}

impl fmt::Display for PackagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PackagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackagePath({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_the_package() {
        for bad in ["", ".", "..", "../a", "a/..", "a/../b", "a//b", "a/", "./a"] {
            assert!(matches!(PackagePath::new(bad), Err(PathError::Part { .. })), "{bad:?}");
        }
        for bad in ["/", "/a", "//a"] {
            assert!(matches!(PackagePath::new(bad), Err(PathError::Absolute { .. })), "{bad:?}");
        }
        for bad in ["a\\b", "C:\\a", "..\\a", "a\0b", "a\nb", "\u{1b}[2J"] {
            assert!(matches!(PackagePath::new(bad), Err(PathError::Character { .. })), "{bad:?}");
        }
        for good in ["a", "a/b.wasm", ".hidden", "...", "naïve.wasm", "a b"] {
            assert_eq!(PackagePath::new(good).map(|path| path.to_string()).as_deref(), Ok(good));
        }
        assert!(matches!(PackagePath::from_bytes(b"a\xff"), Err(PathError::NotUtf8 { .. })));
    }

    #[test]
    fn a_path_is_bounded_in_length_and_depth() {
        assert!(PackagePath::new(&"a".repeat(PATH_LEN_MAX)).is_ok());
        let long = "a".repeat(PATH_LEN_MAX + 1);
        assert!(matches!(PackagePath::new(&long), Err(PathError::TooLong { len: 257, .. })));
        assert!(PackagePath::new(&["a"; PATH_DEPTH_MAX].join("/")).is_ok());
        let deep = ["a"; PATH_DEPTH_MAX + 1].join("/");
        assert!(matches!(PackagePath::new(&deep), Err(PathError::TooDeep { depth: 17, .. })));
    }

    #[test]
    fn folders_are_told_outermost_first() {
        let path = PackagePath::new("a/b/c").unwrap();
        assert_eq!(path.folders().collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
