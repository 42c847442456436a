//! Makes as many files in `/local` and `/temp` together as its argument says, then tries every way to make another
//! entry. Prints for each what came of it. With a limit of that many entries all are refused.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{READ_WRITE, create, root};
use test_programs::{arguments, say};
use wasip2::filesystem::types::{OpenFlags, PathFlags};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let entries: u64 = arguments(&instance)?.parse()?;
    let (local, temp) = (root("/local"), root("/temp"));
    for n in 0..entries {
        create(if n % 2 == 0 { &local } else { &temp }, &n.to_string())?;
    }
    create(&local, "0")?;

    let exclusive = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
    say(format!("create {:?}", create(&local, "new").map(drop)));
    say(format!("exclusive {:?}", local.open_at(PathFlags::empty(), "own", exclusive, READ_WRITE).map(drop)));
    say(format!("directory {:?}", temp.create_directory_at("below")));
    say(format!("link {:?}", local.link_at(PathFlags::empty(), "0", &temp, "link")));
    say(format!("symlink {:?}", local.symlink_at("0", "other")));

    local.rename_at("0", &temp, "moved")?;
    temp.unlink_file_at("moved")?;
    create(&local, "0")?;
    Ok(())
}

fn main() {}
