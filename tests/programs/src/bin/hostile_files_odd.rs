//! Names, times, places and sizes that no file has, as its arguments name them. Each is refused with an error
//! that the guest can handle.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{FOLLOW, create, open, root};
use test_programs::{arguments, no_such_attack, say};
use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::types::{Advice, Descriptor, ErrorCode, NewTimestamp};
use wasip2::io::streams::StreamError;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let local = root("/local");
    for attack in arguments(&instance)?.split(',') {
        match attack {
            "names" => names(&local),
            "times" => times(&local),
            "places" => places(&local),
            "sizes" => sizes(&local),
            "gone" => gone(&local),
            other => return Err(no_such_attack(other)),
        }
        say(attack);
    }
    Ok(())
}

fn names(local: &Descriptor) {
    for name in ["", "a\0b", "\0", "here\0/../../secret", &"n".repeat(256), &"long/".repeat(1_000)] {
        assert!(create(local, name).is_err(), "{:?} is a name", name.get(..32));
        assert!(local.create_directory_at(name).is_err());
        assert!(local.symlink_at("x", name).is_err());
        assert!(local.stat_at(FOLLOW, name).is_err());
        assert!(local.unlink_file_at(name).is_err());
    }
    let huge = "n".repeat(256 << 10);
    assert!(create(local, &huge).is_err());
    assert!(local.symlink_at(&huge, "l").is_err());
    // Odd, and names all the same; whoever lists them gets what was written.
    let odd = ["\n", "\u{1b}[2J", "\r", "\u{202e}txt", "-rf *", "a b\t", "\u{7f}", "é", &"é".repeat(127)];
    for name in odd {
        drop(create(local, name).expect("a name"));
    }
    let listing = local.read_directory().expect("its own");
    let mut listed = Vec::new();
    while let Some(entry) = listing.read_directory_entry().expect("readable") {
        listed.push(entry.name);
    }
    for name in odd {
        assert!(listed.iter().any(|listed| listed == name), "{name:?} is listed otherwise");
        local.unlink_file_at(name).expect("its own");
    }
}

fn times(local: &Descriptor) {
    let file = create(local, "file").expect("its own");
    for seconds in [0, 1 << 32, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
        for nanoseconds in [0, 999_999_999, 1_000_000_000, u32::MAX] {
            let time = NewTimestamp::Timestamp(Datetime { seconds, nanoseconds });
            // Some are times, for some file systems. None is more than an error.
            let _ = file.set_times(time, time);
            let _ = local.set_times(time, time);
            let _ = local.set_times_at(FOLLOW, "file", time, NewTimestamp::NoChange);
            let _ = file.stat();
        }
    }
    let (time, now) =
        (NewTimestamp::Timestamp(Datetime { seconds: u64::MAX, nanoseconds: u32::MAX }), NewTimestamp::Now);
    assert!(file.set_times(time, now).is_err(), "a time that does not exist");
    file.set_times(now, now).expect("a time");
    drop(file);
    local.unlink_file_at("file").expect("its own");
}

fn places(local: &Descriptor) {
    let file = create(local, "file").expect("its own");
    file.write(b"acorn", 0).expect("its own");
    for offset in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1] {
        assert!(matches!(file.read(16, offset), Err(_) | Ok((_, true))), "read at {offset}");
        assert!(file.write(b"oak", offset).is_err(), "written at {offset}");
        let _ = file.advise(offset, offset, Advice::WillNeed);
        if let Ok(stream) = file.read_via_stream(offset) {
            assert!(stream.blocking_read(16).is_err(), "streamed from {offset}");
        }
        if let Ok(stream) = file.write_via_stream(offset) {
            let written = stream.blocking_write_and_flush(b"oak");
            assert!(matches!(written, Err(StreamError::LastOperationFailed(_))), "streamed to {offset}");
        }
    }
    // However much is asked for, what is made ready for it is bounded.
    let (bytes, _) = file.read(u64::MAX, 0).expect("what there is");
    assert_eq!(bytes, b"acorn");
    let stream = file.read_via_stream(0).expect("its own");
    assert_eq!(stream.blocking_read(u64::MAX).expect("what there is"), b"acorn");
    assert!(stream.blocking_skip(u64::MAX).is_err(), "beyond the end");
    drop((stream, file));
    local.unlink_file_at("file").expect("its own");
}

fn sizes(local: &Descriptor) {
    let file = create(local, "file").expect("its own");
    for size in [u64::MAX, 1 << 63, (1 << 63) - 1] {
        assert!(file.set_size(size).is_err(), "{size} bytes");
    }
    assert_eq!(file.stat().expect("its own").size, 0);
    drop(file);
    local.unlink_file_at("file").expect("its own");
}

/// What was removed while it was open.
fn gone(local: &Descriptor) {
    let file = create(local, "file").expect("its own");
    file.write(b"acorn", 0).expect("its own");
    local.unlink_file_at("file").expect("its own");
    assert_eq!(open(local, "file").err(), Some(ErrorCode::NoEntry));
    assert_eq!(file.read(16, 0).expect("still open").0, b"acorn");
    local.create_directory_at("d").expect("its own");
    let dir = open(local, "d").expect("its own");
    local.remove_directory_at("d").expect("empty");
    assert!(create(&dir, "x").is_err());
    assert!(dir.create_directory_at("x").is_err());
    assert!(dir.link_at(wasip2::filesystem::types::PathFlags::empty(), "x", local, "y").is_err());
    let listing = dir.read_directory();
    assert!(listing.is_err() || listing.is_ok_and(|l| matches!(l.read_directory_entry(), Ok(None) | Err(_))));
}

fn main() {}
