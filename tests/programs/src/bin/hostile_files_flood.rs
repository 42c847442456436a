//! Takes as much of a file system as it gets, in the way that its arguments name.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{create, open, root};
use test_programs::{arguments, no_such_attack};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match arguments(&instance)?.as_str() {
        "handles" => handles(),
        "listings" => listings(),
        "deep" => deep(),
        "linked-deep" => linked_deep(),
        other => return Err(no_such_attack(other)),
    }
    Ok(())
}

/// One file, opened until the host has had enough: that is a trap.
fn handles() {
    let temp = root("/temp");
    let file = create(&temp, "file").expect("its own");
    temp.unlink_file_at("file").expect("its own");
    let mut held = vec![file];
    loop {
        held.push(open(&temp, ".").expect("it traps"));
    }
}

/// A directory of many long names, listed again and again until the host has had enough: that is a trap.
fn listings() {
    let temp = root("/temp");
    let name = |n: u32| format!("{n:0200}");
    for n in 0..2_000 {
        drop(create(&temp, &name(n)).expect("its own"));
    }
    let names: Vec<_> = (0..2_000).map(name).collect();
    for listed in [&temp, &temp] {
        let mut found = 0;
        let listing = listed.read_directory().expect("its own");
        while let Some(entry) = listing.read_directory_entry().expect("readable") {
            assert!(names.contains(&entry.name));
            found += 1;
        }
        assert_eq!(found, names.len(), "each is listed once");
    }
    let mut held = Vec::new();
    loop {
        let listing = temp.read_directory().expect("it traps");
        drop(listing.read_directory_entry());
        held.push(listing);
    }
}

/// Directories in directories, deeper than a path is long and than a stack is.
fn deep() {
    let mut dir = root("/temp");
    for _ in 0..4_000 {
        dir.create_directory_at("d").expect("its own");
        dir = open(&dir, "d").expect("its own");
    }
    drop(create(&dir, "acorn").expect("its own"));
}

/// Links upon links that end where there is nothing.
fn linked_deep() {
    let temp = root("/temp");
    let mut last = "nothing".to_owned();
    for n in 0..1_000 {
        let next = format!("l{n}");
        temp.symlink_at(&last, &next).expect("a link");
        last = next;
    }
    assert!(open(&temp, &last).is_err(), "a thousand links were followed");
    for n in 0..1_000 {
        temp.unlink_file_at(&format!("l{n}")).expect("its own");
    }
}

fn main() {}
