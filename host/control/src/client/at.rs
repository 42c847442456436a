//! Where a host is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;

/// Where a host is reached: `unix:///path/to/dormouse.sock` or `http://name:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Its socket.
    Unix(PathBuf),
    /// Its name or address and its port, as in `localhost:7777`.
    Tcp(String),
}

/// A text that is no [`Endpoint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no host: {why}; write `unix:///path/to/dormouse.sock` or `http://name:port`")]
pub struct EndpointError {
    text: String,
    why: &'static str,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let no = |why| Err(EndpointError { text: text.to_owned(), why });
        if let Some(path) = text.strip_prefix("unix://") {
            return if path.starts_with('/') {
                Ok(Self::Unix(path.into()))
            } else {
                no("the path is not absolute")
            };
        }
        let Ok(uri) = text.parse::<Uri>() else { return no("it is no URL") };
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return no("no TLS is spoken here"),
            _ => return no("its scheme is neither `unix` nor `http`"),
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return no("it has a path");
        }
        match uri.authority() {
            Some(authority) if authority.as_str().contains('@') => no("it names a user"),
            Some(authority) if authority.port_u16().is_some() => Ok(Self::Tcp(authority.to_string())),
            _ => no("it has no port"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "http://{authority}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_socket_or_a_port() {
        let unix: Endpoint = "unix:///run/dormouse.sock".parse().unwrap();
        assert_eq!(unix, Endpoint::Unix("/run/dormouse.sock".into()));
        let tcp: Endpoint = "http://[::1]:7777/".parse().unwrap();
        assert_eq!(tcp, Endpoint::Tcp("[::1]:7777".to_owned()));
        for endpoint in [unix, tcp] {
            assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
        }
    }

    #[test]
    fn what_is_no_host_says_why() {
        for (bad, why) in [
            ("", "no URL"),
            ("localhost:7777", "neither"),
            ("/run/dormouse.sock", "neither"),
            ("unix://run/dormouse.sock", "not absolute"),
            ("https://localhost:7777", "no TLS"),
            ("http://localhost", "no port"),
            ("http://localhost:7777/v1", "a path"),
            ("http://user@localhost:7777", "a user"),
        ] {
            let error = bad.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(why), "{bad:?}: {error}");
        }
    }
}
