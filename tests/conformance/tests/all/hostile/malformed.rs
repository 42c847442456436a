//! Components that are none: refused when they are installed, by a typed error of bounded length.

use dormouse::{CompileLimits, ComponentError};

use super::corpus;
use super::harness::Attack;
use crate::compile::bomb::section;

/// What an error may say, in bytes: of names from the component it shows the beginning.
const SAID_LEN_MAX: usize = 8 * 1024;

/// All of these are refused, each with an error of which `is` says whether it is the right one.
fn refused(attacks: impl IntoIterator<Item = (String, Vec<u8>)>, is: fn(&ComponentError) -> bool) {
    for (name, error) in Attack::are_refused(attacks) {
        assert!(is(&error), "{name}: {error:?}");
        assert!(error.to_string().len() < SAID_LEN_MAX, "{name} says {} bytes", error.to_string().len());
    }
}

fn texts(names: &[&str], is: fn(&ComponentError) -> bool) {
    refused(names.iter().map(|name| ((*name).to_owned(), corpus::component(name))), is);
}

fn is_invalid(error: &ComponentError) -> bool {
    matches!(error, ComponentError::Invalid { .. })
}

fn is_mismatch(error: &ComponentError) -> bool {
    matches!(error, ComponentError::WorldMismatch { .. })
}

#[test]
fn what_is_no_task_is_told_apart() {
    texts(&["malformed/nothing"], |error| matches!(error, ComponentError::NotATask { .. }));
    texts(&["malformed/core_module"], |error| matches!(error, ComponentError::CoreModule));
    texts(&["malformed/unknown_import"], |error| matches!(error, ComponentError::NotATask { .. }));
    texts(&["malformed/of_another_version"], |error| matches!(error, ComponentError::WrongVersion { .. }));
}

#[test]
fn what_fits_the_contract_by_name_only_is_refused() {
    texts(
        &[
            "malformed/task_without_run",
            "malformed/run_of_another_type",
            "malformed/import_of_another_type",
            "malformed/import_beyond_the_contract",
        ],
        is_mismatch,
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    texts(
        &[
            "malformed/callback_of_another_type",
            "malformed/room_of_another_type",
            "malformed/texts_without_a_memory",
            "malformed/lifted_from_another_type",
            "malformed/unknown_type",
            "malformed/unknown_core_export",
            "malformed/exported_twice",
            "malformed/type_of_a_value",
            "malformed/stack_underflow",
        ],
        is_invalid,
    );
}

#[test]
fn what_the_engine_does_not_offer_is_refused() {
    texts(
        &[
            "malformed/wants_shared_memory",
            "malformed/wants_memory64",
            "malformed/wants_table64",
            "malformed/wants_page_size",
            "malformed/wants_garbage",
            "malformed/wants_exceptions",
            "malformed/wants_stack_switching",
            "malformed/wants_error_contexts",
            "malformed/wants_threads",
            "malformed/wants_values",
        ],
        is_invalid,
    );
}

#[test]
fn what_is_cut_off_is_refused_wherever_it_was_cut() {
    let whole = corpus::component("neighbour/nap");
    let cut = (1..32).map(|part| (format!("{part} of 32"), whole[..whole.len() * part / 32].to_vec()));
    refused(cut, is_invalid);
}

#[test]
fn what_does_not_begin_as_a_component_is_refused() {
    let starting = |bytes: &[u8]| (format!("{bytes:?}"), bytes.to_vec());
    refused(
        [b"".as_slice(), b"\0", b"\0as", b"\0asn\x0d\0\x01\0", b"\x7fELF", b"(component)"].map(starting),
        |error| matches!(error, ComponentError::NotWasm),
    );
    refused([b"\0asm".as_slice(), b"\0asm\x0e\0\x01\0", b"\0asm\xff\xff\x01\0"].map(starting), is_invalid);
}

#[test]
fn sections_that_lie_about_themselves_are_refused() {
    let with =
        |name: &str, section: &[u8]| (name.to_owned(), [b"\0asm\x0d\0\x01\0".as_slice(), section].concat());
    refused(
        [
            with("of no kind", &[0x63, 1, 0]),
            with("longer than all", &[1, 0xff, 0xff, 0xff, 0xff, 0x0f]),
            with("with a length that does not end", &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]),
            with("with four billion types", &[7, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]),
            with("with a name that is no text", &[0, 3, 2, 0xff, 0xfe]),
            with("with rubbish behind its content", &[7, 3, 0, 1, 2]),
        ],
        is_invalid,
    );
}

#[test]
fn components_in_components_in_components_are_refused() {
    // Each is a section of the one around it.
    let mut nested = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..5_000 {
        nested = [b"\0asm\x0d\0\x01\0".as_slice(), &section(4, &nested)].concat();
    }
    refused([("components".to_owned(), nested)], |error| {
        matches!(error, ComponentError::NotATask { .. } | ComponentError::Invalid { .. })
    });
}

#[test]
fn what_fells_the_compiler_fells_the_worker_and_not_the_host() {
    // The type of a component, which declares the type of a component, and so on: its reader recurs.
    let types = [vec![1], [0x41, 1, 1].repeat(5_000), vec![0x41, 0]].concat();
    let types = [b"\0asm\x0d\0\x01\0".as_slice(), &section(7, &types)].concat();
    refused([("types".to_owned(), types)], |error| {
        // Or, some day, a limit.
        matches!(
            error,
            ComponentError::CompileCrashed { signal: Some(6), .. } | ComponentError::Invalid { .. }
        )
    });
}

#[test]
fn names_of_any_length_do_not_get_into_an_error_whole() {
    let long = "a".repeat(90_000);
    let import = format!(r#"(component (import "evil:{long}/a@1.0.0" (instance)))"#);
    let export = format!(r#"(component (instance $i) (export "evil:{long}/a@1.0.0" (instance $i)))"#);
    let many: String = (0..5_000).map(|n| format!(r#"(export "e{n}" (instance $i))"#)).collect();
    let many = format!("(component (instance $i) {many})");
    let of = |name: &str, text: &str| (name.to_owned(), wat::parse_str(text).unwrap());
    refused([of("import", &import), of("export", &export), of("many", &many)], |error| {
        matches!(error, ComponentError::NotATask { .. } | ComponentError::Invalid { .. })
    });
}

#[test]
fn what_is_larger_than_any_component_is_not_even_looked_at() {
    let mut huge = b"\0asm\x0d\0\x01\0".to_vec();
    huge.resize(CompileLimits::default().len_max + 1, 0);
    refused([("huge".to_owned(), huge)], |error| matches!(error, ComponentError::TooLarge { .. }));
}
