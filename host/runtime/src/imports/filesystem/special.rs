//! What is neither a file, a directory nor a link, in a directory that was granted: pipes, sockets, devices.
//!
//! Opening a pipe that nobody writes to takes a thread of the host's until somebody does, and no kill of the guest
//! gives it back; opening some devices does something to the machine. So none is opened. A guest cannot make them, so
//! that between the look and the opening only somebody else on the machine could put one there.

use wasmtime::component::{Accessor, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{self as p2, HostDescriptor as _};
use wasmtime_wasi::p3::bindings::filesystem::types::{self as p3, HostDescriptorWithStore as _};

use crate::sandbox::RunState;

/// Whether `path` leads to one, for 0.2.
pub(super) async fn is_at_p2(
    state: &mut RunState,
    fd: &Resource<Descriptor>,
    follow: p2::PathFlags,
    path: &str,
) -> bool {
    use p2::DescriptorType::{Directory, RegularFile, SymbolicLink};
    let stat = state.filesystem().stat_at(Resource::new_borrow(fd.rep()), follow, path.to_owned()).await;
    stat.is_ok_and(|stat| !matches!(stat.type_, Directory | RegularFile | SymbolicLink))
}

/// Whether `path` leads to one, for 0.3.
pub(super) async fn is_at_p3(
    wasi: &Accessor<RunState, WasiFilesystem>,
    fd: &Resource<Descriptor>,
    follow: p3::PathFlags,
    path: &str,
) -> bool {
    use p3::DescriptorType::{Directory, RegularFile, SymbolicLink};
    let stat = WasiFilesystem::stat_at(wasi, Resource::new_borrow(fd.rep()), follow, path.to_owned()).await;
    stat.is_ok_and(|stat| !matches!(stat.type_, Directory | RegularFile | SymbolicLink))
}
