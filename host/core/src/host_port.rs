//! A host and a port, as a package asks for them and an operator grants them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest host name of the DNS, in bytes.
const NAME_LEN_MAX: usize = 253;

/// One host, by name or by address, and one port. Written `api.example.org:443` or `[::1]:8080`.
///
/// Both are spelt out. There is no wildcard: an operator who reads the list shall know where data can go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPort {
    host: Host,
    port: u16,
}

/// The part before the port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A name, in lower case, without the dot of the root.
    Name(String),
    /// An address.
    Ip(IpAddr),
}

/// Why a text is not a [`HostPort`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostPortError {
    /// Nothing after the host.
    #[error("{0:?} names no port: write the host, a colon and the port, like api.example.org:443")]
    NoPort(String),
    /// Not a number from 1 to 65535.
    #[error("the port of {0:?} is not a number from 1 to 65535")]
    Port(String),
    /// A pattern.
    #[error("{0:?} has a wildcard: each host is granted by its own name")]
    Wildcard(String),
    /// Neither a name nor an address.
    #[error(
        "the host of {0:?} is neither a name of letters, digits, `-`, `_` and `.`, nor an address (IPv6 in brackets)"
    )]
    Host(String),
}

impl Host {
    /// The host that a guest or a manifest names by `text`; none if it can be no host that was granted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(v6) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return v6.parse::<Ipv6Addr>().ok().map(|ip| Self::Ip(IpAddr::V6(ip).to_canonical()));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(Self::Ip(ip.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let valid_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        // A last label that begins with a digit is an address in one of the old notations (`127.1`, `0x7f.1`).
        let last = name.rsplit('.').next().unwrap_or_default();
        let valid = name.len() <= NAME_LEN_MAX
            && name.split('.').all(valid_label)
            && !last.starts_with(|c: char| c.is_ascii_digit());
        valid.then_some(Self::Name(name))
    }
}

impl HostPort {
    /// The host.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        let shown = || excerpt(text);
        if text.contains('*') {
            return Err(HostPortError::Wildcard(shown()));
        }
        let (host, port) = match text.rsplit_once(':') {
            // An IPv6 address without brackets has colons of its own.
            Some((host, port)) if host.starts_with('[') || !host.contains(':') => (host, port),
            Some(_) => return Err(HostPortError::Host(shown())),
            None => return Err(HostPortError::NoPort(shown())),
        };
        if host.starts_with('[') && !host.ends_with(']') {
            return Err(HostPortError::NoPort(shown()));
        }
        let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        let port = match port.parse::<u16>() {
            Ok(port) if port > 0 && digits => port,
            _ => return Err(HostPortError::Port(shown())),
        };
        match Host::parse(host) {
            Some(host) => Ok(Self { host, port }),
            None => Err(HostPortError::Host(shown())),
        }
    }
}

impl TryFrom<String> for HostPort {
    type Error = HostPortError;
    fn try_from(text: String) -> Result<Self, HostPortError> {
        text.parse()
    }
}

impl From<HostPort> for String {
    fn from(host: HostPort) -> Self {
        host.to_string()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Enough of `text` to be found again, and nothing that could be read as a command by a terminal.
fn excerpt(text: &str) -> String {
    text.chars().take(NAME_LEN_MAX).filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_read_and_written_in_one_form() {
        for (text, written) in [
            ("api.example.org:443", "api.example.org:443"),
            ("API.Example.ORG.:443", "api.example.org:443"),
            ("localhost:8080", "localhost:8080"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("[0:0::0001]:80", "[::1]:80"),
            ("xn--bcher-kva.example:1", "xn--bcher-kva.example:1"),
        ] {
            let parsed: HostPort = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(parsed.to_string(), written);
            assert_eq!(written.parse(), Ok(parsed));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| text.parse::<HostPort>().expect_err(text);
        for text in ["", "example.org", "[::1]", "127.0.0.1"] {
            assert!(matches!(error(text), HostPortError::NoPort(_)), "{text}");
        }
        for text in ["a:", "a:0", "a:65536", "a:+1", "a:http", "a: 1"] {
            assert!(matches!(error(text), HostPortError::Port(_)), "{text}");
        }
        for text in ["*:443", "*.example.org:443", "a.*:1"] {
            assert!(matches!(error(text), HostPortError::Wildcard(_)), "{text}");
        }
        let long = format!("{}:1", "a.".repeat(127) + "a");
        for text in [
            ":80",
            "::1:80",
            "a..b:1",
            "-a:1",
            "user@a:1",
            "a/b:1",
            "127.1:80",
            "0x7f.0x1:80",
            "1:1",
            "bücher.example:1",
            "[a]:1",
            &long,
        ] {
            assert!(matches!(error(text), HostPortError::Host(_)), "{text}: {}", error(text));
        }
    }
}
