//! Compiles `tests/programs` to components and writes down where they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use guest_build::Result;

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

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }

    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let components = guest_build::compile(&["--manifest-path", "../programs/Cargo.toml", "--bins"])?;

    let mut programs = Vec::new();
    for entry in fs::read_dir("../programs/src/bin")? {
        programs.push(Program::new(&entry?.path(), &components)?);
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    fs::write(out.join("programs.rs"), generate(&programs)?)?;
    Ok(())
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
        let component = guest_build::component(components, &name)?;
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
    writeln!(code, "/// Every program: its name, and the path of its file.")?;
    writeln!(code, "pub const PROGRAMS: &[(&str, &str)] = &[")?;
    for program in programs {
        writeln!(code, "    ({:?}, {}),", program.name, program.name.to_uppercase())?;
    }
    writeln!(code, "];")?;
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
