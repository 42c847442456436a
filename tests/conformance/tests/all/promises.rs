//! `SECURITY.md` holds numbered promises, and a promise that no test stands for is a wish.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The tree that this test was built from.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all functions in Rust files below `folder`.
fn functions(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            functions(&path, into);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let after = text.lines().filter_map(|line| line.split_once("fn ")).map(|(_, after)| after);
            into.extend(after.filter_map(|after| Some(after.split_once(['(', '<'])?.0.to_owned())));
        }
    }
}

/// Of each promise, what it says.
fn promises(text: &str) -> Vec<String> {
    let promised = text.split_once("\n## What is promised\n").unwrap().1.split("\n## ").next().unwrap();
    let mut promises: Vec<String> = Vec::new();
    for line in promised.lines() {
        let number = line.split_once(". ").and_then(|(number, _)| number.parse::<usize>().ok());
        match (number, promises.last_mut()) {
            (Some(number), _) => {
                assert_eq!(number, promises.len() + 1, "promises are numbered in order");
                promises.push(line.to_owned());
            }
            (None, Some(promise)) => {
                promise.push(' ');
                promise.push_str(line.trim());
            }
            (None, None) => {}
        }
    }
    promises
}

#[test]
fn each_promise_names_tests_that_there_are() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let mut there = BTreeSet::new();
    for folder in ["host", "tests", "guest-sdk"] {
        functions(&root().join(folder), &mut there);
    }
    let promises = promises(&text);
    assert!(promises.len() >= 13, "there are fewer than there were");
    for promise in promises {
        let Some((_, tests)) = promise.split_once("*Tests:*") else { panic!("no test is named for: {promise}") };
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test is named for: {promise}");
        for name in named {
            assert!(there.contains(name), "no test is called `{name}`, as this says: {promise}");
        }
    }
}
