//! The contract is frozen: a released version never changes.

use std::fs;
use std::path::{Path, PathBuf};

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")
}

fn wit_files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "wit"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_contract_is_the_frozen_copy_of_its_version() {
    let now = wit_files(&wit());
    assert!(!now.is_empty());
    let versions: Vec<&str> = now
        .iter()
        .map(|(name, text)| {
            let line = text.lines().find_map(|line| line.strip_prefix("package dormouse:background@"));
            line.unwrap_or_else(|| panic!("{name} names no package")).trim_end_matches(';')
        })
        .collect();
    assert!(versions.windows(2).all(|pair| pair[0] == pair[1]), "one package, one version: {versions:?}");
    let frozen = wit_files(&wit().join("frozen").join(versions[0]));
    assert_eq!(
        now, frozen,
        "wit/ differs from wit/frozen/{}: a change to the contract is a new version of the package",
        versions[0]
    );
}

#[test]
fn every_item_of_the_contract_is_documented() {
    for (name, text) in wit_files(&wit()) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate().skip(1) {
            let is_item = ["interface ", "world ", "record ", "variant ", "enum ", "resource "]
                .iter()
                .any(|word| line.starts_with(word))
                || (line.contains(": func(")
                    || line.contains(": async func(")
                    || line.contains(": static func("));
            if is_item {
                assert!(lines[at - 1].starts_with("///"), "{name}:{}: no documentation: {line}", at + 1);
            }
        }
    }
}
