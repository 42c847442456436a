//! Fills its app's folders with as many bytes as its argument says, then tries every way to keep more. Prints for each
//! what came of it. With a limit of that many bytes all are refused.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{self, create, root};
use test_programs::{arguments, say};
use wasip2::filesystem::types::{Descriptor, ErrorCode, OpenFlags, PathFlags, filesystem_error_code};
use wasip2::io::streams::{OutputStream, StreamError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let bytes: u64 = arguments(&instance)?.parse()?;
    let (local, temp) = (root("/local"), root("/temp"));
    // What an earlier run left goes first.
    for (dir, name) in [(&local, "a"), (&local, "link"), (&local, "other"), (&temp, "b"), (&temp, "c")] {
        let _ = dir.unlink_file_at(name);
    }
    let a = create(&local, "a")?;
    let b = create(&temp, "b")?;
    b.set_size(bytes / 2)?;
    fill(&a, bytes - bytes / 2)?;

    say(format!("write {:?}", a.write(b"x", bytes).map(drop)));
    say(format!("stream {:?}", a.write_via_stream(bytes).map(|s| stream(&s))));
    say(format!("append {:?}", a.append_via_stream().map(|s| stream(&s))));
    say(format!("size {:?}", a.set_size(bytes + 1)));
    say(format!("hole {:?}", b.set_size(1 << 40)));
    say(format!("link {:?}", local.link_at(PathFlags::empty(), "a", &local, "link")));
    say(format!("symlink {:?}", local.symlink_at("a", "other")));

    // A file without a name is still a file.
    b.set_size(0)?;
    b.set_size(bytes / 2)?;
    temp.unlink_file_at("b")?;
    let c = create(&temp, "c")?;
    say(format!("unnamed {:?}", c.write(b"x", 0).map(drop)));
    drop(b);
    assert_eq!(c.write(b"x", 0), Ok(1), "its bytes went with it");
    let empty = local.open_at(PathFlags::empty(), "a", OpenFlags::TRUNCATE, files::READ_WRITE)?;
    assert_eq!(empty.stat()?.size, 0);
    Ok(())
}

fn fill(file: &Descriptor, bytes: u64) -> Result<(), ErrorCode> {
    let mut written = 0;
    while written < bytes {
        let piece = usize::try_from(bytes - written).unwrap_or(usize::MAX).min(4096);
        written += file.write(&vec![b'x'; piece], written)?;
    }
    Ok(())
}

fn stream(stream: &OutputStream) -> Result<(), Option<ErrorCode>> {
    match stream.blocking_write_and_flush(b"xyz") {
        Ok(()) => Ok(()),
        Err(StreamError::LastOperationFailed(error)) => Err(filesystem_error_code(&error)),
        Err(StreamError::Closed) => Err(None),
    }
}

fn main() {}
