//! Variables for the guest's environment: `NAME=VALUE`, or `NAME` for the value that it has here.

/// One `--env`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EnvArg {
    /// This name and value.
    Set(String, String),
    /// The value that the name has in the environment of this process.
    Inherit(String),
}

impl std::str::FromStr for EnvArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("", _)) => Err("write NAME=VALUE, or NAME for the value that it has here".to_owned()),
            Some((name, value)) => Ok(Self::Set(name.to_owned(), value.to_owned())),
            None if text.is_empty() => {
                Err("write NAME=VALUE, or NAME for the value that it has here".to_owned())
            }
            None => Ok(Self::Inherit(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_anything_and_a_name_may_not_be_empty() {
        assert_eq!("A=b=c".parse(), Ok(EnvArg::Set("A".to_owned(), "b=c".to_owned())));
        assert_eq!("A=".parse(), Ok(EnvArg::Set("A".to_owned(), String::new())));
        assert_eq!("HOME".parse(), Ok(EnvArg::Inherit("HOME".to_owned())));
        assert!("".parse::<EnvArg>().is_err());
        assert!("=x".parse::<EnvArg>().is_err());
    }
}
