//! From a directory with a Cargo.toml to a component.

mod target;

use std::fmt;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{CrateType, Message, Metadata, MetadataCommand, Package, Target, TargetKind};

use crate::cli::BuildArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;

/// What Cargo compiles tasks for.
pub(super) const TARGET: &str = "wasm32-wasip2";

/// A target of a package that can become a component.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    package: &'a Package,
    target: &'a Target,
}

/// Builds the package in `directory`; answers the path of its component.
pub(super) fn component(directory: &Path, args: &BuildArgs) -> Result<PathBuf> {
    let manifest = directory.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(refused(format!("`{}` has no Cargo.toml", directory.display()))
            .help("give the path of a component (.wasm) or of a directory with a Cargo.toml"));
    }
    let metadata = MetadataCommand::new().manifest_path(&manifest).no_deps().exec().map_err(|error| {
        refused(format!("`{}` cannot be understood by cargo", manifest.display()))
            .because(&one_line(&error))
            .help("run `cargo metadata` there to see more")
    })?;
    let candidate = choose(&metadata, &manifest, args)?;
    target::require(directory)?;
    build(directory, &manifest, candidate)
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Component, message)
}

/// What Cargo wrote is told as it stands, without the name of the variant around it.
fn one_line(error: &cargo_metadata::Error) -> Said {
    match error {
        cargo_metadata::Error::CargoMetadata { stderr } => Said(stderr.trim().to_owned()),
        other => Said(other.to_string()),
    }
}

#[derive(Debug)]
struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Said {}

/// Finds the one target that is meant.
fn choose<'a>(metadata: &'a Metadata, manifest: &Path, args: &BuildArgs) -> Result<Candidate<'a>> {
    let packages = packages(metadata, manifest, args)?;
    let all: Vec<Candidate<'a>> = packages
        .iter()
        .flat_map(|package| package.targets.iter().map(|target| Candidate { package, target }))
        .filter(|candidate| candidate.is_task())
        .collect();
    let fitting: Vec<Candidate<'a>> = match &args.bin {
        None => all.clone(),
        Some(bin) => all.iter().copied().filter(|c| c.is_bin() && c.target.name == *bin).collect(),
    };
    match fitting.as_slice() {
        [one] => Ok(*one),
        [] if all.is_empty() => {
            let names: Vec<_> = packages.iter().map(|p| format!("`{}`", p.name)).collect();
            Err(refused(format!("package {} has nothing that can become a component", names.join(", ")))
                .help("add to its Cargo.toml: [lib] crate-type = [\"cdylib\"]"))
        }
        [] => {
            let bin = args.bin.as_deref().unwrap_or_default();
            Err(refused(format!("there is no binary `{bin}`; there are:\n{}", list(&all)))
                .help("choose one of them"))
        }
        several => Err(refused(format!("there are several tasks to choose from:\n{}", list(several)))
            .help("choose one with --bin NAME, or its package with --package NAME")),
    }
}

/// The packages that PATH stands for.
fn packages<'a>(metadata: &'a Metadata, manifest: &Path, args: &BuildArgs) -> Result<Vec<&'a Package>> {
    let members = metadata.workspace_packages();
    if let Some(name) = &args.package {
        return match members.iter().find(|package| package.name.as_str() == name) {
            Some(package) => Ok(vec![*package]),
            None => {
                let names: Vec<_> = members.iter().map(|package| format!("  {}", package.name)).collect();
                Err(refused(format!("there is no package `{name}`; there are:\n{}", names.join("\n")))
                    .help("choose one of them with --package NAME"))
            }
        };
    }
    let here = manifest.canonicalize().ok();
    let own = members.iter().find(|p| p.manifest_path.as_std_path().canonicalize().ok() == here);
    // Without a package of its own, the manifest is that of a workspace.
    Ok(own.map_or_else(|| members.clone(), |package| vec![*package]))
}

impl Candidate<'_> {
    fn is_bin(&self) -> bool {
        self.target.kind.contains(&TargetKind::Bin)
    }

    fn is_task(&self) -> bool {
        self.is_bin() || self.target.crate_types.contains(&CrateType::CDyLib)
    }
}

/// At most this many are listed.
const LISTED_MAX: usize = 20;

fn list(candidates: &[Candidate<'_>]) -> String {
    let mut lines: Vec<String> = candidates
        .iter()
        .take(LISTED_MAX)
        .map(|c| {
            let kind = if c.is_bin() { "--bin" } else { "library" };
            format!("  {kind} {} of --package {}", c.target.name, c.package.name)
        })
        .collect();
    if candidates.len() > LISTED_MAX {
        lines.push(format!("  and {} more", candidates.len() - LISTED_MAX));
    }
    lines.join("\n")
}

/// Runs Cargo, whose progress and complaints go to standard error as always.
fn build(directory: &Path, manifest: &Path, candidate: Candidate<'_>) -> Result<PathBuf> {
    let mut cargo = Command::new(cargo());
    cargo
        .current_dir(directory)
        .args(["build", "--release", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(manifest.canonicalize().unwrap_or_else(|_| manifest.to_owned()))
        .args(["--package", candidate.package.name.as_str()]);
    if candidate.is_bin() {
        cargo.args(["--bin", &candidate.target.name]);
    } else {
        cargo.arg("--lib");
    }
    let failed = |error: &std::io::Error| {
        refused("cargo cannot be run")
            .because(error)
            .help("install it from https://rustup.rs, or give a .wasm file")
    };
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|e| failed(&e))?;
    let mut artifact = None;
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            let message = message.map_err(|e| failed(&e))?;
            if let Message::CompilerArtifact(made) = message
                && made.package_id == candidate.package.id
                && made.target.name == candidate.target.name
            {
                artifact = made.filenames.into_iter().find(|file| file.extension() == Some("wasm"));
            }
        }
    }
    let status = child.wait().map_err(|e| failed(&e))?;
    if !status.success() {
        return Err(
            refused(format!("`{}` did not build", candidate.package.name)).help("see what cargo says above")
        );
    }
    artifact.map(cargo_metadata::camino::Utf8PathBuf::into_std_path_buf).ok_or_else(|| {
        refused("cargo built no .wasm file").help("is `[lib] crate-type = [\"cdylib\"]` in its Cargo.toml?")
    })
}

/// The one that runs us if one does, so that `cargo +nightly run` stays on its toolchain.
fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
