//! What of `wasi:filesystem/types`, 0.2 and 0.3, changes how much is kept, in an app's own folders: judged before it
//! is done. Everything else is WASI's own, and so is everything in directories that were granted; but what opens
//! something by its path is done here for both, so that nothing is opened that could hold a thread of the host.
//!
//! Between an app's own folders and the others nothing is linked or moved (`cross-device`): what is outside is not
//! counted, and must not become a name of what is inside. A limit that is reached is `insufficient-space`, which
//! programs know, and a denial, which says to the operator that it is not his disk.

mod consumer;
mod listing;
mod p2;
mod p3;
mod stream;

use std::sync::Arc;

use wasmtime::Result;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use crate::folders::{Held, OpenFile, Opening, OwnDir, OwnFile, Refused};
use crate::sandbox::RunState;

pub(super) fn add_to_linker(linker: &mut Linker<RunState>) -> Result<()> {
    p2::add_to_linker(linker)?;
    p3::add_to_linker(linker)
}

/// Two directories that something is to be linked or moved between.
enum Pair {
    Own(OwnDir, Dir),
    /// One of the app's own, and one that was granted.
    Apart,
    /// Neither is the app's own, or one is no directory, as WASI will say.
    Wasi,
}

/// A directory in which something is to be opened.
enum Place {
    Own(OwnDir),
    Granted(Dir),
}

impl Place {
    fn open(&self, asked: Opening, inline: bool) -> Result<(Descriptor, Option<OpenFile>), Refused> {
        match self {
            Self::Own(own) => own.open(asked),
            Self::Granted(dir) => Ok((asked.open(dir, inline)?, None)),
        }
    }

    fn open_to_touch(&self, path: String, inline: bool) -> Result<Descriptor, Refused> {
        let (Self::Own(OwnDir { dir, .. }) | Self::Granted(dir)) = self;
        Opening::open_to_touch(path, dir, inline)
    }
}

impl RunState {
    /// The directory behind a descriptor, none if it is of a file.
    fn place(&mut self, fd: &Resource<Descriptor>) -> Result<Option<Place>> {
        if let Some(own) = self.own_dir(fd)? {
            return Ok(Some(Place::Own(own)));
        }
        Ok(match self.filesystem().table.get(fd)? {
            Descriptor::Dir(dir) => Some(Place::Granted(dir.clone())),
            Descriptor::File(_) => None,
        })
    }

    /// The directory behind a descriptor, if it is in the app's own folders.
    fn own_dir(&mut self, fd: &Resource<Descriptor>) -> Result<Option<OwnDir>> {
        self.own_files().sweep();
        let Some(Held::Dir(account)) = self.own_files().get(fd.rep()) else { return Ok(None) };
        let account = Arc::clone(account);
        let inline = self.calls_block();
        let view = self.filesystem();
        Ok(match view.table.get(fd)? {
            Descriptor::Dir(dir) => Some(OwnDir { account, dir: dir.clone(), ctx: view.ctx.clone(), inline }),
            Descriptor::File(_) => None,
        })
    }

    /// The file behind a descriptor, if it is in the app's own folders.
    fn own_file(&mut self, fd: &Resource<Descriptor>) -> Result<Option<OwnFile>> {
        self.own_files().sweep();
        let Some(Held::File(held)) = self.own_files().get(fd.rep()) else { return Ok(None) };
        let held = Arc::clone(held);
        let inline = self.calls_block();
        Ok(match self.filesystem().table.get(fd)? {
            Descriptor::File(file) => Some(OwnFile { held, file: Arc::clone(&file.file), inline }),
            Descriptor::Dir(_) => None,
        })
    }

    fn own_pair(&mut self, from: &Resource<Descriptor>, to: &Resource<Descriptor>) -> Result<Pair> {
        let (own_from, own_to) = (self.own_dir(from)?, self.own_dir(to)?);
        let table = self.filesystem().table;
        let is_dir = |fd| Ok::<_, wasmtime::Error>(matches!(table.get(fd)?, Descriptor::Dir(_)));
        Ok(match (own_from, own_to) {
            (Some(from), Some(to)) => Pair::Own(from, to.dir),
            (Some(_), None) if is_dir(to)? => Pair::Apart,
            (None, Some(_)) if is_dir(from)? => Pair::Apart,
            _ => Pair::Wasi,
        })
    }

    /// Gives the guest what was opened in `place`.
    fn take_in(
        &mut self,
        place: Place,
        opened: (Descriptor, Option<OpenFile>),
    ) -> Result<Resource<Descriptor>> {
        let (descriptor, file) = opened;
        let held = match (place, file) {
            (Place::Own(_), Some(file)) => Some(Held::File(Arc::new(file))),
            (Place::Own(own), None) => Some(Held::Dir(own.account)),
            (Place::Granted(_), _) => None,
        };
        let fd = self.filesystem().table.push(descriptor)?;
        if let Some(held) = held {
            self.own_files().insert(fd.rep(), held);
        }
        Ok(fd)
    }
}

/// What the guest is told; what it is told that is the operator's concern as well, is told to him.
fn answered<T>(state: &RunState, done: Result<T, Refused>) -> Result<Result<T, ErrorCode>> {
    match done {
        Ok(value) => Ok(Ok(value)),
        Err(Refused::Full(limit)) => {
            state.full().tell(limit);
            Ok(Err(ErrorCode::InsufficientSpace))
        }
        Err(Refused::Io(error)) => Ok(Err(error.into())),
        Err(Refused::Code(code)) => Ok(Err(code)),
        Err(Refused::Trap(error)) => Err(error),
    }
}

/// Does what blocks its thread: here, or where it may. It is done to its end, whatever becomes of the guest.
async fn blocking<T: Send + 'static>(inline: bool, work: impl FnOnce() -> T + Send + 'static) -> T {
    if inline { work() } else { wasmtime_wasi::runtime::spawn_blocking(work).await }
}

/// Descriptors go with what is known of them.
fn watch_drops(types: &mut LinkerInstance<'_, RunState>) -> Result<()> {
    let ty = ResourceType::host::<Descriptor>();
    types.resource("descriptor", ty, |mut store: StoreContextMut<'_, RunState>, rep| {
        let state = store.data_mut();
        state.filesystem().table.delete(Resource::<Descriptor>::new_own(rep))?;
        state.own_files().remove(rep);
        Ok(())
    })
}
