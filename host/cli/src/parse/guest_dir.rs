//! Directories that a package asks for: `GUEST=PATH`.

use std::path::PathBuf;
use std::str::FromStr;

/// One `--dir` of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuestDirArg {
    pub(crate) guest: String,
    pub(crate) path: PathBuf,
}

impl FromStr for GuestDirArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((guest, path)) if guest.starts_with('/') && !path.is_empty() => {
                Ok(Self { guest: guest.to_owned(), path: path.into() })
            }
            _ => Err("write GUEST=PATH, like /pictures=./photos".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guest_path_comes_first_and_the_other_may_hold_anything() {
        let dir = |path: &str| GuestDirArg { guest: "/g".to_owned(), path: path.into() };
        assert_eq!("/g=./photos".parse(), Ok(dir("./photos")));
        assert_eq!("/g=a=b".parse(), Ok(dir("a=b")));
        for text in ["", "/g", "/g=", "g=x", "=x"] {
            assert!(text.parse::<GuestDirArg>().is_err_and(|e| e.contains("/pictures=./photos")), "{text}");
        }
    }
}
