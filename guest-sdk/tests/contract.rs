//! The crate carries a copy of the contract, so that it can be packaged. It must be the contract.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn contract(dir: &str) -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn the_copy_is_the_contract() {
    let original = contract("../wit");
    assert!(!original.is_empty());
    assert_eq!(contract("wit"), original, "copy wit/*.wit to guest-sdk/wit/");
    let settings = contract("../wit/keyvalue");
    assert!(!settings.is_empty());
    assert_eq!(contract("wit/keyvalue"), settings, "copy wit/keyvalue/*.wit to guest-sdk/wit/keyvalue/");
}
