//! Bytes that are called something: `NAME=FILE`.

use std::path::PathBuf;
use std::str::FromStr;

/// A name, and the file with what comes with it; `-` is standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedFileArg {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

impl FromStr for NamedFileArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => {
                Ok(Self { name: name.to_owned(), file: file.into() })
            }
            _ => Err("write NAME=FILE, like inbox=letter.txt".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_first_and_the_file_may_be_called_anything() {
        let named = |file: &str| NamedFileArg { name: "n".to_owned(), file: file.into() };
        assert_eq!("n=a.txt".parse(), Ok(named("a.txt")));
        assert_eq!("n=a=b".parse(), Ok(named("a=b")));
        assert_eq!("n=-".parse(), Ok(named("-")));
        for text in ["", "n", "n=", "=f"] {
            assert!(text.parse::<NamedFileArg>().is_err_and(|e| e.contains("inbox=letter.txt")), "{text}");
        }
    }
}
