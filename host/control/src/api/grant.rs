//! What would grant what a guest was denied.

use dormouse_core::HostPort;

/// The flag that would grant what a guest was denied; none if there is none.
#[must_use]
pub fn grant_for(what: &str) -> Option<String> {
    let (kind, target) = what.split_once(' ')?;
    match kind {
        "connect" | "http" if target.parse::<HostPort>().is_ok() => Some(format!("--allow-net {target}")),
        // An authority without a port, or a name that was looked up.
        "lookup" | "http" if format!("{target}:1").parse::<HostPort>().is_ok() => {
            Some(format!("--allow-net {target}:PORT"))
        }
        "connect" => Some("--allow-net HOST:PORT".to_owned()),
        _ => None,
    }
}
