//! `read-directory`, 0.2 and 0.3: a directory read as the guest asks for it, a few entries at a time.
//!
//! WASI's own copies the whole directory for each listing of 0.2, and keeps a thread for each of 0.3's until the guest
//! has read it to its end. A guest that opens a thousand listings and reads none would have the host's memory, or all of
//! its threads for files. Here a listing that is not read is an open file.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use cap_std::fs::{FileType, ReadDir};
use tokio::sync::oneshot;
use wasmtime::component::{
    Destination, FutureReader, LinkerInstance, Resource, ResourceType, StreamProducer, StreamReader,
    StreamResult, VecBuffer,
};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types as p2;
use wasmtime_wasi::p3::bindings::filesystem::types as p3;
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

use super::blocking;
use super::p3::code;
use crate::sandbox::RunState;

/// As many entries as are read at once.
const AT_ONCE: usize = 32;

type Store<'a> = StoreContextMut<'a, RunState>;
type Fd = Resource<Descriptor>;

/// A directory that is being read.
#[derive(Clone)]
struct Listing(Arc<Mutex<ReadDir>>);

/// A name and what it is.
type Entry = (String, Option<FileType>);

/// What was read: entries, then how it ended if it did.
struct Piece {
    entries: VecDeque<Entry>,
    end: Option<Result<(), p2::ErrorCode>>,
}

impl Listing {
    /// Blocks.
    fn open(dir: &std::fs::File) -> io::Result<Self> {
        let dir = cap_std::fs::Dir::from_std_file(dir.try_clone()?);
        Ok(Self(Arc::new(Mutex::new(dir.entries()?))))
    }

    /// Blocks.
    fn read(&self) -> Piece {
        let mut dir = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = VecDeque::with_capacity(AT_ONCE);
        while entries.len() < AT_ONCE {
            match dir.next().map(|entry| entry.map_err(p2::ErrorCode::from).and_then(|entry| named(&entry))) {
                Some(Ok(entry)) => entries.push_back(entry),
                Some(Err(code)) => return Piece { entries, end: Some(Err(code)) },
                None => return Piece { entries, end: Some(Ok(())) },
            }
        }
        Piece { entries, end: None }
    }
}

fn named(entry: &cap_std::fs::DirEntry) -> Result<Entry, p2::ErrorCode> {
    let name = entry.file_name().into_string().map_err(|_| p2::ErrorCode::IllegalByteSequence)?;
    // What is gone meanwhile is nothing that is known.
    Ok((name, entry.file_type().ok()))
}

/// The directory behind a descriptor.
fn directory(state: &mut RunState, fd: &Fd) -> Result<Result<Arc<std::fs::File>, p2::ErrorCode>> {
    Ok(match state.filesystem().table.get(fd)? {
        Descriptor::Dir(dir) => Ok(Arc::clone(&dir.dir)),
        Descriptor::File(_) => Err(p2::ErrorCode::NotDirectory),
    })
}

/// A listing of 0.2's: what was read and not taken.
struct Taken {
    listing: Listing,
    piece: Piece,
}

pub(super) fn add_to_p2(types: &mut LinkerInstance<'_, RunState>) -> Result<()> {
    types.resource(
        "directory-entry-stream",
        ResourceType::host::<Taken>(),
        |mut store: Store<'_>, rep| {
            store.data_mut().filesystem().table.delete(Resource::<Taken>::new_own(rep))?;
            Ok(())
        },
    )?;
    types.func_wrap_async("[method]descriptor.read-directory", |mut store: Store<'_>, (fd,): (Fd,)| {
        Box::new(async move {
            let state = store.data_mut();
            let inline = state.calls_block();
            let dir = match directory(state, &fd)? {
                Ok(dir) => dir,
                Err(code) => return Ok((Err(code),)),
            };
            let listing = match blocking(inline, move || Listing::open(&dir)).await {
                Ok(listing) => listing,
                Err(error) => return Ok((Err(p2::ErrorCode::from(error)),)),
            };
            let piece = Piece { entries: VecDeque::new(), end: None };
            Ok((Ok(store.data_mut().filesystem().table.push(Taken { listing, piece })?),))
        })
    })?;
    types.func_wrap_async(
        "[method]directory-entry-stream.read-directory-entry",
        |mut store: Store<'_>, (listed,): (Resource<Taken>,)| {
            Box::new(async move {
                let inline = store.data().calls_block();
                let taken = store.data_mut().filesystem().table.get(&listed)?;
                if taken.piece.entries.is_empty() && taken.piece.end.is_none() {
                    let listing = taken.listing.clone();
                    let piece = blocking(inline, move || listing.read()).await;
                    store.data_mut().filesystem().table.get_mut(&listed)?.piece = piece;
                }
                let taken = store.data_mut().filesystem().table.get_mut(&listed)?;
                Ok((match (taken.piece.entries.pop_front(), &taken.piece.end) {
                    (Some((name, kind)), _) => Ok(Some(p2::DirectoryEntry { type_: kind_p2(kind), name })),
                    (None, Some(Err(code))) => Err(*code),
                    (None, _) => Ok(None),
                },))
            })
        },
    )
}

pub(super) fn add_to_p3(types: &mut LinkerInstance<'_, RunState>) -> Result<()> {
    types.func_wrap("[method]descriptor.read-directory", |mut store: Store<'_>, (fd,): (Fd,)| {
        let state = store.data_mut();
        let (result, told) = oneshot::channel();
        let reading = match directory(state, &fd)? {
            Ok(dir) => Reading::Not(dir),
            Err(code) => Reading::Over(Err(code)),
        };
        let producer = Producer { reading, inline: state.calls_block(), result: Some(result) };
        let entries = StreamReader::new(&mut store, producer)?;
        Ok(((entries, FutureReader::new(&mut store, told)?),))
    })
}

enum Reading {
    Not(Arc<std::fs::File>),
    Open(Listing),
    Now(AbortOnDropJoinHandle<io::Result<(Listing, Piece)>>),
    Over(Result<(), p2::ErrorCode>),
}

/// A listing of 0.3's.
struct Producer {
    reading: Reading,
    inline: bool,
    /// Told once: at the end, or what went wrong.
    result: Option<oneshot::Sender<Result<(), p3::ErrorCode>>>,
}

impl Producer {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<VecDeque<Entry>> {
        loop {
            let read = match &mut self.reading {
                Reading::Over(_) => return Poll::Ready(VecDeque::new()),
                Reading::Now(reading) => ready!(Pin::new(reading).poll(cx)),
                Reading::Not(_) | Reading::Open(_) => {
                    let before = std::mem::replace(&mut self.reading, Reading::Over(Ok(())));
                    let read = move || {
                        let listing = match before {
                            Reading::Not(dir) => Listing::open(&dir)?,
                            Reading::Open(listing) => listing,
                            Reading::Now(_) | Reading::Over(_) => unreachable!("it is begun once at a time"),
                        };
                        let piece = listing.read();
                        Ok((listing, piece))
                    };
                    if !self.inline {
                        self.reading = Reading::Now(spawn_blocking(read));
                        continue;
                    }
                    read()
                }
            };
            let (listing, piece) = match read {
                Ok(read) => read,
                Err(error) => {
                    self.reading = Reading::Over(Err(error.into()));
                    continue;
                }
            };
            self.reading = piece.end.map_or(Reading::Open(listing), Reading::Over);
            if !piece.entries.is_empty() {
                return Poll::Ready(piece.entries);
            }
        }
    }

    fn close(&mut self) {
        let end = match self.reading {
            Reading::Over(Err(error)) => Err(code(error)),
            _ => Ok(()),
        };
        if let Some(told) = self.result.take() {
            // The guest may not care.
            let _ = told.send(end);
        }
    }
}

impl StreamProducer<RunState> for Producer {
    type Item = p3::DirectoryEntry;
    type Buffer = VecBuffer<p3::DirectoryEntry>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, RunState>,
        mut to: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        // Nothing is wanted yet.
        if to.remaining(&mut store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let entries = match self.poll_piece(cx) {
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            polled => ready!(polled),
        };
        if entries.is_empty() {
            self.close();
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        let entry = |(name, kind)| p3::DirectoryEntry { type_: kind_p3(kind), name };
        to.set_buffer(VecBuffer::from(entries.into_iter().map(entry).collect::<Vec<_>>()));
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.close();
    }
}

macro_rules! kinds {
    ($($name:ident, $of:ident, $other:expr;)*) => {$(
        fn $name(kind: Option<FileType>) -> $of::DescriptorType {
            match kind {
                Some(kind) if kind.is_dir() => $of::DescriptorType::Directory,
                Some(kind) if kind.is_file() => $of::DescriptorType::RegularFile,
                Some(kind) if kind.is_symlink() => $of::DescriptorType::SymbolicLink,
                _ => $other,
            }
        }
    )*};
}

kinds! {
    kind_p2, p2, p2::DescriptorType::Unknown;
    kind_p3, p3, p3::DescriptorType::Other(None);
}
