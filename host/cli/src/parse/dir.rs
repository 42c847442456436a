//! Directories for the guest: `HOST::GUEST[:rw]`, for programs `HOST[::GUEST][:ro]`, and those to watch: `HOST[::GUEST]`.

use std::path::PathBuf;
use std::str::FromStr;

use dormouse::Access;

/// Where a watched directory is seen by the guest unless told otherwise.
pub(crate) const WATCH_GUEST: &str = "/watch";

/// One `--dir`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DirArg {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) access: Access,
}

/// One `--dir` of `run-command`, as other runners of WASI programs have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreopenArg {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) access: Access,
}

/// One `--watch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WatchArg {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
}

impl FromStr for DirArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let how = "write HOST::GUEST, like ./photos::/photos, with :rw at the end to allow writing";
        // A name on the host may hold `::`; a guest path that does can be chosen otherwise.
        let (host, guest) = text.rsplit_once("::").ok_or(how)?;
        let (guest, access) = match guest.strip_suffix(":rw") {
            Some(guest) => (guest, Access::ReadWrite),
            None => (guest, Access::ReadOnly),
        };
        if host.is_empty() || guest.is_empty() {
            return Err(how.to_owned());
        }
        absolute(guest)?;
        Ok(Self { host: host.into(), guest: guest.to_owned(), access })
    }
}

impl FromStr for PreopenArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, access) = match text.strip_suffix(":ro") {
            Some(text) => (text, Access::ReadOnly),
            None => (text, Access::ReadWrite),
        };
        let (host, guest) = text.rsplit_once("::").unwrap_or((text, text));
        if host.is_empty() || guest.is_empty() {
            return Err(
                "write HOST or HOST::GUEST, like ./texts::/texts, with :ro at the end to allow reading only"
                    .to_owned(),
            );
        }
        Ok(Self { host: host.into(), guest: guest.to_owned(), access })
    }
}

impl FromStr for WatchArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, guest) = text.rsplit_once("::").unwrap_or((text, WATCH_GUEST));
        if host.is_empty() || guest.is_empty() {
            return Err("write HOST or HOST::GUEST, like ./inbox::/inbox".to_owned());
        }
        absolute(guest)?;
        Ok(Self { host: host.into(), guest: guest.to_owned() })
    }
}

fn absolute(guest: &str) -> Result<(), String> {
    if guest.starts_with('/') { Ok(()) } else { Err(format!("the guest path {guest:?} must begin with `/`")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_read() {
        let dir = |host: &str, access| DirArg { host: host.into(), guest: "/g".to_owned(), access };
        assert_eq!("h::/g".parse(), Ok(dir("h", Access::ReadOnly)));
        assert_eq!("h::/g:rw".parse(), Ok(dir("h", Access::ReadWrite)));
        assert_eq!("a::b::/g".parse(), Ok(dir("a::b", Access::ReadOnly)));
        for text in ["", "h", "h::", "::/g", "h:/g"] {
            assert!(text.parse::<DirArg>().is_err_and(|e| e.contains("./photos::/photos")), "{text}");
        }
        assert!("h::g".parse::<DirArg>().is_err_and(|e| e.contains("begin with `/`")));
    }

    #[test]
    fn a_programs_directory_is_written_to_unless_it_is_said_and_has_its_own_name() {
        let dir = |host: &str, guest: &str, access| PreopenArg {
            host: host.into(),
            guest: guest.to_owned(),
            access,
        };
        assert_eq!(".".parse(), Ok(dir(".", ".", Access::ReadWrite)));
        assert_eq!("a::/b".parse(), Ok(dir("a", "/b", Access::ReadWrite)));
        assert_eq!("a::b:ro".parse(), Ok(dir("a", "b", Access::ReadOnly)));
        assert_eq!("/data:ro".parse(), Ok(dir("/data", "/data", Access::ReadOnly)));
        for text in ["", ":ro", "::/g", "h::"] {
            assert!(text.parse::<PreopenArg>().is_err_and(|e| e.contains("./texts::/texts")), "{text}");
        }
    }

    #[test]
    fn a_watched_directory_has_a_guest_path_by_default() {
        let watch = |guest: &str| WatchArg { host: "h".into(), guest: guest.to_owned() };
        assert_eq!("h".parse(), Ok(watch("/watch")));
        assert_eq!("h::/g".parse(), Ok(watch("/g")));
        assert!("h::".parse::<WatchArg>().is_err());
    }
}
