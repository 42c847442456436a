//! `wasi:filesystem/types` 0.2.

use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::DynOutputStream;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor as _, NewTimestamp, OpenFlags, PathFlags,
};

use super::stream::Writer;
use super::{Pair, answered, blocking, listing, watch_drops};
use crate::folders::{Opening, Refused};
use crate::sandbox::RunState;

type Store<'a> = StoreContextMut<'a, RunState>;
type Fd = Resource<Descriptor>;

pub(super) fn add_to_linker(linker: &mut Linker<RunState>) -> Result<()> {
    let types = &mut linker.instance("wasi:filesystem/types@0.2.12")?;
    watch_drops(types)?;
    listing::add_to_p2(types)?;
    types.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store: Store<'_>,
         (fd, follow, path, how, flags): (Fd, PathFlags, String, OpenFlags, DescriptorFlags)| {
            Box::new(async move {
                let Some(place) = store.data_mut().place(&fd)? else {
                    return Ok((Err(ErrorCode::NotDirectory),));
                };
                let inline = store.data().calls_block();
                let asked = Opening { follow, path, how, flags };
                let (opened, place) = blocking(inline, move || (place.open(asked, inline), place)).await;
                let opened = match opened {
                    Ok(opened) => Ok(store.data_mut().take_in(place, opened)?),
                    Err(refused) => Err(refused),
                };
                Ok((answered(store.data(), opened)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.set-times-at",
        |mut store: Store<'_>,
         (fd, follow, path, accessed, modified): (Fd, PathFlags, String, NewTimestamp, NewTimestamp)| {
            Box::new(async move {
                let place = store.data_mut().place(&fd)?;
                let set = match place.filter(|_| follow.contains(PathFlags::SYMLINK_FOLLOW)) {
                    Some(place) => {
                        let inline = store.data().calls_block();
                        let opened = blocking(inline, move || place.open_to_touch(path, inline)).await;
                        match opened {
                            Ok(opened) => touch(store.data_mut(), opened, accessed, modified).await?,
                            Err(refused) => Err(refused),
                        }
                    }
                    None => {
                        let mut wasi = store.data_mut().filesystem();
                        wasi.set_times_at(fd, follow, path, accessed, modified).await.map_err(Refused::from)
                    }
                };
                Ok((answered(store.data(), set)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.create-directory-at",
        |mut store: Store<'_>, (fd, path): (Fd, String)| {
            Box::new(async move {
                let made = match store.data_mut().own_dir(&fd)? {
                    Some(own) => blocking(own.inline, move || own.create_directory(path)).await,
                    None => store
                        .data_mut()
                        .filesystem()
                        .create_directory_at(fd, path)
                        .await
                        .map_err(Refused::from),
                };
                Ok((answered(store.data(), made)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.symlink-at",
        |mut store: Store<'_>, (fd, target, path): (Fd, String, String)| {
            Box::new(async move {
                let made = match store.data_mut().own_dir(&fd)? {
                    Some(own) => blocking(own.inline, move || own.symlink(target, path)).await,
                    None => store
                        .data_mut()
                        .filesystem()
                        .symlink_at(fd, target, path)
                        .await
                        .map_err(Refused::from),
                };
                Ok((answered(store.data(), made)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.unlink-file-at",
        |mut store: Store<'_>, (fd, path): (Fd, String)| {
            Box::new(async move {
                let gone = match store.data_mut().own_dir(&fd)? {
                    Some(own) => blocking(own.inline, move || own.unlink_file(path)).await,
                    None => {
                        store.data_mut().filesystem().unlink_file_at(fd, path).await.map_err(Refused::from)
                    }
                };
                Ok((answered(store.data(), gone)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.remove-directory-at",
        |mut store: Store<'_>, (fd, path): (Fd, String)| {
            Box::new(async move {
                let gone = match store.data_mut().own_dir(&fd)? {
                    Some(own) => blocking(own.inline, move || own.remove_directory(path)).await,
                    None => store
                        .data_mut()
                        .filesystem()
                        .remove_directory_at(fd, path)
                        .await
                        .map_err(Refused::from),
                };
                Ok((answered(store.data(), gone)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store: Store<'_>, (fd, follow, path, to, new_path): (Fd, PathFlags, String, Fd, String)| {
            Box::new(async move {
                let linked = match store.data_mut().own_pair(&fd, &to)? {
                    Pair::Own(own, to) => {
                        blocking(own.inline, move || own.link(follow, path, &to, new_path)).await
                    }
                    Pair::Apart => Err(Refused::Code(ErrorCode::CrossDevice)),
                    Pair::Wasi => {
                        let mut wasi = store.data_mut().filesystem();
                        wasi.link_at(fd, follow, path, to, new_path).await.map_err(Refused::from)
                    }
                };
                Ok((answered(store.data(), linked)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store: Store<'_>, (fd, path, to, new_path): (Fd, String, Fd, String)| {
            Box::new(async move {
                let renamed = match store.data_mut().own_pair(&fd, &to)? {
                    Pair::Own(own, to) => blocking(own.inline, move || own.rename(path, &to, new_path)).await,
                    Pair::Apart => Err(Refused::Code(ErrorCode::CrossDevice)),
                    Pair::Wasi => {
                        let mut wasi = store.data_mut().filesystem();
                        wasi.rename_at(fd, path, to, new_path).await.map_err(Refused::from)
                    }
                };
                Ok((answered(store.data(), renamed)?,))
            })
        },
    )?;
    types.func_wrap_async("[method]descriptor.set-size", |mut store: Store<'_>, (fd, size): (Fd, u64)| {
        Box::new(async move {
            let sized = match store.data_mut().own_file(&fd)? {
                Some(own) => blocking(own.inline, move || own.resize(size)).await,
                None => store.data_mut().filesystem().set_size(fd, size).await.map_err(Refused::from),
            };
            Ok((answered(store.data(), sized)?,))
        })
    })?;
    types.func_wrap_async(
        "[method]descriptor.write",
        |mut store: Store<'_>, (fd, bytes, offset): (Fd, Vec<u8>, u64)| {
            Box::new(async move {
                let written = match store.data_mut().own_file(&fd)? {
                    Some(own) => {
                        let written = blocking(own.inline, move || own.write(&bytes, Some(offset))).await;
                        written.map(|written| written as u64)
                    }
                    None => {
                        store.data_mut().filesystem().write(fd, bytes, offset).await.map_err(Refused::from)
                    }
                };
                Ok((answered(store.data(), written)?,))
            })
        },
    )?;
    types.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store: Store<'_>, (fd, offset): (Fd, u64)| {
            let state = store.data_mut();
            let stream = match writer(state, &fd, Some(offset))? {
                Some(stream) => Ok(stream),
                None => state.filesystem().write_via_stream(fd, offset).map_err(Refused::from),
            };
            Ok((answered(state, stream)?,))
        },
    )?;
    types.func_wrap("[method]descriptor.append-via-stream", |mut store: Store<'_>, (fd,): (Fd,)| {
        let state = store.data_mut();
        let stream = match writer(state, &fd, None)? {
            Some(stream) => Ok(stream),
            None => state.filesystem().append_via_stream(fd).map_err(Refused::from),
        };
        Ok((answered(state, stream)?,))
    })
}

/// Sets the times of what was opened for that.
async fn touch(
    state: &mut RunState,
    opened: Descriptor,
    accessed: NewTimestamp,
    modified: NewTimestamp,
) -> Result<Result<(), Refused>> {
    let mut wasi = state.filesystem();
    let fd = wasi.table.push(opened)?;
    let set = wasi.set_times(Resource::new_borrow(fd.rep()), accessed, modified).await;
    wasi.table.delete(fd)?;
    Ok(set.map_err(Refused::from))
}

fn writer(state: &mut RunState, fd: &Fd, offset: Option<u64>) -> Result<Option<Resource<DynOutputStream>>> {
    let Some(own) = state.own_file(fd)? else { return Ok(None) };
    let writer: DynOutputStream = Box::new(Writer::new(own, offset, state.full()));
    Ok(Some(state.filesystem().table.push(writer)?))
}
