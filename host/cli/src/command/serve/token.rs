//! What opens the control API over TCP.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use dormouse_control::server::{TOKEN_LEN_MAX, Token};

use crate::error::{Failure, Result};
use crate::exit::Exit;

/// The name of the file in a state directory.
const FILE: &str = "token";

/// The token in the file `named`, or else in the one of the state directory `home`, which is made if it does not exist.
pub(super) fn token(named: Option<&Path>, home: &Path) -> Result<Token> {
    let own = home.join(FILE);
    let path = named.unwrap_or(&own);
    let text = match read(path) {
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => make(path),
        read => read,
    };
    let text = text.map_err(|error| {
        failed(path, "cannot be used").because(&error).help("name a file that you may read with --token-file")
    })?;
    Token::new(text.trim()).map_err(|error| {
        failed(path, "holds no token")
            .because(&error)
            .help("write one to it, such as that of `openssl rand -hex 32`; without --token-file one is made")
    })
}

fn failed(path: &Path, what: &str) -> Failure {
    Failure::new(Exit::Usage, format!("the token file `{}` {what}", path.display()))
}

/// Reads a file that nobody but its owner may read.
fn read(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let mode = file.metadata()?.mode() & 0o777;
    if mode & 0o077 != 0 {
        let text = format!("others may read it (mode {mode:03o}): make it your own with chmod go-rwx");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    let mut text = String::new();
    // With a line break and a little more, so that too much is seen to be.
    file.take(TOKEN_LEN_MAX as u64 + 16).read_to_string(&mut text)?;
    Ok(text)
}

fn make(path: &Path) -> io::Result<String> {
    let text = Token::make().map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_made_once_and_read_again() {
        let home = tempfile::tempdir().expect("there is room");
        token(None, home.path()).expect("it is made");
        let path = home.path().join(FILE);
        let first = fs::read_to_string(&path).expect("it is there");
        assert_eq!(fs::metadata(&path).expect("it is there").mode() & 0o777, 0o600);
        token(None, home.path()).expect("it is read");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), first);
    }

    #[test]
    fn a_file_that_is_missing_open_to_others_or_holds_no_token_is_refused() {
        let home = tempfile::tempdir().expect("there is room");
        let path = home.path().join("own");
        assert!(token(Some(&path), home.path()).is_err());
        fs::write(&path, "hunter2").expect("there is room");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
        assert!(token(Some(&path), home.path()).is_err());
        fs::write(&path, "x".repeat(40)).expect("there is room");
        assert!(token(Some(&path), home.path()).is_ok());
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("it is ours");
        assert!(token(Some(&path), home.path()).is_err());
    }
}
