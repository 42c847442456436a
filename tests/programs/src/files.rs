//! `wasi:filesystem`, without a library in between that would mend a path before the host sees it.

use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags};

/// Follow a link at the end of a path.
pub const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;

/// Read and write.
pub const READ_WRITE: DescriptorFlags = DescriptorFlags::READ.union(DescriptorFlags::WRITE);

/// The directory that the host shows at `path`.
///
/// # Panics
///
/// It shows none there.
#[must_use]
pub fn root(path: &str) -> Descriptor {
    let found = get_directories().into_iter().find(|(_, name)| name == path);
    found.unwrap_or_else(|| panic!("there is no {path}")).0
}

/// Opens a file for reading and writing, making it if need be.
///
/// # Errors
///
/// What the host says.
pub fn create(dir: &Descriptor, path: &str) -> Result<Descriptor, ErrorCode> {
    dir.open_at(PathFlags::empty(), path, OpenFlags::CREATE, READ_WRITE)
}

/// Opens what is there for reading, following links.
///
/// # Errors
///
/// What the host says.
pub fn open(dir: &Descriptor, path: &str) -> Result<Descriptor, ErrorCode> {
    dir.open_at(FOLLOW, path, OpenFlags::empty(), DescriptorFlags::READ)
}

/// Tries everything that a path can be used for, each of which must be refused.
///
/// # Panics
///
/// Something was not refused.
pub fn refused(dir: &Descriptor, path: &str) {
    let now = NewTimestamp::Timestamp(Datetime { seconds: 1, nanoseconds: 0 });
    let (any, keep, make) = (PathFlags::empty(), OpenFlags::empty(), OpenFlags::CREATE);
    let tries: [(&str, Result<(), ErrorCode>); 16] = [
        ("read", open(dir, path).map(drop)),
        ("write", dir.open_at(FOLLOW, path, keep, READ_WRITE).map(drop)),
        ("create", dir.open_at(FOLLOW, path, make, READ_WRITE).map(drop)),
        ("truncate", dir.open_at(FOLLOW, path, OpenFlags::TRUNCATE, READ_WRITE).map(drop)),
        ("list", dir.open_at(FOLLOW, path, OpenFlags::DIRECTORY, DescriptorFlags::READ).map(drop)),
        ("stat", dir.stat_at(FOLLOW, path).map(drop)),
        ("hash", dir.metadata_hash_at(FOLLOW, path).map(drop)),
        ("times", dir.set_times_at(FOLLOW, path, now, now)),
        ("mkdir", dir.create_directory_at(path)),
        ("rmdir", dir.remove_directory_at(path)),
        ("readlink", dir.readlink_at(path).map(drop)),
        ("unlink", dir.unlink_file_at(path)),
        ("link to", dir.link_at(any, path, dir, "refused-link")),
        ("link from", dir.link_at(any, "here", dir, path)),
        ("rename to", dir.rename_at("here", dir, path)),
        ("rename from", dir.rename_at(path, dir, "refused-rename")),
    ];
    for (what, tried) in tries {
        assert!(tried.is_err(), "{what} {path:?} was not refused");
    }
}

/// Whether a file called `here` is in `dir`, which [`refused`] tries to move.
///
/// # Panics
///
/// It is not.
pub fn still_here(dir: &Descriptor) {
    open(dir, "here").unwrap_or_else(|error| panic!("`here` is gone: {error:?}"));
}
