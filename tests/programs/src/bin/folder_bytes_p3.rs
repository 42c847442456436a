//! As `folder_bytes` and `folder_entries`, by WASI 0.3: its first argument is how many bytes it keeps in one file, and
//! there are to be no more entries than that file and a directory.

mod bindings {
    wit_bindgen::generate!({ path: "wit/wasi-0.3.0", world: "files", generate_all });
}

use bindings::wasi::filesystem::preopens::get_directories;
use bindings::wasi::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use bindings::wit_stream;
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let bytes: u64 = arguments(&instance)?.parse()?;
    let (local, _) = get_directories().into_iter().find(|(_, path)| path == "/local").expect("it has one");
    let none = PathFlags::empty();
    let create = async |name: &str| {
        let (how, flags) =
            (OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::READ | DescriptorFlags::WRITE);
        local.open_at(none, name.to_owned(), how, flags).await
    };
    let a = create("a").await?;
    local.create_directory_at("d".to_owned()).await?;
    write(&a, usize::try_from(bytes)?, Some(0)).await?;
    assert_eq!(a.stat().await?.size, bytes);

    say(format!("stream {:?}", write(&a, 100, Some(bytes)).await));
    say(format!("append {:?}", write(&a, 100, None).await));
    say(format!("size {:?}", a.set_size(bytes + 1000).await));
    say(format!("create {:?}", create("b").await.map(drop)));
    say(format!("directory {:?}", local.create_directory_at("e".to_owned()).await));
    say(format!("link {:?}", local.link_at(none, "a".to_owned(), &local, "f".to_owned()).await));
    say(format!("symlink {:?}", local.symlink_at("a".to_owned(), "g".to_owned()).await));

    local.remove_directory_at("d".to_owned()).await?;
    drop(a);
    local.rename_at("a".to_owned(), &local, "h".to_owned()).await?;
    local.unlink_file_at("h".to_owned()).await?;
    let again = create("a").await?;
    write(&again, usize::try_from(bytes)?, None).await?;
    Ok(())
}

async fn write(file: &Descriptor, bytes: usize, offset: Option<u64>) -> Result<(), ErrorCode> {
    let (mut tx, rx) = wit_stream::new();
    let result = match offset {
        Some(offset) => file.write_via_stream(rx, offset),
        None => file.append_via_stream(rx),
    };
    tx.write_all(vec![b'x'; bytes]).await;
    drop(tx);
    result.await
}

fn main() {}
