//! Finds in `/data`, which it was granted, what is neither a file nor a directory: a pipe that nobody writes
//! to, a socket, devices; their names are its arguments. To open one could wait for ever in a thread of the host's, or
//! do something to the machine: it is refused.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{READ_WRITE, open, root};
use test_programs::{arguments, say};
use wasip2::filesystem::types::{DescriptorFlags, NewTimestamp, OpenFlags, PathFlags};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let data = root("/data");
    for name in arguments(&instance)?.split_whitespace() {
        assert!(data.stat_at(PathFlags::empty(), name).is_ok(), "{name} is not there");
        assert!(open(&data, name).is_err(), "{name} was opened");
        for flags in [DescriptorFlags::READ, DescriptorFlags::WRITE, READ_WRITE] {
            for how in [OpenFlags::empty(), OpenFlags::CREATE, OpenFlags::TRUNCATE, OpenFlags::DIRECTORY] {
                let opened = data.open_at(PathFlags::empty(), name, how, flags);
                assert!(opened.is_err(), "{name} was opened");
            }
        }
        let touched =
            data.set_times_at(PathFlags::SYMLINK_FOLLOW, name, NewTimestamp::Now, NewTimestamp::Now);
        assert!(touched.is_err(), "{name} was opened for its times");
        // By another name.
        data.symlink_at(name, "link").expect("granted for writing");
        assert!(open(&data, "link").is_err(), "{name} was opened by a link");
        data.unlink_file_at("link").expect("its own");
    }
    say("contained");
    Ok(())
}

fn main() {}
