//! Limits of what apps keep: `KEY=VALUE`.

use std::str::FromStr;

use dormouse::{AppLimits, AppLimitsRequest};

use super::limit::pair;

/// One `--app-limit-default` or `--app-limit-max`, which is known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppLimitArg {
    key: String,
    value: String,
}

impl FromStr for AppLimitArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = pair(text)?;
        AppLimitsRequest::none().set(key, value).map_err(|error| error.to_string())?;
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

impl AppLimitArg {
    /// What all of them ask for: of two about the same limit the later counts.
    pub(crate) fn default(args: &[Self]) -> AppLimitsRequest {
        let mut request = AppLimitsRequest::none();
        for Self { key, value } in args {
            // It was read before, and so below.
            let _ = request.set(key, value);
        }
        request
    }

    /// The host's maximum with all of them.
    pub(crate) fn max(args: &[Self]) -> AppLimits {
        let mut max = AppLimits::HOST_MAX;
        for Self { key, value } in args {
            let _ = max.set(key, value);
        }
        max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_limits_are_read_by_their_keys_and_what_is_wrong_is_named() {
        let args = ["folder-bytes=1MiB", "settings=5", "folder-bytes=2KiB"].map(|arg| arg.parse().unwrap());
        let default = AppLimitArg::default(&args);
        assert_eq!((default.folder_bytes, default.settings), (Some(2048), Some(5)));
        let max = AppLimitArg::max(&args);
        assert_eq!(max, AppLimits { folder_bytes: 2048, settings: 5, ..AppLimits::HOST_MAX });
        for (text, part) in [("settings", "KEY=VALUE"), ("wall=2s", "wall"), ("settings=few", "settings")] {
            assert!(text.parse::<AppLimitArg>().is_err_and(|error| error.contains(part)), "{text}");
        }
    }
}
