//! Limits: `KEY=VALUE`.

use std::str::FromStr;

use dormouse::{Limits, LimitsRequest};

/// One `--limit`: what it asks for, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitArg(pub(crate) LimitsRequest);

impl FromStr for LimitArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = pair(text)?;
        let mut request = LimitsRequest::default();
        request.set(key, value).map_err(|error| error.to_string())?;
        Ok(Self(request))
    }
}

impl LimitArg {
    /// All of them: of two about the same limit the later counts.
    pub(crate) fn all(args: &[Self]) -> LimitsRequest {
        args.iter().fold(LimitsRequest::default(), |all, Self(limit)| limit.or(&all))
    }
}

/// One `--limit-max`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitMaxArg {
    key: String,
    value: String,
}

impl FromStr for LimitMaxArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = pair(text)?;
        Limits::host_max().set(key, value).map_err(|error| error.to_string())?;
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

impl LimitMaxArg {
    /// The host's maximum with all of them.
    pub(crate) fn all(args: &[Self]) -> Limits {
        let mut max = Limits::host_max();
        for Self { key, value } in args {
            // It was read before.
            let _ = max.set(key, value);
        }
        max
    }
}

pub(super) fn pair(text: &str) -> Result<(&str, &str), &'static str> {
    text.split_once('=').ok_or("write KEY=VALUE, like cpu=2s or memory=32MiB")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_limit_is_read_by_its_key_and_what_is_wrong_is_named() {
        let cpu = LimitsRequest { cpu: Some(Duration::from_secs(2)), ..LimitsRequest::default() };
        assert_eq!("cpu=2s".parse(), Ok(LimitArg(cpu)));
        for (text, part) in [("cpu", "KEY=VALUE"), ("cpus=2s", "cpus"), ("cpu=soon", "cpu")] {
            assert!(text.parse::<LimitArg>().is_err_and(|error| error.contains(part)), "{text}");
            assert!(text.parse::<LimitMaxArg>().is_err_and(|error| error.contains(part)), "{text}");
        }
        assert!("class=long".parse::<LimitMaxArg>().is_err_and(|error| error.contains("class=unlimited")));
    }

    #[test]
    fn of_two_about_the_same_limit_the_later_counts() {
        let args: Vec<LimitArg> = ["cpu=2s", "handles=7", "cpu=3s"].map(|arg| arg.parse().unwrap()).into();
        let all = LimitArg::all(&args);
        assert_eq!((all.cpu, all.handles), (Some(Duration::from_secs(3)), Some(7)));
        let args = ["wall=2s", "class=unlimited", "wall=3s"].map(|arg| arg.parse().unwrap());
        let max = LimitMaxArg::all(&args);
        assert_eq!((max.wall, max.untimed), (Duration::from_secs(3), true));
        assert_eq!(max.cpu, Limits::host_max().cpu);
    }
}
