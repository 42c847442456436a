//! The attacks that are text: `hostile/*/*.wat`.
//!
//! One that begins with `;; world: NAME` is a core module, which is made a component of that world; any other is a
//! whole component.

use std::fs;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// An attack by its name, as `cpu/spin`.
pub(super) fn component(name: &str) -> Vec<u8> {
    let path = folder().join(name).with_extension("wat");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    built(&text).unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

/// A component from its text.
pub(super) fn built(text: &str) -> wat::Result<Vec<u8>> {
    let bytes = wat::parse_str(text)?;
    Ok(match text.lines().next().and_then(|line| line.strip_prefix(";; world: ")) {
        Some(world) => of_world(bytes, world.trim()),
        None => bytes,
    })
}

fn of_world(mut module: Vec<u8>, world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (contract, _) = resolve.push_dir(folder().join("../../../wit")).unwrap();
    let things = resolve.push_file(folder().join("attack.wit")).unwrap();
    let of = if world.starts_with("with-things") { things } else { contract };
    let world = resolve.select_world(&[of], Some(world));
    embed_component_metadata(&mut module, &resolve, world.unwrap(), StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().module(&module).unwrap();
    // Whether it is valid is for the host to see.
    encoder.validate(false).encode().unwrap_or_else(|error| panic!("{error:#}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile")
}

/// All files below `folder` whose names end so.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_text_of_the_corpus_is_let_loose_by_a_test() {
    let sources = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/hostile"), "rs");
    let sources: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let texts = files(&folder(), "wat");
    assert!(texts.len() > 30, "{texts:?}");
    for text in texts {
        let name = text.strip_prefix(folder()).unwrap().with_extension("");
        let name = format!("\"{}\"", name.display());
        assert!(sources.contains(&name), "no test names {name}");
    }
}
