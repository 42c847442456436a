//! What an app may touch outside its sandbox: asked for by its package *and* granted by the operator.
//!
//! This is the only file that turns a path into access, or an address into a listener. Directories are opened when they are granted and kept as
//! handles; from then on nothing is reached by its path on the host, so that a directory which is moved, or
//! replaced by a link, does not change what a guest can reach.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cap_std::ambient_authority;
use wasmtime_wasi::filesystem::Dir as Preopen;
use wasmtime_wasi::{FsPerms, OpenMode};

use dormouse_core::HostPort;

use crate::folders::{Account, AppFolders};

/// Where a guest sees its app's own folders.
const OWN_FOLDERS: [&str; 2] = ["/local", "/temp"];

/// The longest guest path, in bytes.
const GUEST_PATH_LEN_MAX: usize = 256;

/// The longest environment variable, name and value together, in bytes.
const VARIABLE_LEN_MAX: usize = 4096;

/// What a guest may do in a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// List and read.
    #[default]
    ReadOnly,
    /// Create, change and remove as well.
    ReadWrite,
}

/// What a package asks for in its manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Directories by guest path.
    pub directories: BTreeMap<String, Access>,
    /// Hosts to talk to.
    pub network: Vec<HostPort>,
    /// Addresses at which the host listens for it.
    pub listen: Vec<SocketAddr>,
    /// Environment variables by name.
    pub env: Vec<String>,
}

/// Why something cannot be granted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The guest path is not one.
    #[error(
        "guest path {path:?} is not valid: use an absolute path without `.`, `..` or empty parts, of at most {GUEST_PATH_LEN_MAX} bytes"
    )]
    GuestPath {
        /// The path, cut.
        path: String,
    },
    /// Two directories with one guest path.
    #[error("guest path {path:?} is granted twice")]
    Twice {
        /// The path.
        path: String,
    },
    /// The directory cannot be opened.
    #[error("directory {} cannot be opened", path.display())]
    Open {
        /// Its path on the host.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The address to listen at has no port.
    #[error(
        "address {address} names no port: port 0 would be another one at each start, and nobody could know which; name one"
    )]
    ListenPort {
        /// The address.
        address: SocketAddr,
    },
    /// The environment variable is not one.
    #[error(
        "environment variable {name:?} is not valid: no `=` or NUL in its name, no NUL in its value, {VARIABLE_LEN_MAX} bytes at most"
    )]
    Variable {
        /// Its name, cut.
        name: String,
    },
}

/// What an app is given. Begins with nothing; cheap to clone.
///
/// ```
/// # use dormouse::{Access, Grants};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let grants = Grants::none()
///     .with_host("api.example.org:443".parse()?)
///     .with_path("/usr", "/usr", Access::ReadOnly)?;
/// # drop(grants);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Grants {
    directories: Vec<Directory>,
    network: Vec<HostPort>,
    listen: Vec<SocketAddr>,
    env: Vec<(String, String)>,
    /// Of the app's own folders, if they are among the directories.
    account: Option<Arc<Account>>,
}

#[derive(Clone, Debug)]
struct Directory {
    guest_path: String,
    access: Access,
    handle: Arc<Handle>,
}

/// A directory, open. WASI's handles say whether calls on them may block their thread, so there is one of them
/// for each answer, made when it is first needed: no run opens anything.
struct Handle {
    dir: cap_std::fs::Dir,
    preopens: [OnceLock<Preopen>; 2],
}

impl Grants {
    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// And the directory at `path` on the host, which the guest sees at `guest_path`. It is opened now.
    ///
    /// # Errors
    ///
    /// [`GrantError`]: the guest path is not valid or is taken, or the directory cannot be opened.
    pub fn with_path(
        self,
        path: impl AsRef<Path>,
        guest_path: impl Into<String>,
        access: Access,
    ) -> Result<Self, GrantError> {
        self.with_directory(open(path.as_ref())?, guest_path, access)
    }

    /// And the directory at `path` on the host, which a program finds under `name`, as it stands: `/data`, but also `/`,
    /// `data` or `.`, by which programs find what has no path of theirs. It is opened now.
    ///
    /// # Errors
    ///
    /// [`GrantError`]: the name is not valid or is taken, or the directory cannot be opened.
    pub fn with_preopen(
        self,
        path: impl AsRef<Path>,
        name: impl Into<String>,
        access: Access,
    ) -> Result<Self, GrantError> {
        let name = name.into();
        if !is_preopen_name(&name) {
            return Err(GrantError::GuestPath { path: name.chars().take(64).collect() });
        }
        self.with_handle(open(path.as_ref())?, name, access)
    }

    /// And an open directory, which the guest sees at `guest_path`.
    ///
    /// # Errors
    ///
    /// [`GrantError`]: the guest path is not valid or is taken.
    pub fn with_directory(
        self,
        dir: cap_std::fs::Dir,
        guest_path: impl Into<String>,
        access: Access,
    ) -> Result<Self, GrantError> {
        let guest_path = guest_path.into();
        if !is_guest_path(&guest_path) {
            return Err(GrantError::GuestPath { path: guest_path.chars().take(64).collect() });
        }
        self.with_handle(dir, guest_path, access)
    }

    fn with_handle(
        mut self,
        dir: cap_std::fs::Dir,
        guest_path: String,
        access: Access,
    ) -> Result<Self, GrantError> {
        if self.directories.iter().any(|d| d.guest_path == guest_path) {
            return Err(GrantError::Twice { path: guest_path });
        }
        let handle = Arc::new(Handle { dir, preopens: Default::default() });
        self.directories.push(Directory { guest_path, access, handle });
        Ok(self)
    }

    /// And the app's own folders, `/local` and `/temp`.
    ///
    /// # Errors
    ///
    /// [`GrantError::Twice`] if another directory was granted in the place of one.
    pub(crate) fn with_own_folders(self, own: AppFolders) -> Result<Self, GrantError> {
        let [local, temp] = OWN_FOLDERS;
        let with = self.with_directory(own.local, local, Access::ReadWrite)?;
        let with = with.with_directory(own.temp, temp, Access::ReadWrite)?;
        Ok(Self { account: Some(own.account), ..with })
    }

    /// The account of the directory at `guest_path`; none if what is written there is not counted.
    pub(crate) fn account(&self, guest_path: &str) -> Option<&Arc<Account>> {
        self.account.as_ref().filter(|_| OWN_FOLDERS.contains(&guest_path))
    }

    /// And a host with a port: TCP, UDP and HTTP to it, and the look-up of its name.
    #[must_use]
    pub fn with_host(mut self, host: HostPort) -> Self {
        if !self.network.contains(&host) {
            self.network.push(host);
        }
        self
    }

    /// And an address with its port, at which socket triggers of the app may have the host listen for TCP
    /// connections. The guest itself can listen nowhere.
    ///
    /// # Errors
    ///
    /// [`GrantError::ListenPort`] if the port is 0.
    pub fn with_listen(mut self, address: SocketAddr) -> Result<Self, GrantError> {
        if address.port() == 0 {
            return Err(GrantError::ListenPort { address });
        }
        if !self.listen.contains(&address) {
            self.listen.push(address);
        }
        Ok(self)
    }

    /// And an environment variable. A later one of the same name replaces it.
    ///
    /// # Errors
    ///
    /// [`GrantError::Variable`] if no process could have it either, or it is too long.
    pub fn with_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, GrantError> {
        let (name, value) = (name.into(), value.into());
        let name_is_valid = !name.is_empty() && !name.contains(['=', '\0']);
        if !name_is_valid || value.contains('\0') || name.len() + value.len() > VARIABLE_LEN_MAX {
            return Err(GrantError::Variable { name: name.chars().take(64).collect() });
        }
        self.env.retain(|(other, _)| *other != name);
        self.env.push((name, value));
        Ok(self)
    }

    /// What is both granted here and asked for there.
    #[must_use]
    pub fn effective(&self, asked: &Asked) -> Self {
        let directories = self.directories.iter().filter_map(|granted| {
            let access = both(asked.directories.get(&granted.guest_path).copied(), Some(granted.access))?;
            Some(Directory { access, ..granted.clone() })
        });
        Self {
            directories: directories.collect(),
            network: self.network.iter().filter(|host| asked.network.contains(host)).cloned().collect(),
            listen: self.listen.iter().filter(|address| asked.listen.contains(address)).copied().collect(),
            env: self.env.iter().filter(|(name, _)| asked.env.contains(name)).cloned().collect(),
            account: None,
        }
    }

    /// Guest paths and what may be done there.
    pub fn directories(&self) -> impl Iterator<Item = (&str, Access)> {
        self.directories.iter().map(|d| (d.guest_path.as_str(), d.access))
    }

    /// Hosts that may be talked to.
    #[must_use]
    pub fn network(&self) -> &[HostPort] {
        &self.network
    }

    /// Addresses at which the host may listen for the app.
    #[must_use]
    pub fn listen(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// Environment variables.
    #[must_use]
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// The open directory that the guest sees at `guest_path`: for the host's own use, to watch it for example.
    #[must_use]
    pub fn directory(&self, guest_path: &str) -> Option<&cap_std::fs::Dir> {
        self.directories.iter().find(|d| d.guest_path == guest_path).map(|d| &d.handle.dir)
    }

    /// A listener at `address`, if it was granted: bound, and not blocking whoever accepts.
    pub(crate) fn bind(&self, address: SocketAddr) -> Option<io::Result<TcpListener>> {
        self.listen.contains(&address).then(|| {
            let listener = TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        })
    }

    /// The directories as WASI has them. With `blocking_inline`, calls on them block the calling thread.
    ///
    /// # Errors
    ///
    /// The first use of a directory duplicates its handle, which fails when the process has no more of them.
    pub(crate) fn preopens(
        &self,
        blocking_inline: bool,
    ) -> impl Iterator<Item = io::Result<(Preopen, &str)>> {
        self.directories.iter().map(move |d| {
            let mut preopen = d.handle.preopen(blocking_inline)?;
            if d.access == Access::ReadWrite {
                preopen.perms = FsPerms::ReadWrite;
                preopen.open_mode |= OpenMode::WRITE;
            }
            Ok((preopen, d.guest_path.as_str()))
        })
    }
}

impl Handle {
    /// Read-only; the caller adds what was granted.
    fn preopen(&self, blocking_inline: bool) -> io::Result<Preopen> {
        let [off_thread, inline] = &self.preopens;
        let cell = if blocking_inline { inline } else { off_thread };
        if let Some(preopen) = cell.get() {
            return Ok(preopen.clone());
        }
        let file = self.dir.try_clone()?.into_std_file();
        let preopen = Preopen::new(file, FsPerms::ReadOnly, OpenMode::READ, blocking_inline);
        Ok(cell.get_or_init(|| preopen).clone())
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handle").field(&self.dir).finish()
    }
}

/// The rule: nothing that was not asked for, nothing that was not granted, and of two accesses the lesser.
fn both(asked: Option<Access>, granted: Option<Access>) -> Option<Access> {
    Some(asked?.min(granted?))
}

#[expect(clippy::disallowed_methods, reason = "the one place where a path becomes a handle")]
fn open(path: &Path) -> Result<cap_std::fs::Dir, GrantError> {
    cap_std::fs::Dir::open_ambient_dir(path, ambient_authority())
        .map_err(|source| GrantError::Open { path: path.to_owned(), source })
}

fn is_guest_path(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(is_path)
}

/// Programs take the longest name that their path begins with, and all that they have relative paths for is `.`.
fn is_preopen_name(name: &str) -> bool {
    matches!(name, "/" | ".") || is_path(name.strip_prefix('/').unwrap_or(name))
}

fn is_path(path: &str) -> bool {
    path.len() < GUEST_PATH_LEN_MAX
        && !path.contains('\0')
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests;
