//! Trees that guests made, removed: with one handle and a stack of a few frames, however deep they are.
//!
//! A guest makes directories one below the other as long as it may, and no path and no recursion reaches the lowest.
//! So what is below is moved up beside its parent first.

use std::io;

use cap_fs_ext::DirExt as _;
use cap_std::fs::Dir;

/// What is moved up is called this with a number: guests see nothing of the directory that it is moved to.
const MOVED_UP: &str = ".removed-";

/// Removes the directory `name` in `parent` with all that is in it, and what an earlier removal did not get to.
pub(super) fn tree(parent: &Dir, name: &str) -> io::Result<()> {
    let mut number = 0;
    let mut left = vec![name.to_owned()];
    for entry in parent.entries()? {
        if let Ok(earlier) = entry?.file_name().into_string()
            && let Some(of_earlier) = earlier.strip_prefix(MOVED_UP)
        {
            number = number.max(of_earlier.parse().unwrap_or(0_u64) + 1);
            left.push(earlier);
        }
    }
    while let Some(name) = left.pop() {
        let dir = parent.open_dir_nofollow(&name)?;
        for entry in dir.entries()? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                let up = format!("{MOVED_UP}{number}");
                number += 1;
                dir.rename(entry.file_name(), parent, &up)?;
                left.push(up);
            } else {
                dir.remove_file(entry.file_name())?;
            }
        }
        parent.remove_dir(&name)?;
    }
    Ok(())
}

/// Removes everything that is in `dir`.
pub(super) fn contents(dir: &Dir) -> io::Result<()> {
    let names: Vec<_> = dir.entries()?.map(|entry| entry.map(|e| e.file_name())).collect::<Result<_, _>>()?;
    for name in names {
        match dir.symlink_metadata(&name) {
            // It went along with another.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(found) if found.is_dir() => tree(dir, &name.to_string_lossy())?,
            _ => dir.remove_file(&name)?,
        }
    }
    Ok(())
}
