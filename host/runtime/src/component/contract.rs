//! What a component must look like from outside, and errors that say so by name.
//!
//! wasmtime checks imports and exports as well, and its word is the last. But it speaks of one at a time, in
//! its own terms; here it is said what the author of a task can do.

use super::ComponentError;
use super::signatures::{self, Signature};

/// What a task exports.
pub(super) const TASK: &str = "dormouse:background/background-task@0.1.0";
/// What a task exports whose toolchain has no async functions.
pub(super) const TASK_SYNC: &str = "dormouse:background/background-task-sync@0.1.0";
/// What an app exports: what it hears of its life.
pub(super) const LIFECYCLE: &str = "dormouse:background/lifecycle@0.1.0";
/// And what it hears of its tasks.
pub(super) const TASK_EVENTS: &str = "dormouse:background/task-events@0.1.0";
/// The version of the contract that is served.
const VERSION: &str = "0.1.0";

/// `\0asm`.
const MAGIC: [u8; 4] = *b"\0asm";
/// Version and layer of a core module.
const CORE: [u8; 4] = [1, 0, 0, 0];

/// The most names that one error lists.
const NAMED_MAX: usize = 16;

/// The package of the contract, and the version line of it that is served.
const OURS: &str = "dormouse:background";
const OUR_LINE: &str = "0.1";

/// What this host offers, by interface and version line.
const OFFERED: [(&str, &str, &[&str]); 15] = [
    (OURS, OUR_LINE, &["types", "instance", "registration", "waiting", "waiting-sync", "sockets"]),
    (
        "wasi:cli",
        "0.2",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks", "0.2", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem", "0.2", &["types", "preopens"]),
    ("wasi:io", "0.2", &["error", "poll", "streams"]),
    ("wasi:random", "0.2", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:sockets",
        "0.2",
        &[
            "network",
            "instance-network",
            "ip-name-lookup",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    ),
    ("wasi:http", "0.2", &["types", "outgoing-handler"]),
    ("wasi:keyvalue", "0.2.0-draft", &["store", "atomics", "batch"]),
    (
        "wasi:cli",
        "0.3",
        &[
            "environment",
            "exit",
            "types",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks", "0.3", &["types", "monotonic-clock", "system-clock"]),
    ("wasi:filesystem", "0.3", &["types", "preopens"]),
    ("wasi:random", "0.3", &["random", "insecure", "insecure-seed"]),
    ("wasi:sockets", "0.3", &["types", "ip-name-lookup"]),
    ("wasi:http", "0.3", &["types", "client"]),
];

/// What is offered to apps, and to nobody else.
const OF_APPS: [&str; 4] = ["app-types", "transitions", "app-control", "app-waiting"];
/// What is offered to tasks alone: it holds up all that a guest does, and an app is more than the call that waits.
const OF_TASKS: &str = "waiting-sync";

/// What whoever has a component wants to run it as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A background task.
    Task,
    /// A component that lives longer than one run.
    App,
    /// A program: what `wasi:cli/run` is exported by, or a core module for the first preview of WASI.
    Command,
}

/// Which world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Task,
    TaskSync,
    Command2,
    Command3,
    App,
}

impl Kind {
    /// What it exports of the contract's.
    pub(super) const fn functions(self) -> &'static [Signature] {
        match self {
            Self::Task => signatures::OF_TASK,
            Self::TaskSync => signatures::OF_TASK_SYNC,
            Self::App => signatures::OF_APP,
            Self::Command2 | Self::Command3 => &[],
        }
    }
}

/// A component from outside.
#[derive(Debug)]
pub(super) struct Surface {
    pub(super) kind: Kind,
    pub(super) imports: Vec<String>,
}

/// Checks size and the first eight bytes, before a compiler sees them.
pub(super) fn check_header(bytes: &[u8], limit: usize, expected: Expected) -> Result<(), ComponentError> {
    if bytes.len() > limit {
        return Err(ComponentError::TooLarge { len: bytes.len(), limit });
    }
    if !bytes.starts_with(&MAGIC) {
        return Err(ComponentError::NotWasm);
    }
    if expected != Expected::Command && is_core_module(bytes) {
        return Err(ComponentError::CoreModule);
    }
    Ok(())
}

/// Whether this is a module without a component around it.
pub(super) fn is_core_module(bytes: &[u8]) -> bool {
    bytes.strip_prefix(&MAGIC).is_some_and(|rest| rest.starts_with(&CORE))
}

/// Checks the names of imports and exports.
pub(super) fn check_surface(
    engine: &wasmtime::Engine,
    component: &wasmtime::component::Component,
    expected: Expected,
) -> Result<Surface, ComponentError> {
    let ty = component.component_type();
    let exports: Vec<&str> = ty.exports(engine).map(|(name, _)| name).collect();
    let kind = match expected {
        Expected::Task => kind(&exports)?,
        Expected::App => app(&exports)?,
        Expected::Command => command(&exports)?,
    };
    let imports: Vec<String> = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let unknown: Vec<String> = imports.iter().filter(|name| !is_offered(name, expected)).cloned().collect();
    if !unknown.is_empty() {
        return Err(ComponentError::UnknownImport { names: unknown });
    }
    Ok(Surface { kind, imports })
}

fn kind(exports: &[&str]) -> Result<Kind, ComponentError> {
    let mut other_version = None;
    for name in exports {
        let Some((interface, version)) = name.split_once('@') else { continue };
        let kind = match interface {
            "dormouse:background/background-task" => Kind::Task,
            "dormouse:background/background-task-sync" => Kind::TaskSync,
            _ => continue,
        };
        if version == VERSION {
            return Ok(kind);
        }
        other_version = Some((*name).to_owned());
    }
    Err(match other_version {
        Some(found) => ComponentError::WrongVersion { found, supported: VERSION },
        None => ComponentError::NotATask { exports: owned(exports) },
    })
}

fn app(exports: &[&str]) -> Result<Kind, ComponentError> {
    let missing = [LIFECYCLE, TASK_EVENTS].into_iter().find(|name| !exports.contains(name));
    let Some(missing) = missing else { return Ok(Kind::App) };
    let unversioned = missing.split_once('@').map(|(interface, _)| interface);
    let of_another_version =
        |name: &&&str| name.split_once('@').is_some_and(|(interface, _)| Some(interface) == unversioned);
    Err(match exports.iter().find(of_another_version) {
        Some(&found) => ComponentError::WrongVersion { found: found.to_owned(), supported: VERSION },
        None => ComponentError::NotAnApp { missing, exports: owned(exports) },
    })
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn command(exports: &[&str]) -> Result<Kind, ComponentError> {
    let mut versions = exports.iter().filter_map(|name| name.strip_prefix("wasi:cli/run@"));
    // It may be a program of several versions; the first of those that are known is as good as the others.
    let known = |version| match version {
        version if is_of_line(version, "0.2") => Some(Kind::Command2),
        version if is_of_line(version, "0.3") => Some(Kind::Command3),
        _ => None,
    };
    versions.find_map(known).ok_or_else(|| ComponentError::NotACommand { exports: owned(exports) })
}

/// Versions 0.x are compatible within x; pre-releases with themselves.
fn is_of_line(version: &str, line: &str) -> bool {
    version == line
        || !version.contains('-') && version.strip_prefix(line).is_some_and(|patch| patch.starts_with('.'))
}

/// Whether `name`, like `wasi:cli/stdout@0.2.6`, is an interface that this host has in a compatible version. What is
/// ours is not there for commands, which have no registration that they could ask about; and of it, what is about the life
/// of an app is there for apps alone.
fn is_offered(name: &str, expected: Expected) -> bool {
    let Some((package, rest)) = name.split_once('/') else { return false };
    let Some((interface, version)) = rest.split_once('@') else { return false };
    if expected == Expected::Command && !package.starts_with("wasi:") {
        return false;
    }
    if package == OURS {
        match expected {
            Expected::App if OF_APPS.contains(&interface) => return is_of_line(version, OUR_LINE),
            Expected::App if interface == OF_TASKS => return false,
            _ => {}
        }
    }
    OFFERED.iter().any(|(offered, line, interfaces)| {
        *offered == package && interfaces.contains(&interface) && is_of_line(version, line)
    })
}

/// Every interface that is offered, in the first version of its line.
#[cfg(test)]
pub(super) fn offered_names() -> impl Iterator<Item = String> {
    let of_apps = [(OURS, OUR_LINE, &OF_APPS[..])];
    OFFERED.into_iter().chain(of_apps).flat_map(|(package, line, interfaces)| {
        let patch = if line.contains('-') { "" } else { ".0" };
        interfaces.iter().map(move |interface| format!("{package}/{interface}@{line}{patch}"))
    })
}

/// Names for an error: quoted, at most [`NAMED_MAX`] of them.
pub(super) fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let shown = names.iter().take(NAMED_MAX).map(|name| {
        let cut: String = name.chars().take(128).collect();
        format!("`{cut}`")
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > NAMED_MAX {
        text.push_str(&format!(" and {} more", names.len() - NAMED_MAX));
    }
    text
}
