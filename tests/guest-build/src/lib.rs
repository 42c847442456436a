//! Compiles guest crates of this workspace to components: what the build scripts of the test crates share.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What guests are compiled for.
pub const TARGET: &str = "wasm32-wasip2";

/// The first eight bytes of a component: the magic number, the version, and the layer that tells it from
/// a core module.
const COMPONENT_HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// A build script has nobody to tell but the person who reads its output.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Calls `cargo build` with `arguments` (which packages, which of their targets) for [`TARGET`]; the folder
/// in which the components then are. For build scripts only: it takes what they find in their environment.
///
/// # Errors
///
/// The target is not installed, or the guests do not compile.
pub fn compile(arguments: &[&str]) -> Result<PathBuf> {
    require_target(TARGET)?;
    let target_dir = target_dir(Path::new(&env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?))?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    forget_the_outer_build(&mut cargo);
    cargo
        .arg("build")
        .args(arguments)
        .args(["--target", TARGET])
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
        return Err(format!("failed to compile the guests ({}): {status}", arguments.join(" ")).into());
    }
    Ok(target_dir.join(TARGET).join("guest"))
}

/// Where guests are compiled. Not where the outer Cargo compiles, which holds the lock of that folder; one for all of its
/// build scripts, since a folder of each one's own has all that guests depend on compiled once more: for each of the test
/// crates, and for Clippy, to which they are other crates.
fn target_dir(out_dir: &Path) -> Result<PathBuf> {
    let build = out_dir.ancestors().find(|folder| folder.ends_with("build"));
    let profile =
        build.and_then(Path::parent).ok_or("OUT_DIR is not in the `build` of a profile's folder")?;
    Ok(profile.join("guests"))
}

/// The component called `name` in `folder`, which [`compile`] answered.
///
/// # Errors
///
/// There is none of that name, or it is no component.
pub fn component(folder: &Path, name: &str) -> Result<PathBuf> {
    let path = folder.join(name).with_extension("wasm");
    let bytes = fs::read(&path).map_err(|e| format!("`{}` cannot be read: {e}", path.display()))?;
    if !bytes.starts_with(&COMPONENT_HEADER) {
        return Err(format!("`{}` is not a component", path.display()).into());
    }
    Ok(path)
}

/// Takes from a Cargo that is about to be called what an outer one says to the crate that it builds.
pub fn forget_the_outer_build(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_meant_for_the_host) {
            cargo.env_remove(name);
        }
    }
}

/// Looks whether anything can be compiled for `target`. Cargo would say that it cannot find `core`, a hundred times.
///
/// # Errors
///
/// It is not installed.
pub fn require_target(target: &str) -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output()?;
    if Path::new(str::from_utf8(&output.stdout)?.trim_end()).is_dir() {
        return Ok(());
    }
    Err(format!("the target {target} is not installed: run `rustup target add {target}`").into())
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
