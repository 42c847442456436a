//! `SECURITY.md` holds numbered promises, and a promise that no test stands for is a wish.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The tree that this test was built from.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all tests in Rust files below `folder`.
fn tests_below(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            tests_below(&path, into);
        } else if name.ends_with(".rs") {
            into.extend(tests(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The functions of a file that its test harness runs: marked as tests, and not left out.
fn tests(text: &str) -> Vec<String> {
    let (mut found, mut attributes) = (Vec::new(), Vec::new());
    // An attribute may go on over several lines, up to its bracket.
    let mut is_within = false;
    for line in text.lines().map(str::trim) {
        if is_within || line.starts_with("#[") {
            attributes.push(line);
            is_within = !line.ends_with(']');
            continue;
        }
        let qualifies = |word| matches!(word, "" | "pub" | "pub(crate)" | "async");
        let function = line.split_once("fn ").filter(|(before, _)| before.split(' ').all(qualifies));
        if let Some((name, _)) = function.and_then(|(_, after)| after.split_once(['(', '<'])) {
            let is_test =
                |attribute: &&str| attribute.starts_with("#[test]") || attribute.starts_with("#[tokio::test");
            let is_ignored = |attribute: &&str| attribute.starts_with("#[ignore");
            if attributes.iter().any(is_test) && !attributes.iter().any(is_ignored) {
                found.push(name.to_owned());
            }
        }
        if !line.starts_with("//") {
            attributes.clear();
        }
    }
    found
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
        tests_below(&root().join(folder), &mut there);
    }
    let promises = promises(&text);
    assert!(promises.len() >= 13, "there are fewer than there were");
    for promise in promises {
        let Some((_, tests)) = promise.split_once("*Tests:*") else {
            panic!("no test is named for: {promise}")
        };
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test is named for: {promise}");
        for name in named {
            assert!(there.contains(name), "no test that is run is called `{name}`, as this says: {promise}");
        }
    }
}

#[test]
fn a_function_that_no_harness_runs_is_no_test() {
    let text = "
        fn helper() {}
        #[test]
        fn plain() {}
        #[test]
        pub(crate) fn named_elsewhere() {}
        #[tokio::test(start_paused = true)]
        // Why.
        async fn on_tokio() {}
        #[test]
        #[ignore = \"slow\"]
        fn left_out() {}
        #[test]
        #[expect(
            clippy::panic,
            reason = \"a test\"
        )]
        fn with_more() {}
        // fn commented() {}
        fn behind() {}
    ";
    assert_eq!(tests(text), ["plain", "named_elsewhere", "on_tokio", "with_more"]);
}
