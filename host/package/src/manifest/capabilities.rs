//! `[capabilities]`: what the package asks for.

use super::document::{Document, KeyPath};
use super::error::{ManifestError, Problem};
use super::raw;
use super::values::{at_most, env_name};
use crate::capabilities::{Capabilities, DIRECTORIES_MAX, ENV_MAX, LISTEN_MAX, NETWORK_MAX, is_guest_path};
use crate::text::excerpt;

/// Understands `[capabilities]`.
pub(super) fn capabilities(
    raw: &raw::Capabilities,
    document: &Document<'_>,
) -> Result<Capabilities, ManifestError> {
    let all = KeyPath::root("capabilities");
    for (key, len, max) in [
        ("network", raw.network.len(), NETWORK_MAX),
        ("listen", raw.listen.len(), LISTEN_MAX),
        ("env", raw.env.len(), ENV_MAX),
        ("directories", raw.directories.len(), DIRECTORIES_MAX),
    ] {
        at_most(max, len).map_err(|problem| document.error(&all.key(key), problem))?;
    }
    let mut asked = Capabilities { class: raw.class, ..Capabilities::default() };
    for (index, text) in raw.network.iter().enumerate() {
        let at = |problem| document.error(&all.key("network").index(index), problem);
        asked.network.insert(text.parse().map_err(|error| at(Problem::HostPort(error)))?);
    }
    for (index, text) in raw.listen.iter().enumerate() {
        let address = text.parse().ok().filter(|address: &std::net::SocketAddr| address.port() > 0);
        asked.listen.insert(address.ok_or_else(|| {
            document.error(&all.key("listen").index(index), Problem::Listen { text: excerpt(text) })
        })?);
    }
    for (index, text) in raw.env.iter().enumerate() {
        let name = env_name(text);
        asked.env.insert(name.map_err(|problem| document.error(&all.key("env").index(index), problem))?);
    }
    for (path, access) in &raw.directories {
        if !is_guest_path(path) {
            return Err(document.error(&all.key("directories").key(path), Problem::GuestPath));
        }
        asked.directories.insert(path.clone(), *access);
    }
    Ok(asked)
}
