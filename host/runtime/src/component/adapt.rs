//! Programs of the first preview of WASI: a core module, made a component by the adapter that wasmtime is built with.
//!
//! The adapter knows success and failure, and no other exit code. So the module's way out does not lead through it, but
//! straight to where the second preview takes a code.

use std::borrow::Cow;
use std::convert::Infallible;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{ImportSection, Module, RawSection};
use wasmparser::{Import, Imports, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{contract, one_line};

/// Which way of making components this is. Code that was made in another is not this program's, and is compiled anew.
pub(crate) const REVISION: u32 = 2;

/// Where a code is taken: the version that the adapter imports as well.
const EXIT: &str = "wasi:cli/exit@0.2.12";

/// What a module says of itself that imports it.
const WORLD: &str = "package wasi:cli@0.2.12;
interface exit {
  exit: func(status: result);
  exit-with-code: func(status-code: u8);
}
world exits {
  import exit;
}";

/// `bytes`, if they are a component; else the component that is made of the module that they are.
///
/// # Errors
///
/// Why none can be made of it, on one line.
pub(super) fn adapted(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if !contract::is_core_module(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let component = with_codes(bytes)
        .and_then(|module| ComponentEncoder::default().module(&module))
        .and_then(|encoder| {
            encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)
        })
        .and_then(|mut encoder| encoder.encode());
    component.map(Cow::Owned).map_err(|error| {
        one_line(&format!(
            "no command can be made of this core module, which must export `_start` and `memory` as what is built for wasm32-wasip1 does: {error:#}"
        ))
    })
}

/// The module, exiting with the code that it says; as it is, if it never exits.
fn with_codes(bytes: &[u8]) -> anyhow::Result<Cow<'_, [u8]>> {
    let (mut module, mut exits) = (Module::new(), Exits(false));
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let Payload::ImportSection(section) = payload {
            let mut imports = ImportSection::new();
            exits.parse_import_section(&mut imports, section)?;
            module.section(&imports);
        } else if let Some((id, range)) = payload.as_section() {
            module.section(&RawSection { id, data: bytes.get(range).unwrap_or_default() });
        }
    }
    if !exits.0 {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut module = module.finish();
    let mut resolve = Resolve::default();
    let package = resolve.push_source("exit.wit", WORLD)?;
    let world = resolve.select_world(&[package], None)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(Cow::Owned(module))
}

/// Leads the import of the way out elsewhere; whether there was one.
struct Exits(bool);

impl Reencode for Exits {
    type Error = Infallible;

    fn parse_imports(
        &mut self,
        section: &mut ImportSection,
        imports: Imports<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        let imports = match imports {
            Imports::Single(at, import) if is_exit(&import) => {
                self.0 = true;
                Imports::Single(at, Import { module: EXIT, name: "exit-with-code", ..import })
            }
            others => others,
        };
        utils::parse_imports(self, section, imports)
    }
}

fn is_exit(import: &Import<'_>) -> bool {
    import.module == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME && import.name == "proc_exit"
}
