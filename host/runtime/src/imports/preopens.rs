//! `wasi:filesystem/preopens`, 0.2 and 0.3: the granted directories, by handle.
//!
//! WASI's own implementation is given paths and opens them for each run. A path names whatever is there at the
//! moment; a handle is the directory that was granted. A guest that never asks costs nothing.

use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::{p2, p3};

use crate::folders::Held;
use crate::sandbox::RunState;

struct Preopens;

struct View<'a>(&'a mut RunState);

impl HasData for Preopens {
    type Data<'a> = View<'a>;
}

pub(super) fn add_to_linker(linker: &mut Linker<RunState>) -> Result<()> {
    p2::bindings::filesystem::preopens::add_to_linker::<_, Preopens>(linker, |state| View(state))?;
    p3::bindings::filesystem::preopens::add_to_linker::<_, Preopens>(linker, |state| View(state))
}

impl View<'_> {
    fn directories(&mut self) -> Result<Vec<(Resource<Descriptor>, String)>> {
        let (spec, table) = self.0.spec_and_table();
        let mut directories = Vec::new();
        let mut own = Vec::new();
        for preopen in spec.grants.preopens(spec.blocking_inline) {
            let (dir, guest_path) = preopen?;
            let descriptor = table.push(Descriptor::Dir(dir))?;
            if let Some(account) = spec.grants.account(guest_path) {
                own.push((descriptor.rep(), Arc::clone(account)));
            }
            directories.push((descriptor, guest_path.to_owned()));
        }
        for (descriptor, account) in own {
            self.0.own_files().insert(descriptor, Held::Dir(account));
        }
        Ok(directories)
    }
}

impl p2::bindings::filesystem::preopens::Host for View<'_> {
    fn get_directories(&mut self) -> Result<Vec<(Resource<Descriptor>, String)>> {
        self.directories()
    }
}

impl p3::bindings::filesystem::preopens::Host for View<'_> {
    fn get_directories(&mut self) -> Result<Vec<(Resource<Descriptor>, String)>> {
        self.directories()
    }
}
