//! `wasi:filesystem/types` 0.2.

use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::DynOutputStream;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor as _, OpenFlags, PathFlags,
};

use super::stream::Writer;
use super::{Pair, answered, blocking, listing, special, watch_drops};
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
                let opened = match store.data_mut().own_dir(&fd)? {
                    Some(own) => {
                        let asked = Opening { follow, path, how, flags };
                        let (opened, own) = blocking(own.inline, move || (own.open(asked), own)).await;
                        match opened {
                            Ok(opened) => Ok(store.data_mut().take_in(own, opened)?),
                            Err(refused) => Err(refused),
                        }
                    }
                    None if special::is_at_p2(store.data_mut(), &fd, follow, &path).await => {
                        Err(Refused::Code(ErrorCode::NotPermitted))
                    }
                    None => {
                        let mut wasi = store.data_mut().filesystem();
                        wasi.open_at(fd, follow, path, how, flags).await.map_err(Refused::from)
                    }
                };
                Ok((answered(store.data(), opened)?,))
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

fn writer(state: &mut RunState, fd: &Fd, offset: Option<u64>) -> Result<Option<Resource<DynOutputStream>>> {
    let Some(own) = state.own_file(fd)? else { return Ok(None) };
    let writer: DynOutputStream = Box::new(Writer::new(own, offset, state.full()));
    Ok(Some(state.filesystem().table.push(writer)?))
}
