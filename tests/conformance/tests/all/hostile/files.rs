//! Attacks on files: ways out of the folders, names and places that no file has, and more than there is room for.
//!
//! The folders of the neighbour lie beside the attacker's, and the harness looks whether they are as they were.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cap_tempfile::TempDir;
use dormouse::testing::Rig;
use dormouse::{Access, Grants, Outcome};
use dormouse_core::TrapKind;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use test_artifacts as programs;

use super::harness::{Attack, End};

/// All of these, one after the other, in each run.
fn refused(program: &str, attacks: &str) {
    let seen = Attack::program(program).arguments(attacks).times(3).ends(End::Succeeded);
    let said = String::from_utf8(seen.output.stdout).unwrap();
    assert!(said.lines().eq(attacks.split(',')), "{said}");
}

#[test]
pub(crate) fn hostile_files_escape() {
    refused(programs::HOSTILE_FILES_ESCAPE, "dotdot,absolute,roots");
}

#[test]
fn links_lead_nowhere_outside_however_they_are_chained() {
    refused(programs::HOSTILE_FILES_ESCAPE, "links,chain,hard");
}

#[test]
fn a_handle_is_the_root_of_what_is_reached_from_it_whatever_is_swapped() {
    refused(programs::HOSTILE_FILES_ESCAPE, "handle,swapped");
}

#[test]
pub(crate) fn hostile_files_odd() {
    refused(programs::HOSTILE_FILES_ODD, "names,gone");
}

#[test]
fn times_places_and_sizes_that_do_not_exist_are_errors() {
    refused(programs::HOSTILE_FILES_ODD, "times,places,sizes");
}

#[test]
pub(crate) fn hostile_files_streams() {
    for (attack, says) in [
        ("zeroes", "cannot write more zeroes"),
        ("zeroes-flush", "too large"),
        ("blocking", "too large"),
        ("orphan", "has children"),
    ] {
        let attack = Attack::program(programs::HOSTILE_FILES_STREAMS).arguments(attack).times(2);
        attack.runs(|completion| match &completion.run.outcome {
            Outcome::Trapped { message, .. } => assert!(message.contains(says), "{message}"),
            other => panic!("{other}"),
        });
    }
}

/// Two accomplices: one swaps a directory with a link to the outside, as fast as it can, the other goes through it.
#[test]
pub(crate) fn hostile_files_race() {
    let outside = TempDir::new(cap_tempfile::ambient_authority()).unwrap();
    outside.create_dir_all("data/inside").unwrap();
    outside.write("data/inside/secret", "inside").unwrap();
    outside.write("secret", "outside").unwrap();
    let data = outside.open_dir("data").unwrap();
    data.symlink("..", "out").unwrap();
    let grants =
        Grants::none().with_directory(data.try_clone().unwrap(), "/data", Access::ReadWrite).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let accomplice = {
        let over = Arc::clone(&over);
        std::thread::spawn(move || {
            let mut swaps = 0;
            while !over.load(Ordering::Relaxed) {
                data.rename("inside", &data, "swap").unwrap();
                data.rename("out", &data, "inside").unwrap();
                data.rename("inside", &data, "out").unwrap();
                data.rename("swap", &data, "inside").unwrap();
                swaps += 1;
            }
            swaps
        })
    };
    let seen = Attack::program(programs::HOSTILE_FILES_RACE).grants(grants).times(3).ends(End::Succeeded);
    over.store(true, Ordering::Relaxed);
    let swaps: u32 = accomplice.join().unwrap();
    assert!(swaps > 0, "nothing was swapped");
    let said = String::from_utf8(seen.output.stdout).unwrap();
    assert!(said.contains("inside"), "it never got in, so that it proves nothing: {said}");
    assert_eq!(outside.read_to_string("secret").unwrap(), "outside");
}

/// As root all of them, else what anybody can make.
#[test]
pub(crate) fn hostile_files_special() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = vec!["pipe", "socket"];
    let make =
        |name, kind, device| mknodat(CWD, folder.path().join(name), kind, Mode::RUSR | Mode::WUSR, device);
    make("pipe", FileType::Fifo, 0).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    for (name, minor) in [("null", 3), ("zero", 5), ("full", 7)] {
        if make(name, FileType::CharacterDevice, rustix::fs::makedev(1, minor)).is_ok() {
            names.push(name);
        }
    }
    let grants = Grants::none().with_path(folder.path(), "/data", Access::ReadWrite).unwrap();
    let attack = Attack::program(programs::HOSTILE_FILES_SPECIAL).grants(grants);
    attack.arguments(names.join(" ")).times(3).ends(End::Succeeded);
}

#[test]
pub(crate) fn hostile_files_flood() {
    let attack = Attack::program(programs::HOSTILE_FILES_FLOOD).arguments("handles").times(3);
    attack.ends(End::Trapped(TrapKind::Limit, ""));
}

#[test]
fn listings_that_nobody_reads_cost_a_handle_each_and_no_copy_of_the_directory() {
    let attack =
        Attack::program(programs::HOSTILE_FILES_FLOOD).arguments("listings").times(3).may_leave_files();
    let before = peak();
    attack.ends(End::Trapped(TrapKind::Limit, ""));
    // A thousand copies of two thousand long names would be half a gibibyte.
    let grown = peak() - before;
    assert!(grown < 192 << 20, "{} MiB", grown >> 20);
}

#[test]
pub(crate) fn hostile_files_listings() {
    let over = Arc::new(AtomicBool::new(false));
    let sampling = {
        let over = Arc::clone(&over);
        std::thread::spawn(move || {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                most = most.max(std::fs::read_dir("/proc/self/task").unwrap().count());
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
            most
        })
    };
    let attack = Attack::program(programs::HOSTILE_FILES_LISTINGS).times(2);
    // On a busy machine it takes its time to remove its files: how it ends is not what this is about.
    let seen = attack
        .limits(|limits| {
            limits.wall = Some(std::time::Duration::from_secs(2));
            limits.grace = Some(std::time::Duration::from_secs(20));
        })
        .ends(End::Stopped("wall"));
    over.store(true, Ordering::Relaxed);
    let most = sampling.join().unwrap();
    assert_eq!(seen.output.stdout, b"100\n");
    assert!(most < 80, "a hundred listings have {most} threads");
}

#[test]
fn a_thousand_links_to_links_are_not_followed() {
    Attack::program(programs::HOSTILE_FILES_FLOOD).arguments("linked-deep").times(2).ends(End::Succeeded);
}

/// The most bytes of this process that ever were in memory.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

#[test]
fn directories_deeper_than_any_stack_do_not_take_the_next_host_down() {
    let folders = TempDir::new(cap_tempfile::ambient_authority()).unwrap();
    let lives = |program: &'static str, arguments: &'static str| {
        let dir = folders.try_clone().unwrap();
        Rig::run_with(
            |builder| builder.app_folders(dir),
            async |rig| {
                let id = crate::ready(rig, program).await;
                let completion = rig.fire(id, arguments).await;
                assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.events.events());
            },
        );
    };
    lives(programs::HOSTILE_FILES_FLOOD, "deep");
    assert!(folders.exists("test/temp/d/d/d/d"));
    lives(programs::RUN_RETURNS_OK, "");
    assert_eq!(folders.read_dir("test/temp").unwrap().count(), 0);
}
