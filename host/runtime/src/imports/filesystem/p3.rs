//! `wasi:filesystem/types` 0.3: the same, judged by the same code.

use wasmtime::component::{Access, Accessor, FutureReader, Linker, Resource, StreamReader};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types as p2;
use wasmtime_wasi::p3::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptorWithStore, NewTimestamp, OpenFlags, PathFlags,
};

use super::consumer::Consumer;
use super::{Pair, blocking, listing, watch_drops};
use crate::folders::{Opening, OwnFile, Refused};
use crate::imports::told_apart as by_wasi;
use crate::sandbox::RunState;

type Store<'a> = StoreContextMut<'a, RunState>;
type Fd = Resource<Descriptor>;

pub(super) fn add_to_linker(linker: &mut Linker<RunState>) -> Result<()> {
    let types = &mut linker.instance("wasi:filesystem/types@0.3.0")?;
    watch_drops(types)?;
    listing::add_to_p3(types)?;
    types.func_wrap_concurrent(
        "[method]descriptor.open-at",
        |run: &Accessor<RunState>,
         (fd, follow, path, how, flags): (Fd, PathFlags, String, OpenFlags, DescriptorFlags)| {
            Box::pin(async move {
                let Some(place) = run.with(|mut run| run.data_mut().place(&fd))? else {
                    return Ok((Err(ErrorCode::NotDirectory),));
                };
                let inline = run.with(|mut run| run.data_mut().calls_block());
                let asked =
                    Opening { follow: follow_p2(follow), path, how: how_p2(how), flags: flags_p2(flags) };
                let (opened, place) = blocking(inline, move || (place.open(asked, inline), place)).await;
                run.with(|mut run| {
                    let state = run.data_mut();
                    let opened = match opened {
                        Ok(opened) => Ok(state.take_in(place, opened)?),
                        Err(refused) => Err(refused),
                    };
                    Ok((answered(state, opened)?,))
                })
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.set-times-at",
        |run: &Accessor<RunState>,
         (fd, follow, path, accessed, modified): (Fd, PathFlags, String, NewTimestamp, NewTimestamp)| {
            Box::pin(async move {
                let place = run.with(|mut run| run.data_mut().place(&fd))?;
                let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                let Some(place) = place.filter(|_| follow.contains(PathFlags::SYMLINK_FOLLOW)) else {
                    let set =
                        WasiFilesystem::set_times_at(&wasi, fd, follow, path, accessed, modified).await;
                    return Ok((by_wasi(set)?,));
                };
                let inline = run.with(|mut run| run.data_mut().calls_block());
                let opened = match blocking(inline, move || place.open_to_touch(path, inline)).await {
                    Ok(opened) => opened,
                    Err(refused) => return told(run, Err(refused)),
                };
                let fd = run.with(|mut run| run.data_mut().filesystem().table.push(opened))?;
                let borrowed = Resource::new_borrow(fd.rep());
                let set = WasiFilesystem::set_times(&wasi, borrowed, accessed, modified).await;
                run.with(|mut run| run.data_mut().filesystem().table.delete(fd))?;
                Ok((by_wasi(set)?,))
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.create-directory-at",
        |run: &Accessor<RunState>, (fd, path): (Fd, String)| {
            Box::pin(async move {
                let Some(own) = run.with(|mut run| run.data_mut().own_dir(&fd))? else {
                    let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                    return Ok((by_wasi(WasiFilesystem::create_directory_at(&wasi, fd, path).await)?,));
                };
                told(run, blocking(own.inline, move || own.create_directory(path)).await)
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.symlink-at",
        |run: &Accessor<RunState>, (fd, target, path): (Fd, String, String)| {
            Box::pin(async move {
                let Some(own) = run.with(|mut run| run.data_mut().own_dir(&fd))? else {
                    let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                    return Ok((by_wasi(WasiFilesystem::symlink_at(&wasi, fd, target, path).await)?,));
                };
                told(run, blocking(own.inline, move || own.symlink(target, path)).await)
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.unlink-file-at",
        |run: &Accessor<RunState>, (fd, path): (Fd, String)| {
            Box::pin(async move {
                let Some(own) = run.with(|mut run| run.data_mut().own_dir(&fd))? else {
                    let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                    return Ok((by_wasi(WasiFilesystem::unlink_file_at(&wasi, fd, path).await)?,));
                };
                told(run, blocking(own.inline, move || own.unlink_file(path)).await)
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.remove-directory-at",
        |run: &Accessor<RunState>, (fd, path): (Fd, String)| {
            Box::pin(async move {
                let Some(own) = run.with(|mut run| run.data_mut().own_dir(&fd))? else {
                    let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                    return Ok((by_wasi(WasiFilesystem::remove_directory_at(&wasi, fd, path).await)?,));
                };
                told(run, blocking(own.inline, move || own.remove_directory(path)).await)
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.link-at",
        |run: &Accessor<RunState>, (fd, follow, path, to, new_path): (Fd, PathFlags, String, Fd, String)| {
            Box::pin(async move {
                match run.with(|mut run| run.data_mut().own_pair(&fd, &to))? {
                    Pair::Own(own, to) => {
                        let follow = follow_p2(follow);
                        told(run, blocking(own.inline, move || own.link(follow, path, &to, new_path)).await)
                    }
                    Pair::Apart => Ok((Err(ErrorCode::CrossDevice),)),
                    Pair::Wasi => {
                        let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                        let linked = WasiFilesystem::link_at(&wasi, fd, follow, path, to, new_path).await;
                        Ok((by_wasi(linked)?,))
                    }
                }
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.rename-at",
        |run: &Accessor<RunState>, (fd, path, to, new_path): (Fd, String, Fd, String)| {
            Box::pin(async move {
                match run.with(|mut run| run.data_mut().own_pair(&fd, &to))? {
                    Pair::Own(own, to) => {
                        told(run, blocking(own.inline, move || own.rename(path, &to, new_path)).await)
                    }
                    Pair::Apart => Ok((Err(ErrorCode::CrossDevice),)),
                    Pair::Wasi => {
                        let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                        Ok((by_wasi(WasiFilesystem::rename_at(&wasi, fd, path, to, new_path).await)?,))
                    }
                }
            })
        },
    )?;
    types.func_wrap_concurrent(
        "[method]descriptor.set-size",
        |run: &Accessor<RunState>, (fd, size): (Fd, u64)| {
            Box::pin(async move {
                let Some(own) = run.with(|mut run| run.data_mut().own_file(&fd))? else {
                    let wasi = run.with_getter::<WasiFilesystem>(RunState::filesystem);
                    return Ok((by_wasi(WasiFilesystem::set_size(&wasi, fd, size).await)?,));
                };
                told(run, blocking(own.inline, move || own.resize(size)).await)
            })
        },
    )?;
    types.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store: Store<'_>, (fd, data, offset): (Fd, StreamReader<u8>, u64)| {
            if let Some(own) = store.data_mut().own_file(&fd)? {
                return Ok((consumed(store, own, data, Some(offset))?,));
            }
            let wasi = Access::<_, WasiFilesystem>::new(store, RunState::filesystem);
            Ok((WasiFilesystem::write_via_stream(wasi, fd, data, offset)?,))
        },
    )?;
    types.func_wrap(
        "[method]descriptor.append-via-stream",
        |mut store: Store<'_>, (fd, data): (Fd, StreamReader<u8>)| {
            if let Some(own) = store.data_mut().own_file(&fd)? {
                return Ok((consumed(store, own, data, None)?,));
            }
            let wasi = Access::<_, WasiFilesystem>::new(store, RunState::filesystem);
            Ok((WasiFilesystem::append_via_stream(wasi, fd, data)?,))
        },
    )
}

/// Has what the guest writes to `data` written to the file; the future says how that ended.
fn consumed(
    mut store: Store<'_>,
    own: OwnFile,
    data: StreamReader<u8>,
    offset: Option<u64>,
) -> Result<FutureReader<Result<(), ErrorCode>>> {
    let (consumer, told) = Consumer::new(own, offset);
    data.pipe(&mut store, consumer)?;
    FutureReader::new(&mut store, told)
}

/// What the guest is told, see [`super::answered`].
pub(super) fn answered<T>(state: &RunState, done: Result<T, Refused>) -> Result<Result<T, ErrorCode>> {
    Ok(super::answered(state, done)?.map_err(code))
}

fn told<T>(run: &Accessor<RunState>, done: Result<T, Refused>) -> Result<(Result<T, ErrorCode>,)> {
    run.with(|mut run| Ok((answered(run.data_mut(), done)?,)))
}

macro_rules! same_flags {
    ($of:expr, $kind:ident: $($flag:ident)*) => {{
        let mut flags = p2::$kind::empty();
        $(if $of.contains($kind::$flag) {
            flags |= p2::$kind::$flag;
        })*
        flags
    }};
}

fn follow_p2(follow: PathFlags) -> p2::PathFlags {
    same_flags!(follow, PathFlags: SYMLINK_FOLLOW)
}

fn how_p2(how: OpenFlags) -> p2::OpenFlags {
    same_flags!(how, OpenFlags: CREATE DIRECTORY EXCLUSIVE TRUNCATE)
}

fn flags_p2(flags: DescriptorFlags) -> p2::DescriptorFlags {
    same_flags!(flags, DescriptorFlags:
        READ WRITE FILE_INTEGRITY_SYNC DATA_INTEGRITY_SYNC REQUESTED_WRITE_SYNC MUTATE_DIRECTORY)
}

macro_rules! same_code {
    ($code:expr; $($name:ident)*) => {
        match $code {
            $(p2::ErrorCode::$name => ErrorCode::$name,)*
            p2::ErrorCode::WouldBlock => ErrorCode::Busy,
        }
    };
}

pub(super) fn code(code: p2::ErrorCode) -> ErrorCode {
    same_code!(code;
        Access Already BadDescriptor Busy Deadlock Quota Exist FileTooLarge IllegalByteSequence InProgress Interrupted
        Invalid Io IsDirectory Loop TooManyLinks MessageSize NameTooLong NoDevice NoEntry NoLock InsufficientMemory
        InsufficientSpace NotDirectory NotEmpty NotRecoverable Unsupported NoTty NoSuchDevice Overflow NotPermitted Pipe
        ReadOnly InvalidSeek TextFileBusy CrossDevice)
}
