//! What a package asks for, and what an update newly asks for.
//!
//! To ask is not to have: a run gets what was asked for *and* granted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;

use dormouse_core::Class;
use dormouse_core::app::activation::ActivationKind;
use dormouse_core::app_limits::written;

pub use dormouse_core::{HostPort, HostPortError};

/// The most hosts that a package asks for.
pub const NETWORK_MAX: usize = 64;
/// The most addresses that it asks to be listened on.
pub const LISTEN_MAX: usize = 16;
/// The most environment variables that it asks for.
pub const ENV_MAX: usize = 64;
/// The most directories that it asks for.
pub const DIRECTORIES_MAX: usize = 16;
/// The longest guest path, in bytes.
pub const GUEST_PATH_LEN_MAX: usize = 256;

/// What a package asks for under `[capabilities]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Hosts to talk to.
    pub network: BTreeSet<HostPort>,
    /// Addresses that the host listens on for it.
    pub listen: BTreeSet<SocketAddr>,
    /// Environment variables, by name.
    pub env: BTreeSet<String>,
    /// Directories, by the path that the guest sees.
    pub directories: BTreeMap<String, DirectoryAccess>,
    /// The largest class of limits that its registrations may name; none for what their triggers pick.
    pub class: Option<Class>,
}

/// What a package asks to do in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryAccess {
    /// List and read.
    ReadOnly,
    /// Create, change and remove as well.
    ReadWrite,
}

/// One thing that is asked for. Displayed as `network api.example.org:443`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// To talk to a host.
    Network(HostPort),
    /// To be listened for on an address.
    Listen(SocketAddr),
    /// To be given an environment variable.
    Env(String),
    /// To use a directory.
    Directory {
        /// The path that the guest sees.
        path: String,
        /// What to do there.
        access: DirectoryAccess,
    },
    /// To be given the limits of a class.
    Class(Class),
    /// To keep more than any app may that asks for nothing.
    Keep {
        /// The limit of the app's: one of [`AppLimitsRequest::KEYS`](dormouse_core::AppLimitsRequest::KEYS).
        limit: &'static str,
        /// How much, of what the limit counts.
        figure: u64,
    },
    /// To be activated for something: to hear of it, which gives it nothing.
    Activation(ActivationKind),
}

impl Capability {
    /// Whether somebody has to agree to it. What gives nothing is shown, and needs nobody.
    #[must_use]
    pub const fn needs_consent(&self) -> bool {
        !matches!(self, Self::Activation(_))
    }
}

/// What is asked for and was not before: what an update shows, and needs consent for where that gives something. Displayed
/// as one line for each, with a `+` before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference(Vec<Capability>);

impl Capabilities {
    /// What these ask for that `older` do not have: those of the version before, or what was granted.
    ///
    /// ```
    /// use dormouse_package::Capabilities;
    ///
    /// let mut older = Capabilities::default();
    /// older.network.insert("api.example.org:443".parse()?);
    /// let mut newer = older.clone();
    /// newer.network.insert("telemetry.example.org:443".parse()?);
    ///
    /// assert_eq!(newer.difference(&older).to_string(), "+ network telemetry.example.org:443");
    /// assert!(older.difference(&newer).is_empty());
    /// # Ok::<(), dormouse_package::capabilities::HostPortError>(())
    /// ```
    #[must_use]
    pub fn difference(&self, older: &Self) -> Difference {
        let network = self.network.difference(&older.network).cloned().map(Capability::Network);
        let listen = self.listen.difference(&older.listen).copied().map(Capability::Listen);
        let env = self.env.difference(&older.env).cloned().map(Capability::Env);
        let directories = self
            .directories
            .iter()
            .filter(|(path, access)| older.directories.get(*path) < Some(access))
            .map(|(path, access)| Capability::Directory { path: path.clone(), access: *access });
        let class = self.class.filter(|class| older.class.map(rank) < Some(rank(*class)));
        Difference(
            network.chain(listen).chain(env).chain(directories).chain(class.map(Capability::Class)).collect(),
        )
    }
}

/// Classes by what they give, least first.
pub(crate) const fn rank(class: Class) -> u8 {
    match class {
        Class::Default => 0,
        Class::DeviceUse => 1,
        Class::Long => 2,
        Class::Maintenance => 3,
        Class::Unlimited => 4,
    }
}

/// Whether a guest can see a directory at `path`: absolute, of parts that are names.
pub(crate) fn is_guest_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    path.len() <= GUEST_PATH_LEN_MAX
        && !path.contains(char::is_control)
        && rest.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

impl Difference {
    /// And this.
    pub(crate) fn and(mut self, more: impl IntoIterator<Item = Capability>) -> Self {
        self.0.extend(more);
        self
    }

    /// Whether nothing is newly asked for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Of what is newly asked for, what somebody has to agree to.
    pub fn needing_consent(&self) -> impl Iterator<Item = &Capability> {
        self.0.iter().filter(|capability| capability.needs_consent())
    }

    /// Each thing that is newly asked for.
    #[must_use]
    pub fn as_slice(&self) -> &[Capability] {
        &self.0
    }
}

impl DirectoryAccess {
    /// Its name in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
        }
    }
}

impl fmt::Display for DirectoryAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(host) => write!(f, "network {host}"),
            Self::Listen(address) => write!(f, "listen {address}"),
            Self::Env(name) => write!(f, "env {name}"),
            Self::Directory { path, access } => write!(f, "directory {path} {access}"),
            Self::Class(class) => write!(f, "class {class}"),
            Self::Keep { limit, figure } => write!(f, "keep {limit} {}", written(limit, *figure)),
            Self::Activation(kind) => write!(f, "activation {kind}"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, capability) in self.0.iter().enumerate() {
            let line_break = if n == 0 { "" } else { "\n" };
            write!(f, "{line_break}+ {capability}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(access: DirectoryAccess, class: Class) -> Capabilities {
        Capabilities {
            network: BTreeSet::from(["api.example.org:443".parse().unwrap()]),
            listen: BTreeSet::from(["127.0.0.1:8080".parse().unwrap()]),
            env: BTreeSet::from(["API_TOKEN".to_owned()]),
            directories: BTreeMap::from([("/pictures".to_owned(), access)]),
            class: Some(class),
        }
    }

    #[test]
    fn everything_that_is_new_is_a_line() {
        let new = all(DirectoryAccess::ReadWrite, Class::Long);
        let lines = "+ network api.example.org:443\n+ listen 127.0.0.1:8080\n+ env API_TOKEN\n\
                     + directory /pictures read-write\n+ class long";
        assert_eq!(new.difference(&Capabilities::default()).to_string(), lines);
        assert!(new.difference(&new).is_empty());
    }

    #[test]
    fn more_of_the_same_is_new_and_less_is_not() {
        let less = all(DirectoryAccess::ReadOnly, Class::Default);
        let more = all(DirectoryAccess::ReadWrite, Class::Maintenance);
        let lines = "+ directory /pictures read-write\n+ class maintenance";
        assert_eq!(more.difference(&less).to_string(), lines);
        assert_eq!(less.difference(&more).as_slice(), []);
    }

    #[test]
    fn a_guest_path_is_absolute_and_of_names() {
        for good in ["/pictures", "/a/b"] {
            assert!(is_guest_path(good), "{good}");
        }
        let long = format!("/{}", "a".repeat(GUEST_PATH_LEN_MAX));
        for bad in ["", "/", "pictures", "/a/../b", "/a//b", "/a/", "/a\0", "/a\n", &long] {
            assert!(!is_guest_path(bad), "{bad}");
        }
    }
}
