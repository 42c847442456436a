//! What is opened, made, moved and removed in an app's own folders, by its path.
//!
//! WASI's own functions do it; here they are framed by the account. They are done at once, on the thread that calls,
//! so that the account's lock can be held meanwhile, and so that a guest that is taken down in the middle of one
//! leaves nothing uncounted: whoever calls this hands it to a thread that may block.

use std::sync::Arc;

use cap_std::fs::Metadata;
use futures::FutureExt as _;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor as _, OpenFlags, PathFlags,
};

use super::{Account, OpenFile, Opening, Refused};

/// A directory in an app's own folders.
pub(crate) struct OwnDir {
    pub(crate) account: Arc<Account>,
    pub(crate) dir: Dir,
    /// The run's, for what is opened here.
    pub(crate) ctx: WasiFilesystemCtx,
    /// Whether calls on it may block their thread.
    pub(crate) inline: bool,
}

impl OwnDir {
    pub(crate) fn create_directory(self, path: String) -> Result<(), Refused> {
        self.account.change(|books| {
            books.made(0, || {
                let mut wasi = Wasi::new(&self.ctx);
                let here = wasi.enter(&self.dir)?;
                done(wasi.view().create_directory_at(here, path))
            })
        })
    }

    pub(crate) fn symlink(self, target: String, path: String) -> Result<(), Refused> {
        self.account.change(|books| {
            books.made(target.len() as u64, || {
                let mut wasi = Wasi::new(&self.ctx);
                let here = wasi.enter(&self.dir)?;
                done(wasi.view().symlink_at(here, target, path))
            })
        })
    }

    /// To a directory of the same account.
    pub(crate) fn link(
        self,
        follow: PathFlags,
        path: String,
        to: &Dir,
        new_path: String,
    ) -> Result<(), Refused> {
        self.account.change(|books| {
            let linked = metadata(&self.dir, &path);
            books.made(linked.as_ref().map_or(0, Metadata::len), || {
                let mut wasi = Wasi::new(&self.ctx);
                let (here, there) = (wasi.enter(&self.dir)?, wasi.enter(to)?);
                done(wasi.view().link_at(here, follow, path, there, new_path))
            })?;
            if linked.is_none() {
                books.forget();
            }
            Ok(())
        })
    }

    /// To a directory of the same account. What was there of that name is gone then.
    pub(crate) fn rename(self, path: String, to: &Dir, new_path: String) -> Result<(), Refused> {
        self.account.change(|books| {
            let (moved, replaced) = (metadata(&self.dir, &path), metadata(to, &new_path));
            let mut wasi = Wasi::new(&self.ctx);
            let (here, there) = (wasi.enter(&self.dir)?, wasi.enter(to)?);
            done(wasi.view().rename_at(here, path, there, new_path))?;
            match (&moved, &replaced) {
                (None, _) => books.forget(),
                // Two names of one file stay two.
                (Some(moved), Some(replaced)) if !is_same(moved, replaced) => books.removed(Some(replaced)),
                _ => {}
            }
            Ok(())
        })
    }

    pub(crate) fn unlink_file(self, path: String) -> Result<(), Refused> {
        self.account.change(|books| {
            let was = metadata(&self.dir, &path);
            let mut wasi = Wasi::new(&self.ctx);
            let here = wasi.enter(&self.dir)?;
            done(wasi.view().unlink_file_at(here, path))?;
            books.removed(was.as_ref());
            Ok(())
        })
    }

    pub(crate) fn remove_directory(self, path: String) -> Result<(), Refused> {
        self.account.change(|books| {
            let was = metadata(&self.dir, &path);
            let mut wasi = Wasi::new(&self.ctx);
            let here = wasi.enter(&self.dir)?;
            done(wasi.view().remove_directory_at(here, path))?;
            books.removed(was.as_ref());
            Ok(())
        })
    }

    /// Opens a file or a directory. A file is answered with what keeps its account.
    pub(crate) fn open(&self, mut asked: Opening) -> Result<(Descriptor, Option<OpenFile>), Refused> {
        let truncate = asked.how.contains(OpenFlags::TRUNCATE);
        let create = asked.how.contains(OpenFlags::CREATE);
        if asked.how.contains(OpenFlags::DIRECTORY) || !(truncate || create) {
            // Nothing is made or made shorter, or WASI refuses it.
            return self.watched(asked.open(&self.dir, self.inline)?);
        }
        // Both say that the file is opened for writing. What is made or made shorter is to be counted, so that is done
        // here, step by step.
        asked.how &= !OpenFlags::TRUNCATE;
        if !asked.flags.contains(DescriptorFlags::WRITE) {
            asked.flags |= DescriptorFlags::READ | DescriptorFlags::WRITE;
        }
        let exclusive = create && asked.how.contains(OpenFlags::EXCLUSIVE);
        let descriptor = self.account.change(|books| {
            let there = if exclusive {
                Err(Refused::Code(ErrorCode::NoEntry))
            } else {
                let how = asked.how & !OpenFlags::CREATE;
                Opening { path: asked.path.clone(), how, ..asked }.open(&self.dir, self.inline)
            };
            match there {
                // Nobody else of the app makes it meanwhile.
                Err(Refused::Code(ErrorCode::NoEntry)) if create => {
                    books.made(0, || asked.open(&self.dir, self.inline))
                }
                there => there,
            }
        })?;
        let (descriptor, file) = self.watched(descriptor)?;
        if let (true, Some(file), Descriptor::File(opened)) = (truncate, &file, &descriptor) {
            file.resize(&opened.file, 0)?;
        }
        Ok((descriptor, file))
    }

    fn watched(&self, descriptor: Descriptor) -> Result<(Descriptor, Option<OpenFile>), Refused> {
        let file = match &descriptor {
            Descriptor::File(opened) => Some(OpenFile::new(&self.account, &opened.file)?),
            Descriptor::Dir(_) => None,
        };
        Ok((descriptor, file))
    }
}

/// WASI's functions, on handles of their own.
struct Wasi {
    ctx: WasiFilesystemCtx,
    table: ResourceTable,
}

impl Wasi {
    fn new(ctx: &WasiFilesystemCtx) -> Self {
        Self { ctx: ctx.clone(), table: ResourceTable::new() }
    }

    /// A handle to the directory, whose functions block the thread that calls them.
    fn enter(&mut self, dir: &Dir) -> Result<Resource<Descriptor>, Refused> {
        let here = Dir::new(dir.dir.try_clone()?, dir.perms, dir.open_mode, true);
        self.table.push(Descriptor::Dir(here)).map_err(|error| Refused::Trap(error.into()))
    }

    fn view(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView { ctx: &mut self.ctx, table: &mut self.table }
    }
}

/// What a function did that blocks its thread, and so is done when it is polled once.
fn done<T>(function: impl Future<Output = FsResult<T>>) -> Result<T, Refused> {
    let answer = function.now_or_never();
    let answer = answer.ok_or_else(|| std::io::Error::other("a call that blocks its thread did not"))?;
    Ok(answer?)
}

/// What is at `path`, a link itself and not what it points to; none if nothing is.
fn metadata(dir: &Dir, path: &str) -> Option<Metadata> {
    let dir = cap_std::fs::Dir::from_std_file(dir.dir.try_clone().ok()?);
    dir.symlink_metadata(path).ok()
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use cap_std::fs::MetadataExt as _;

    (one.dev(), one.ino()) == (other.dev(), other.ino())
}
