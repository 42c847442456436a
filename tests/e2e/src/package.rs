//! Packages that a test makes.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The name of every package here.
const NAME: &str = "org.example.nest";

/// A folder with a manifest and one component, which is the entry point `main`.
#[derive(Debug)]
pub struct Package {
    dir: TempDir,
}

impl Package {
    /// Version `version`, with the component at `program` that any trigger may wake. `package` is what else stands
    /// under `[package]`, and `rest` all that follows.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    #[must_use]
    pub fn new(version: &str, program: &str, package: &str, rest: &str) -> Self {
        let dir = tempfile::tempdir().expect("there is room");
        fs::copy(program, dir.path().join("task.wasm")).expect("the program is there");
        let kinds = [
            "application",
            "time",
            "cron",
            "maintenance",
            "system",
            "filesystem",
            "socket",
            "signal",
            "message",
        ];
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
        let text = format!(
            "[package]\nname = {NAME:?}\nversion = {version:?}\n{package}\n\
             [entry-points.main]\ncomponent = \"task.wasm\"\ntriggers = [{}]\n{rest}\n",
            kinds.join(", ")
        );
        fs::write(dir.path().join("dormouse.toml"), text).expect("there is room");
        Self { dir }
    }

    /// Adds a file.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn add(&self, name: &str, from: &str) {
        fs::copy(from, self.dir.path().join(name)).expect("the file is there");
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The same, for a command line.
    ///
    /// # Panics
    ///
    /// If the temporary directory's name is no text.
    #[must_use]
    pub fn arg(&self) -> &str {
        self.path().to_str().expect("a temporary directory has a plain name")
    }

    /// Packs it into `dir`; answers the archive, beside which its checksum is.
    ///
    /// # Panics
    ///
    /// If that fails.
    #[must_use]
    pub fn pack(&self, dir: &Path) -> PathBuf {
        let archive = dir.join("nest.tar.gz");
        let args = ["pack".as_ref(), self.path().as_os_str(), "-o".as_ref(), archive.as_os_str()];
        drop(crate::dormouse(args).expect_code(0));
        archive
    }
}
