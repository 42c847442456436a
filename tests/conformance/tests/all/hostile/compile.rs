//! Attacks on the compiler: small, valid, and made to take all time and all memory there is.
//!
//! The worker that compiles is killed at its limits, and the error has the figure.

use std::time::Duration;

use dormouse::{CompileLimits, ComponentError};

use super::harness::{Attack, End, MIB};
use crate::compile::bomb::{self, leb};

/// What an honest component of this size needs no tenth of.
const LIMITS: CompileLimits =
    CompileLimits { len_max: 64 << 20, time: Duration::from_secs(2), memory_bytes: 512 * MIB };

/// It costs more than it may.
fn costs_too_much(bytes: Vec<u8>) {
    let error = Attack::component("a bomb", bytes).compile(LIMITS).times(2).refused();
    let said = error.to_string();
    match error {
        ComponentError::CompileTimeout { .. } => assert!(said.contains("2s"), "{said}"),
        ComponentError::CompileMemory { .. } => assert!(said.contains("512 MiB"), "{said}"),
        error => panic!("{error:?}"),
    }
}

/// It is above a limit of the format, which is looked at first.
fn is_invalid(bytes: Vec<u8>) {
    let error = Attack::component("a bomb", bytes).compile(LIMITS).times(2).refused();
    assert!(matches!(error, ComponentError::Invalid { .. }), "{error:?}");
}

#[test]
fn many_functions() {
    // Each calls the next: half a million of them, a few bytes each.
    costs_too_much(bomb::functions(500_000, &[0, 0x10, 0, 0x10, 1, 0x0b]));
}

#[test]
fn functions_of_many_calls() {
    costs_too_much(bomb::slow());
}

#[test]
fn deep_blocks() {
    let body = [vec![0], [0x02, 0x40].repeat(300_000), vec![0x0b; 300_001]].concat();
    costs_too_much(bomb::functions(8, &body));
}

#[test]
fn deep_loops_and_branches() {
    // Each loop goes on with the one around it.
    let body =
        [vec![0], [0x03, 0x40].repeat(50_000), [0x41, 0, 0x0d, 1, 0x0b].repeat(49_999), vec![0x0b, 0x0b]];
    costs_too_much(bomb::functions(64, &body.concat()));
}

#[test]
fn tables_of_branches() {
    // A thousand of sixty thousand branches each.
    let table = [vec![0x02, 0x40, 0x41, 0, 0x0e], leb(60_000), vec![0; 60_001], vec![0x0b]].concat();
    costs_too_much(bomb::functions(100, &[vec![0], table.repeat(10), vec![0x0b]].concat()));
}

#[test]
fn many_locals() {
    // Fifty thousand in each of ten thousand functions, each set in each of some blocks.
    let locals = [vec![1], leb(50_000), vec![0x7e]].concat();
    let set = [vec![0x02, 0x40, 0x42, 1, 0x21], leb(49_999), vec![0x0b]].concat();
    costs_too_much(bomb::functions(10_000, &[locals, set.repeat(20), vec![0x0b]].concat()));
}

#[test]
fn many_types() {
    is_invalid(bomb::module(&[(1, [leb(1_000_001), [0x60, 0, 0].repeat(1_000_001)].concat())]));
}

#[test]
fn constant_tables_of_any_size() {
    // A table of ten million elements, all of them initialised.
    let table = [vec![1, 0x70, 0], leb(10_000_000)].concat();
    let elements = [vec![1, 0, 0x41, 0, 0x0b], leb(10_000_000), vec![0; 10_000_000]].concat();
    costs_too_much(bomb::module(&[
        (1, vec![1, 0x60, 0, 0]),
        (3, vec![1, 0]),
        (4, table),
        (9, elements),
        (10, vec![1, 2, 0, 0x0b]),
    ]));
}

#[test]
fn instances_that_double_at_each_level() {
    // Two of the component before in each of sixty: more than there are atoms to count them with.
    let mut text = "(component (component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..60 {
        let before = level - 1;
        text += &format!(
            "(component $c{level} (alias outer 1 $c{before} (component $b)) (instance (instantiate $b)) (instance (instantiate $b)))"
        );
    }
    text += "(instance (instantiate $c59)))";
    costs_too_much(wat::parse_str(text).unwrap());
}

#[test]
fn types_that_double_at_each_level() {
    let mut text = "(component (type $t0 (tuple u64 u64))".to_owned();
    for level in 1..60 {
        let before = level - 1;
        text += &format!("(type $t{level} (tuple $t{before} $t{before}))");
    }
    text += r#"(import "f" (func (param "a" $t59))))"#;
    is_invalid(wat::parse_str(text).unwrap());
}

#[test]
fn a_component_that_costs_what_an_honest_one_does_is_taken() {
    Attack::text("neighbour/quiet").compile(LIMITS).little_wall().times(2).ends(End::Stopped("wall"));
}
