//! Begins a hundred listings of a directory, by WASI 0.3, takes one name of each, and waits until it is cancelled.
//! Whoever keeps a thread for each of them has none left for others.

mod bindings {
    wit_bindgen::generate!({ path: "wit/wasi-0.3.0", world: "files", generate_all });
}

use std::time::Duration;

use bindings::wasi::filesystem::preopens::get_directories;
use bindings::wasi::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let (temp, _) = get_directories().into_iter().find(|(_, path)| path == "/temp").expect("it has one");
    let mut names = Vec::new();
    for n in 0..100 {
        names.push(format!("file-{n:02}"));
        let how = OpenFlags::CREATE;
        temp.open_at(PathFlags::empty(), names[n].clone(), how, DescriptorFlags::WRITE).await?;
    }
    let (mut whole, end) = temp.read_directory();
    let mut listed = Vec::new();
    while let Some(entry) = whole.next().await {
        listed.push(entry.name);
    }
    end.await?;
    listed.sort();
    assert_eq!(listed, names, "each is listed once");

    let mut held = Vec::new();
    for _ in 0..100 {
        let (mut listing, end) = temp.read_directory();
        assert!(listing.next().await.is_some());
        held.push((listing, end));
    }
    say(held.len());
    let _ = instance.sleep(Duration::from_secs(3_600)).await;
    drop(held);
    for name in names {
        temp.unlink_file_at(name).await?;
    }
    Ok(())
}

fn main() {}
