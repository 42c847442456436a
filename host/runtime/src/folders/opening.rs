//! What is opened by its path: as WASI does it, but files and directories only.
//!
//! Opening a pipe that nobody writes to takes a thread of the host's until somebody does, and no kill of the guest
//! gives it back; opening some devices does something to the machine. So what is there is looked at first. Whoever may
//! rename in the directory, the guest among them, can put a pipe in its place meanwhile: so it is opened without
//! waiting, and looked at once more.

use std::fs::File;
use std::io;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::OpenOptions;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File as WasiFile};
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wasmtime_wasi::{FsPerms, OpenMode};

use super::Refused;

/// What `open-at` is asked.
pub(crate) struct Opening {
    pub(crate) follow: PathFlags,
    pub(crate) path: String,
    pub(crate) how: OpenFlags,
    pub(crate) flags: DescriptorFlags,
}

impl Opening {
    /// Opens it in `dir`, on the thread that calls, which waits for the disk and nobody else. What is opened may block
    /// its callers if `inline`.
    pub(crate) fn open(&self, dir: &Dir, inline: bool) -> Result<Descriptor, Refused> {
        let mode = self.mode(dir.perms)?;
        let here = cap_std::fs::Dir::from_std_file(dir.dir.try_clone()?);
        let there =
            if self.follows() { here.metadata(&self.path) } else { here.symlink_metadata(&self.path) };
        if there.is_ok_and(|there| !(there.is_file() || there.is_dir() || there.is_symlink())) {
            return Err(Refused::Code(ErrorCode::NotPermitted));
        }
        let opened = self.open_whatever_it_is(&here, mode).map_err(|error| Refused::Code(error.into()))?;
        let found = opened.metadata()?;
        if found.is_dir() {
            Ok(Descriptor::Dir(Dir::new(opened, dir.perms, mode, inline)))
        } else if self.how.contains(OpenFlags::DIRECTORY) {
            Err(Refused::Code(ErrorCode::NotDirectory))
        } else if found.is_file() {
            Ok(Descriptor::File(WasiFile::new(opened, dir.perms, mode, inline)))
        } else {
            Err(Refused::Code(ErrorCode::NotPermitted))
        }
    }

    /// Opens what is at `path` so that its times can be set, which are asked for by path.
    pub(crate) fn open_to_touch(path: String, dir: &Dir, inline: bool) -> Result<Descriptor, Refused> {
        let opening = |flags, path| {
            let asked = Self { follow: PathFlags::SYMLINK_FOLLOW, path, how: OpenFlags::empty(), flags };
            asked.open(dir, inline)
        };
        match opening(DescriptorFlags::WRITE, path.clone()) {
            // Its owner sets them all the same.
            Err(Refused::Code(ErrorCode::Access | ErrorCode::IsDirectory)) => {
                opening(DescriptorFlags::READ, path)
            }
            opened => opened,
        }
    }

    /// What may be done with what is opened.
    fn mode(&self, perms: FsPerms) -> Result<OpenMode, Refused> {
        let (how, flags) = (self.how, self.flags);
        let refused = |code| Err(Refused::Code(code));
        let syncs = DescriptorFlags::FILE_INTEGRITY_SYNC
            | DescriptorFlags::DATA_INTEGRITY_SYNC
            | DescriptorFlags::REQUESTED_WRITE_SYNC;
        if flags.intersects(syncs) {
            return refused(ErrorCode::Unsupported);
        }
        let makes = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        if how.contains(OpenFlags::DIRECTORY) && how.intersects(makes) {
            return refused(ErrorCode::Invalid);
        }
        let mut mode = OpenMode::empty();
        if flags.contains(DescriptorFlags::WRITE) || how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE) {
            mode |= OpenMode::WRITE;
        }
        // What is opened for nothing is opened for reading: the machine opens nothing for nothing.
        if flags.contains(DescriptorFlags::READ) || !flags.contains(DescriptorFlags::WRITE) {
            mode |= OpenMode::READ;
        }
        if perms.write_not_permitted() && mode.contains(OpenMode::WRITE) {
            return refused(ErrorCode::NotPermitted);
        }
        Ok(mode)
    }

    fn follows(&self) -> bool {
        self.follow.contains(PathFlags::SYMLINK_FOLLOW)
    }

    /// Of a pipe, nothing is waited for.
    pub(super) fn open_whatever_it_is(&self, here: &cap_std::fs::Dir, mode: OpenMode) -> io::Result<File> {
        let create = self.how.contains(OpenFlags::CREATE);
        let exclusive = self.how.contains(OpenFlags::EXCLUSIVE);
        let follow = if self.follows() { FollowSymlinks::Yes } else { FollowSymlinks::No };
        let mut options = OpenOptions::new();
        options
            .read(mode.contains(OpenMode::READ))
            .write(mode.contains(OpenMode::WRITE))
            .truncate(self.how.contains(OpenFlags::TRUNCATE))
            .create(create && !exclusive)
            .create_new(create && exclusive)
            .follow(follow)
            .nonblock(true);
        Ok(here.open_with(&self.path, &options)?.into_std())
    }
}
