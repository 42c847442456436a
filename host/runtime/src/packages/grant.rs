//! From what a package asks for, and what its operator gives, to what it may use.

use std::collections::BTreeMap;

use dormouse_core::app::{DirectoryGrant, GrantRecord};
use dormouse_package::{Capabilities, DirectoryAccess};

use super::{InstallError, InstallOptions};
use crate::sandbox::grants::{Access, Grants};

/// What is granted, and a line for each thing that was asked for and is not.
pub(super) struct Granted {
    pub(super) record: GrantRecord,
    pub(super) missing: Vec<String>,
}

/// Decides. `before` is what the version before was granted: directories and variables that are still asked for stay
/// where they were, unless the operator says otherwise now.
///
/// # Errors
///
/// [`InstallError::NotAskedFor`]: a directory or a variable was given that the package has no use for, which is a
/// mistake in one of the two.
pub(super) fn decide(
    asked: &Capabilities,
    before: &GrantRecord,
    options: &InstallOptions,
) -> Result<Granted, InstallError> {
    let not_asked = |what: String, asked: Vec<&str>| InstallError::NotAskedFor {
        what,
        asked: if asked.is_empty() { "none".to_owned() } else { asked.join(", ") },
    };
    if let Some(path) = options.directories.keys().find(|path| !asked.directories.contains_key(*path)) {
        let known = asked.directories.keys().map(String::as_str).collect();
        return Err(not_asked(format!("directory {path:?}"), known));
    }
    if let Some(name) = options.env.keys().find(|name| !asked.env.contains(*name)) {
        let known = asked.env.iter().map(String::as_str).collect();
        return Err(not_asked(format!("variable {name:?}"), known));
    }
    let mut missing = Vec::new();
    let mut directories = BTreeMap::new();
    for (guest, access) in &asked.directories {
        let path = options.directories.get(guest).or_else(|| before.directories.get(guest).map(|d| &d.path));
        match path {
            Some(path) => {
                let read_write = *access == DirectoryAccess::ReadWrite;
                directories.insert(guest.clone(), DirectoryGrant { path: path.clone(), read_write });
            }
            None => missing.push(format!("directory {guest} ({})", access.as_str())),
        }
    }
    let mut env = BTreeMap::new();
    for name in &asked.env {
        match options.env.get(name).or_else(|| before.env.get(name)) {
            Some(value) => {
                env.insert(name.clone(), value.clone());
            }
            None => missing.push(format!("variable {name}")),
        }
    }
    let record = GrantRecord {
        directories,
        network: asked.network.iter().map(ToString::to_string).collect(),
        listen: asked.listen.iter().copied().collect(),
        env,
    };
    Ok(Granted { record, missing })
}

/// Opens what was granted.
///
/// # Errors
///
/// [`InstallError::Grant`], most often that a directory is gone.
pub(super) fn open(record: &GrantRecord) -> Result<Grants, InstallError> {
    let mut grants = Grants::none();
    for (guest, directory) in &record.directories {
        let access = if directory.read_write { Access::ReadWrite } else { Access::ReadOnly };
        grants = grants.with_path(&directory.path, guest, access)?;
    }
    for host in &record.network {
        // It was one when it was agreed to; a version that understands it no more grants nothing.
        if let Ok(host) = host.parse() {
            grants = grants.with_host(host);
        }
    }
    for address in &record.listen {
        grants = grants.with_listen(*address)?;
    }
    for (name, value) in &record.env {
        grants = grants.with_env(name, value)?;
    }
    Ok(grants)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Capabilities {
        let mut asked = Capabilities::default();
        asked.directories.insert("/in".to_owned(), DirectoryAccess::ReadOnly);
        asked.directories.insert("/out".to_owned(), DirectoryAccess::ReadWrite);
        asked.env.insert("TOKEN".to_owned());
        asked
    }

    fn options(directories: &[(&str, &str)], env: &[(&str, &str)]) -> InstallOptions {
        InstallOptions {
            directories: directories.iter().map(|(g, p)| ((*g).to_owned(), (*p).into())).collect(),
            env: env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            ..InstallOptions::default()
        }
    }

    #[test]
    fn what_has_no_place_is_not_granted_and_told() {
        let granted = decide(&asked(), &GrantRecord::default(), &options(&[("/out", "/srv/out")], &[]));
        let granted = granted.expect("all was asked for");
        assert_eq!(granted.missing, ["directory /in (read-only)", "variable TOKEN"]);
        let out = DirectoryGrant { path: "/srv/out".into(), read_write: true };
        assert_eq!(granted.record.directories, [("/out".to_owned(), out)].into());
    }

    #[test]
    fn an_update_keeps_what_is_still_asked_for_and_nothing_else() {
        let all = options(&[("/in", "/srv/in"), ("/out", "/srv/out")], &[("TOKEN", "t")]);
        let before = decide(&asked(), &GrantRecord::default(), &all).expect("all was asked for").record;
        let mut fewer = asked();
        fewer.directories.remove("/out");
        let moved = options(&[("/in", "/mnt/in")], &[]);
        let after = decide(&fewer, &before, &moved).expect("all was asked for");
        assert_eq!(after.record.directories.len(), 1);
        assert_eq!(after.record.directories["/in"].path, std::path::Path::new("/mnt/in"));
        assert_eq!(after.record.env["TOKEN"], "t");
        assert!(after.missing.is_empty());
    }

    #[test]
    fn what_the_package_does_not_ask_for_is_refused_by_name() {
        let none = GrantRecord::default();
        for (options, said) in [
            (options(&[("/etc", "/etc")], &[]), "directory \"/etc\"; it asks for /in, /out"),
            (options(&[], &[("HOME", "/")]), "variable \"HOME\"; it asks for TOKEN"),
        ] {
            let error = decide(&asked(), &none, &options).err().expect("it was not asked for");
            assert_eq!(error.to_string(), format!("the package does not ask for {said}"));
        }
    }
}
