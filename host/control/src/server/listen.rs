//! Where a server is reached.

use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, UnixListener, UnixStream};

use super::peer::Token;

/// Somewhere that a server is reached.
#[derive(Debug)]
pub enum Listener {
    /// A Unix socket.
    Unix(UnixSocket),
    /// A TCP port.
    Tcp(TcpSocket),
}

/// A Unix socket that only the host's own user and root may use. Its file goes when it is dropped.
#[derive(Debug)]
pub struct UnixSocket {
    pub(super) listener: UnixListener,
    path: PathBuf,
    /// Which file it is: in its place there may be another one's by then.
    file: (u64, u64),
}

/// A TCP port that whoever knows the token may use.
#[derive(Debug)]
pub struct TcpSocket {
    pub(super) listener: TcpListener,
    pub(super) token: Token,
}

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Somebody answers there.
    #[error("a host answers at `{}` already; ask that one, or stop it", path.display())]
    Answered {
        /// Where.
        path: PathBuf,
    },
    /// Something else than a socket is there.
    #[error("`{}` is there and is no socket; move it away", path.display())]
    NotASocket {
        /// Where.
        path: PathBuf,
    },
    /// The socket could not be made.
    #[error(
        "nothing can listen at `{}`; may this user write there, and has the path less than 100 bytes?",
        path.display()
    )]
    Unix {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The port could not be listened on.
    #[error("nothing can listen at {address}; does something listen there already?")]
    Tcp {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl UnixSocket {
    /// Listens at `path`. A socket that is there and that nobody answers at was left by a process that fell: it is
    /// replaced. To the directory only the host's user should have access.
    ///
    /// # Errors
    ///
    /// [`ListenError`]
    pub async fn bind(path: &Path) -> Result<Self, ListenError> {
        let failed = |source| ListenError::Unix { path: path.to_owned(), source };
        match std::fs::symlink_metadata(path) {
            Ok(there) if !is_socket(&there) => {
                return Err(ListenError::NotASocket { path: path.to_owned() });
            }
            Ok(_) if UnixStream::connect(path).await.is_ok() => {
                return Err(ListenError::Answered { path: path.to_owned() });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        // Made under another name and then renamed: at no moment is it there with other permissions.
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&fresh).map_err(failed)?;
        std::fs::set_permissions(&fresh, Permissions::from_mode(0o600)).map_err(failed)?;
        let made = std::fs::symlink_metadata(&fresh).map_err(failed)?;
        std::fs::rename(&fresh, path).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned(), file: (made.dev(), made.ino()) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn is_socket(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_socket()
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let there = std::fs::symlink_metadata(&self.path);
        if there.is_ok_and(|there| (there.dev(), there.ino()) == self.file) {
            // What stays is found to be stale.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl TcpSocket {
    /// Listens at `address` for whoever knows `token`. What is said there is not encrypted: where other machines reach it
    /// belongs a proxy before it.
    ///
    /// # Errors
    ///
    /// [`ListenError`]
    pub async fn bind(address: SocketAddr, token: Token) -> Result<Self, ListenError> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| ListenError::Tcp { address, source })?;
        Ok(Self { listener, token })
    }

    /// Where it listens, if the system says so: port 0 was any.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_its_users_alone_and_goes_with_its_server() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("dormouse.sock");
        let socket = UnixSocket::bind(&path).await.unwrap();
        assert_eq!(std::fs::symlink_metadata(&path).unwrap().mode() & 0o777, 0o600);
        let second = UnixSocket::bind(&path).await.unwrap_err();
        assert!(matches!(second, ListenError::Answered { .. }), "{second}");
        drop(socket);
        assert!(!path.exists());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_socket_that_nobody_answers_at_is_replaced_and_a_file_is_not() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("dormouse.sock");
        // Dropped without its file: as a process leaves it that is killed.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let socket = UnixSocket::bind(&path).await.unwrap();
        assert!(UnixStream::connect(&path).await.is_ok());
        // Another one's by now: it stays.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "mine").unwrap();
        drop(socket);
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        let error = UnixSocket::bind(&path).await.unwrap_err();
        assert!(matches!(error, ListenError::NotASocket { .. }), "{error}");
    }
}
