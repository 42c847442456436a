//! Compiles the guests among the examples to components and writes down where they are.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

const GUESTS: [&str; 6] = ["bad-citizen", "feed-digest", "greeter", "notes", "thumbnails", "time-zone"];

/// Of `notes`: its background task, in a component of its own.
const AUTOSAVE: &str = "autosave";

/// What all of them are made of, relative to this crate.
const SHARED: [&str; 8] = [
    "../../guest-sdk/Cargo.toml",
    "../../guest-sdk/src",
    "../../guest-sdk/wit",
    "../../guest-sdk/macros/Cargo.toml",
    "../../guest-sdk/macros/src",
    "../../wit",
    "../../Cargo.toml",
    "../../Cargo.lock",
];

fn main() -> guest_build::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    for source in SHARED {
        println!("cargo::rerun-if-changed={source}");
    }
    let mut arguments = vec!["--manifest-path", "../../Cargo.toml", "--lib", "--bin", AUTOSAVE];
    for guest in GUESTS {
        println!("cargo::rerun-if-changed=../../examples/{guest}/Cargo.toml");
        println!("cargo::rerun-if-changed=../../examples/{guest}/src");
        arguments.extend(["--package", guest]);
    }
    let folder = guest_build::compile(&arguments)?;

    let mut code = String::new();
    for guest in GUESTS.into_iter().chain([AUTOSAVE]) {
        let name = guest.replace('-', "_");
        let component = guest_build::component(&folder, &name)?;
        let path = component.to_str().ok_or("the target folder's name is not UTF-8")?;
        writeln!(code, "/// The component `{guest}`.")?;
        writeln!(code, "pub const {}: &str = {path:?};", name.to_uppercase())?;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("components.rs"), code)?;
    Ok(())
}
