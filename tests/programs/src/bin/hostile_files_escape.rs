//! Tries to get out of its folders in the ways that its arguments name, by every use that a path has. All of
//! it must be refused, and nothing that is its own may be harmed.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{FOLLOW, create, open, refused, root, still_here};
use test_programs::{arguments, no_such_attack, say};
use wasip2::filesystem::types::{Descriptor, ErrorCode, OpenFlags, PathFlags};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let local = root("/local");
    drop(create(&local, "here").expect("its own"));
    for attack in arguments(&instance)?.split(',') {
        match attack {
            "dotdot" => dotdot(&local),
            "absolute" => absolute(&local),
            "links" => links(&local),
            "chain" => chain(&local),
            "handle" => handle(&local),
            "swapped" => swapped(&local),
            "roots" => roots(&local),
            "hard" => hard(&local),
            other => return Err(no_such_attack(other)),
        }
        say(attack);
    }
    still_here(&local);
    local.unlink_file_at("here").expect("its own");
    Ok(())
}

fn dotdot(local: &Descriptor) {
    local.create_directory_at("d").expect("its own");
    for path in
        ["..", "../", "../..", "../temp", "./..", "d/../..", "d/../../secret", "d//..//..", "d/./../.."]
    {
        refused(local, path);
    }
    refused(local, "../../neighbour/local");
    refused(local, "d/../../../../../../../../../../../../../../etc/passwd");
    refused(local, &"../".repeat(1_000));
    // Down again is no excuse for having been outside.
    refused(local, "../local/here");
    // What only looks like it is a name like any other.
    for name in ["...", "..\\..", "%2e%2e", "\u{ff0e}\u{ff0e}", "\u{2024}\u{2024}"] {
        drop(create(local, name).expect("a name"));
        local.unlink_file_at(name).expect("a file of that name");
    }
    local.remove_directory_at("d").expect("its own");
}

fn absolute(local: &Descriptor) {
    for path in ["/", "//", "/etc/passwd", "/local", "/local/here", "/temp", "//local/here", "/dev/null"] {
        refused(local, path);
    }
    for path in ["/proc/self/environ", "/proc/self/root", "/proc/self/fd/0", "/proc/self/mem", "/sys", "/tmp"]
    {
        refused(local, path);
    }
}

/// Links that lead out: making one may be refused, following one must be.
fn links(local: &Descriptor) {
    let targets =
        ["..", "../..", "../../secret", "../../neighbour", "/etc", "/etc/passwd", "/proc/self/root", "/"];
    for target in targets {
        if local.symlink_at(target, "l").is_err() {
            continue;
        }
        through(local, "l");
        refused(local, "l/passwd");
        refused(local, "l/");
        refused(local, "l/local/here");
        refused(local, "l/x/../here");
        local.unlink_file_at("l").expect("the link itself");
    }
}

/// A link's own path may be used for what is done to the link, and not for what follows it.
fn through(local: &Descriptor, link: &str) {
    assert!(open(local, link).is_err(), "followed");
    assert!(local.stat_at(FOLLOW, link).is_err(), "looked through");
    let made = local.open_at(FOLLOW, link, OpenFlags::CREATE, test_programs::files::READ_WRITE);
    assert!(made.is_err(), "made through a link");
    assert!(local.create_directory_at(link).is_err());
}

fn chain(local: &Descriptor) {
    // A link to a link to a link, and out at the end.
    local.symlink_at("..", "l0").expect("a link");
    for n in 1..30 {
        local.symlink_at(&format!("l{}", n - 1), &format!("l{n}")).expect("a link");
        through(local, &format!("l{n}"));
        refused(local, &format!("l{n}/secret"));
    }
    // Each way up is allowed by itself, together they are out.
    local.create_directory_at("a").expect("its own");
    local.create_directory_at("a/b").expect("its own");
    local.symlink_at("..", "a/b/up").expect("a link");
    local.symlink_at("b/up", "a/up").expect("a link");
    open(local, "a/b/up/up/b").expect("inside");
    refused(local, "a/up/../../here");
    refused(local, "a/b/up/up/up/up/../..");
    // In a circle.
    local.symlink_at("round", "circle").expect("a link");
    local.symlink_at("circle", "round").expect("a link");
    local.symlink_at("self/self", "self").expect("a link");
    for path in ["circle", "round", "self"] {
        assert_eq!(open(local, path).err(), Some(ErrorCode::Loop), "{path}");
    }
    for n in 0..30 {
        local.unlink_file_at(&format!("l{n}")).expect("its own");
    }
    for link in ["a/b/up", "a/up", "circle", "round", "self"] {
        local.unlink_file_at(link).expect("its own");
    }
    for dir in ["a/b", "a"] {
        local.remove_directory_at(dir).expect("its own");
    }
}

/// A directory's handle is a root of its own: what is beside it is outside.
fn handle(local: &Descriptor) {
    local.create_directory_at("sub").expect("its own");
    let sub = open(local, "sub").expect("its own");
    drop(create(&sub, "here").expect("its own"));
    refused(&sub, "../here");
    refused(&sub, "..");
    sub.symlink_at("../here", "up").expect("a link");
    through(&sub, "up");
    sub.unlink_file_at("up").expect("its own");
    // A file's handle is no directory.
    let file = open(local, "here").expect("its own");
    for path in ["", ".", "..", "../here"] {
        refused(&file, path);
    }
    // The handle follows its directory, also when that is gone.
    local.rename_at("sub", local, "moved").expect("its own");
    still_here(&sub);
    refused(&sub, "../here");
    sub.unlink_file_at("here").expect("its own");
    local.remove_directory_at("moved").expect("empty");
    assert!(create(&sub, "ghost").is_err(), "in a directory that is gone");
    refused(&sub, "..");
}

/// What was judged is replaced before it is used.
fn swapped(local: &Descriptor) {
    for _ in 0..100 {
        local.create_directory_at("d").expect("its own");
        let before = open(local, "d").expect("its own");
        local.rename_at("d", local, "gone").expect("its own");
        local.symlink_at("../..", "d").expect("a link");
        through(local, "d");
        refused(local, "d/secret");
        refused(&before, "../../secret");
        // A link over a directory, a directory over a link.
        assert!(local.rename_at("gone", local, "d").is_err(), "a directory over a link");
        assert!(local.rename_at("d", local, "gone").is_err(), "a link over a directory");
        local.unlink_file_at("d").expect("the link");
        local.remove_directory_at("gone").expect("its own");
    }
}

/// The folder itself is not the guest's to take away.
fn roots(local: &Descriptor) {
    let temp = root("/temp");
    for path in [".", "./", "./.", ""] {
        assert!(local.remove_directory_at(path).is_err(), "{path:?} was removed");
        assert!(local.unlink_file_at(path).is_err(), "{path:?} was unlinked");
        assert!(local.rename_at(path, &temp, "stolen").is_err(), "{path:?} was moved");
        assert!(temp.rename_at(path, local, "temp").is_err(), "{path:?} was moved");
        assert!(local.rename_at("here", local, path).is_err(), "{path:?} was replaced");
    }
    local.create_directory_at("d").expect("its own");
    for (from, to) in [("d", "d/d"), ("d", "d/e/f"), ("here", "d"), ("d", "here")] {
        assert!(local.rename_at(from, local, to).is_err(), "{from} to {to}");
    }
    for path in ["here/", "here/.", "here/..", "d/", "d/."] {
        assert!(local.unlink_file_at(path).is_err(), "{path:?} was unlinked");
    }
    local.remove_directory_at("d").expect("its own");
}

fn hard(local: &Descriptor) {
    let any = PathFlags::empty();
    local.create_directory_at("d").expect("its own");
    assert!(local.link_at(any, "d", local, "e").is_err(), "a second name for a directory makes a circle");
    assert!(local.link_at(any, ".", local, "e").is_err(), "a second name for a folder");
    assert!(local.link_at(any, "here", local, "d").is_err(), "over what is there");
    assert_eq!(local.link_at(FOLLOW, "here", local, "e"), Err(ErrorCode::Invalid), "a link that is followed");
    // A link's second name is a link: nothing is followed when it is made, nor later.
    local.symlink_at("../../secret", "l").expect("a link");
    if local.link_at(any, "l", local, "m").is_ok() {
        through(local, "m");
        local.unlink_file_at("m").expect("its own");
    }
    local.unlink_file_at("l").expect("its own");
    local.remove_directory_at("d").expect("its own");
}

fn main() {}
