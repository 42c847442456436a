//! Compiles `tests/programs` to components and writes down where they are.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "wasm32-wasip2";

/// The first eight bytes of a component: the magic number, the version, and the layer that tells it from
/// a core module.
const COMPONENT_HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// Everything that the components are made of, relative to this crate.
const SOURCES: [&str; 11] = [
    "../programs/Cargo.toml",
    "../programs/src",
    "../programs/wit",
    "../../guest-sdk/Cargo.toml",
    "../../guest-sdk/src",
    "../../guest-sdk/wit",
    "../../guest-sdk/macros/Cargo.toml",
    "../../guest-sdk/macros/src",
    "../../wit",
    "../../Cargo.toml",
    "../../Cargo.lock",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }

    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    require_target()?;
    let components = compile(&out)?;

    let mut programs = Vec::new();
    for entry in fs::read_dir("../programs/src/bin")? {
        programs.push(Program::new(&entry?.path(), &components)?);
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    fs::write(out.join("programs.rs"), generate(&programs)?)?;
    Ok(())
}

/// Cargo would say that it cannot find `core`, a hundred times.
fn require_target() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if Path::new(str::from_utf8(&output.stdout)?.trim_end()).is_dir() {
        return Ok(());
    }
    Err(format!("the target {TARGET} is not installed: run `rustup target add {TARGET}`").into())
}

/// Builds all programs; the folder in which the components then are.
fn compile(out: &Path) -> Result<PathBuf> {
    // A target folder of its own: the Cargo that runs this script holds the lock of the other one.
    let target_dir = out.join("target");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_meant_for_the_host) {
            cargo.env_remove(name);
        }
    }
    cargo
        .args(["build", "--manifest-path", "../programs/Cargo.toml", "--bins", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target_dir)
        // As a release, without DWARF (which makes a program ten times as large) but with the names of
        // functions, which a trap's backtrace shows.
        .args(["--profile", "guest"])
        .args(["--config", "profile.guest.inherits='release'"])
        .args(["--config", "profile.guest.debug=false"])
        .args(["--config", "profile.guest.strip='debuginfo'"]);
    let status = cargo.status()?;
    if !status.success() {
        return Err(format!("failed to compile tests/programs: {status}").into());
    }
    Ok(target_dir.join(TARGET).join("guest"))
}

/// What an outer Cargo, or Clippy, or a coverage tool, sets for the crate that is being built natively.
fn is_meant_for_the_host(name: &str) -> bool {
    const NAMES: [&str; 4] = ["RUSTFLAGS", "RUSTDOCFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"];
    const PREFIXES: [&str; 9] = [
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_ENCODED_",
        "CARGO_FEATURE_",
        "CARGO_LLVM_COV",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

struct Program {
    /// As the file: `area_behaviour`.
    name: String,
    /// The comment at its head.
    doc: String,
    component: PathBuf,
}

impl Program {
    fn new(source: &Path, components: &Path) -> Result<Self> {
        let name = source.file_stem().and_then(|n| n.to_str()).ok_or("a program has an odd name")?.to_owned();
        let text = fs::read_to_string(source)?;
        let doc: Vec<_> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let component = components.join(&name).with_extension("wasm");
        if !fs::read(&component)?.starts_with(&COMPONENT_HEADER) {
            return Err(format!("`{}` is not a component", component.display()).into());
        }
        Ok(Self { name, doc: doc.join("\n"), component })
    }

    fn area(&self) -> &str {
        self.name.split('_').next().unwrap_or(&self.name)
    }
}

fn generate(programs: &[Program]) -> Result<String> {
    let mut code = String::new();
    let mut areas: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for program in programs {
        writeln!(code, "#[doc = {:?}]", program.doc)?;
        let path = program.component.to_str().ok_or("the target folder's name is not UTF-8")?;
        writeln!(code, "pub const {}: &str = {path:?};", program.name.to_uppercase())?;
        areas.entry(program.area()).or_default().push(&program.name);
        areas.entry("program").or_default().push(&program.name);
    }
    for (area, names) in areas {
        let which = if area == "program" { "every program" } else { &format!("every `{area}_` program") };
        writeln!(code, "/// Calls a macro with the name of {which}.")?;
        writeln!(code, "#[macro_export] macro_rules! foreach_{area} {{ ($mac:ident) => {{")?;
        for name in names {
            writeln!(code, "    $mac!({name});")?;
        }
        writeln!(code, "}} }}")?;
    }
    Ok(code)
}
