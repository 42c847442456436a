//! Tries to link and to move files between its own folders and the granted `/data`: what counts and what does not stay
//! apart.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{create, root};
use wasip2::filesystem::types::{ErrorCode, PathFlags};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let (local, data) = (root("/local"), root("/data"));
    let none = PathFlags::empty();
    for (from, to) in [(&local, &data), (&data, &local)] {
        create(from, "a")?;
        assert_eq!(from.link_at(none, "a", to, "b"), Err(ErrorCode::CrossDevice));
        assert_eq!(from.rename_at("a", to, "b"), Err(ErrorCode::CrossDevice));
        from.link_at(none, "a", from, "b")?;
        from.rename_at("b", from, "c")?;
    }
    let file = create(&data, "a")?;
    assert_eq!(file.link_at(none, "a", &local, "b"), Err(ErrorCode::NotDirectory));
    assert_eq!(file.write(&[0; 2000], 0), Ok(2000), "what was granted is not counted");
    Ok(())
}

fn main() {}
