//! What contenders are built from, each thing once, when somebody needs it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child::Reason;
use crate::servers::output;

/// What is run by `wasmtime run`, and by no host.
const PROGRAMS: [&str; 6] = ["noop", "json", "thumbnail", "first", "wait", "spin"];

/// The command line of the wasmtime that Dormouse is built with.
const WASMTIME: &str = "48.0.8";

/// Something that is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Recipe {
    /// The tasks as tasks of Dormouse: a folder.
    Guests,
    /// The tasks as plug-ins of Extism: a folder.
    Plugins,
    /// The tasks as programs: a folder.
    Programs,
    /// The tasks as programs for `wasmtime run`, compiled ahead: a folder.
    Compiled,
    /// The command line of wasmtime.
    Wasmtime,
    /// A peer in Rust, by the name of its package.
    Peer(&'static str),
    /// A peer in JavaScript, by the name of its folder: its program.
    Node(&'static str),
}

/// What was built so far, and what could not be.
pub(crate) struct Builds {
    /// The workspace of the peers.
    peers: PathBuf,
    target: PathBuf,
    /// Nothing that takes ten minutes is built for a look.
    is_quick: bool,
    built: RefCell<BTreeMap<Recipe, Result<PathBuf, Reason>>>,
}

impl Builds {
    pub(crate) fn new(root: PathBuf, is_quick: bool) -> Self {
        let (peers, target) = (root.join("tests/bench/peers"), root.join("target/peers"));
        Self { peers, target, is_quick, built: RefCell::default() }
    }

    /// Where it is. Builds it the first time.
    pub(crate) fn get(&self, recipe: Recipe) -> Result<PathBuf, Reason> {
        if let Some(known) = self.built.borrow().get(&recipe) {
            return known.clone();
        }
        eprintln!("building {recipe:?}");
        let built = self.build(recipe);
        self.built.borrow_mut().insert(recipe, built.clone());
        built
    }

    fn build(&self, recipe: Recipe) -> Result<PathBuf, Reason> {
        match recipe {
            Recipe::Guests => self.for_target("wasm32-wasip2", &["-p", "bench-guests"]),
            Recipe::Plugins => self.for_target("wasm32-unknown-unknown", &["-p", "extism-plugins"]),
            Recipe::Programs => self.for_target("x86_64-unknown-linux-musl", &["-p", "bench-programs"]),
            Recipe::Compiled => self.compiled(),
            Recipe::Wasmtime => self.wasmtime(),
            Recipe::Peer(package) => {
                self.cargo(&["--release", "-p", package])?;
                Ok(self.target.join("release").join(package))
            }
            Recipe::Node(folder) => self.node(folder),
        }
    }

    fn for_target(&self, target: &str, arguments: &[&str]) -> Result<PathBuf, Reason> {
        guest_build::require_target(target).map_err(|error| error.to_string())?;
        self.cargo(&[&["--profile", "guest", "--target", target][..], arguments].concat())?;
        Ok(self.target.join(target).join("guest"))
    }

    fn cargo(&self, arguments: &[&str]) -> Result<(), Reason> {
        let mut build = cargo();
        build.args(["build", "--locked", "--target-dir"]).arg(&self.target).args(arguments);
        output(build.current_dir(&self.peers), "cargo build").map(drop)
    }

    fn compiled(&self) -> Result<PathBuf, Reason> {
        let programs = self.for_target("wasm32-wasip2", &["-p", "bench-programs"])?;
        let (wasmtime, compiled) = (self.get(Recipe::Wasmtime)?, self.target.join("compiled"));
        fs::create_dir_all(&compiled).map_err(|error| error.to_string())?;
        for name in PROGRAMS {
            let mut command = Command::new(&wasmtime);
            command.arg("compile").arg(programs.join(name).with_extension("wasm"));
            command.arg("-o").arg(compiled.join(name).with_extension("cwasm"));
            output(&mut command, "wasmtime compile")?;
        }
        Ok(compiled)
    }

    fn wasmtime(&self) -> Result<PathBuf, Reason> {
        let root = self.target.join("wasmtime");
        let program = root.join("bin/wasmtime");
        if program.exists() {
            return Ok(program);
        }
        if self.is_quick {
            return Err(
                "wasmtime's command line was not built yet, which takes ten minutes: leave out `--quick`"
                    .to_owned(),
            );
        }
        let mut install = cargo();
        install.args(["install", "wasmtime-cli", "--version", &format!("={WASMTIME}"), "--locked"]);
        install.args(["--no-default-features", "--features"]);
        install.arg("run,compile,cache,cranelift,component-model,component-model-async");
        install.arg("--root").arg(&root).arg("--target-dir").arg(self.target.join("wasmtime-build"));
        output(&mut install, "cargo install wasmtime-cli")?;
        Ok(program)
    }

    /// In a copy, so that what npm brings does not lie among the sources.
    fn node(&self, folder: &str) -> Result<PathBuf, Reason> {
        let copy = self.target.join("js");
        for from in ["node", "work/data", folder] {
            copy_files(&self.peers.join(from), &copy.join(from))
                .map_err(|error| format!("`{from}` cannot be copied: {error}"))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(copy.join(folder));
        output(&mut npm, "npm ci")?;
        Ok(copy.join(folder).join("peer.mjs"))
    }
}

/// Without what an outer Cargo says to the crates that it builds itself.
fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    guest_build::forget_the_outer_build(&mut cargo);
    cargo
}

/// The files of one folder, and none of those in it.
fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
