//! Apps of a few lines, for the tests of this crate.

use std::fs;
use std::path::Path;
use std::time::Duration;

use dormouse_core::app::lifecycle::{
    AppState, CallId, ExtensionError, ExtensionReason, RestartError, RevokedReason,
};
use dormouse_core::app::memory::MemoryLevel;
use dormouse_core::run::DeferralError;
use dormouse_core::{TaskFailure, Timestamp};
use futures::FutureExt;
use futures::future::BoxFuture;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap};

use super::super::port::{SessionPort, TaskEvent};
use crate::sandbox::testing::{FakePort, wat};

/// What an app of these tests can call, by short names.
const IMPORTS: &str = r#"
    (import "dormouse:background/app-control@0.1.0" "enable-prelaunch" (func $say (param i32)))
    (import "dormouse:background/app-control@0.1.0" "request-restart" (func $restart (param i32 i32 i32)))
    (import "dormouse:background/app-control@0.1.0" "request-extended-execution"
        (func $extend (param i32 i32 i32 i32)))
    (import "dormouse:background/app-control@0.1.0" "[method]extended-execution.revoked"
        (func $revoked (param i32 i32)))
    (import "dormouse:background/app-control@0.1.0" "[resource-drop]extended-execution"
        (func $close (param i32)))
    (import "dormouse:background/transitions@0.1.0" "[method]transition.get-deferral"
        (func $hold (param i32 i32)))
    (import "dormouse:background/transitions@0.1.0" "[method]transition.remaining-ms"
        (func $remaining (param i32) (result i32)))
    (import "dormouse:background/transitions@0.1.0" "[static]transition-deferral.complete"
        (func $ready (param i32)))
    (import "dormouse:background/transitions@0.1.0" "[resource-drop]transition-deferral"
        (func $forget (param i32)))
    (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.set-progress"
        (func $progress (param i32 i32)))
    (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.get-deferral"
        (func $defer (param i32 i32)))
    (import "dormouse:background/instance@0.1.0" "[static]deferral.complete" (func $complete (param i32)))
    (import "dormouse:background/instance@0.1.0" "[resource-drop]background-task-instance"
        (func $let-go (param i32)))
"#;

/// Each handler, what it takes and answers, and what it does unless a test says otherwise. The first bytes of the memory
/// are zero, and so is a result there.
const HANDLERS: [(&str, &str, &str); 12] = [
    ("lifecycle@0.1.0#launched", "(param i32 i32 i32 i32)", ""),
    ("lifecycle@0.1.0#activated", "(param i32 i32 i32 i32 i32 i32 i32 i32)", ""),
    ("lifecycle@0.1.0#background-activated", "(param i32) (result i32)", "(i32.const 0)"),
    ("lifecycle@0.1.0#group-activated", "(param i32 i32 i32) (result i32)", "(i32.const 0)"),
    ("lifecycle@0.1.0#entered-background", "(param i32)", ""),
    ("lifecycle@0.1.0#leaving-background", "(param i32)", ""),
    ("lifecycle@0.1.0#suspending", "(param i32)", ""),
    ("lifecycle@0.1.0#resuming", "(param f64)", ""),
    ("lifecycle@0.1.0#memory-usage-changed", "(param i32 i32 f64 f64)", ""),
    ("lifecycle@0.1.0#memory-limit-changing", "(param f64 f64)", ""),
    ("task-events@0.1.0#completed", "(param i32 i32)", ""),
    ("task-events@0.1.0#progressed", "(param i32 i32 i32 i32 i32)", ""),
];

/// An app in which the handlers that `bodies` names do what it says, and all others nothing.
pub(crate) fn app(bodies: &[(&str, &str)]) -> Vec<u8> {
    let bodies: Vec<_> = bodies.iter().map(|&(name, body)| (name, None, body)).collect();
    app_of(|wit| wit, &bodies)
}

/// As [`app`], of a contract that was `edited`, with the type of what was.
pub(crate) fn app_of(
    edited: impl Fn(String) -> String,
    bodies: &[(&str, Option<&'static str>, &str)],
) -> Vec<u8> {
    let mut handlers = String::new();
    for (name, usual, nothing) in HANDLERS {
        let told = bodies.iter().find(|(of, ..)| name.ends_with(&format!("#{of}")));
        let (ty, body) = match told {
            Some((_, ty, body)) => (ty.unwrap_or(usual), *body),
            None => (usual, nothing),
        };
        let called = name.split_once('#').map_or(name, |(_, called)| called);
        handlers.push_str(&format!("(func ${called} (export \"dormouse:background/{name}\") {ty} {body})\n"));
    }
    let mut module = wat(&format!(
        r#"(module {IMPORTS}
            (memory (export "memory") 1)
            (global $free (mut i32) (i32.const 4096))
            (global $kept (mut i32) (i32.const 0))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.get $free)
                (global.set $free (i32.and
                    (i32.add (global.get $free) (i32.add (local.get 3) (i32.const 7))) (i32.const -8))))
            {handlers})"#
    ));
    let mut resolve = Resolve::default();
    let mut sources = SourceMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    for entry in fs::read_dir(folder).expect("the contract") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "wit") {
            sources.push_str(&path.to_string_lossy(), edited(fs::read_to_string(&path).expect("a file")));
        }
    }
    let parsed = sources.parse().unwrap_or_else(|(_, error)| panic!("{error}"));
    let contract = resolve.push_group(parsed).expect("the contract");
    let world = resolve.select_world(&[contract], Some("app")).expect("the world of apps");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("a module");
    let encoder = ComponentEncoder::default().module(&module).expect("a module of that world");
    encoder.validate(true).encode().unwrap_or_else(|error| panic!("{error:#}"))
}

/// A life without rules, which writes down what it was told.
impl SessionPort for FakePort {
    fn returned(&self, call: CallId) {
        self.said(format!("returned {}", call.0));
    }

    fn activated(&self, number: u32, answer: Result<(), TaskFailure>) {
        self.said(format!("run {number} {}", if answer.is_ok() { "ok" } else { "failed" }));
    }

    fn told(&self, event: TaskEvent) {
        self.said(format!("{event:?}"));
    }

    fn remaining(&self, call: CallId) -> Duration {
        Duration::from_millis(u64::from(call.0) * 1000)
    }

    fn deadline(&self, _: CallId) -> Timestamp {
        Timestamp::EPOCH
    }

    fn take_deferral(&self, call: CallId) -> Result<(), DeferralError> {
        self.said(format!("hold {}", call.0));
        Ok(())
    }

    fn complete_deferral(&self, call: CallId) {
        self.said(format!("ready {}", call.0));
    }

    fn app_state(&self) -> AppState {
        AppState::Background
    }

    fn memory(&self) -> (u64, u64, MemoryLevel) {
        (0, 0, MemoryLevel::Low)
    }

    fn enable_prelaunch(&self, yes: bool) {
        self.said(format!("say {yes}"));
    }

    fn request_extension(&self, reason: ExtensionReason, description: String) -> Result<u32, ExtensionError> {
        self.said(format!("extend {reason:?} {description}"));
        Ok(7)
    }

    fn close_extension(&self, number: u32) {
        self.said(format!("close {number}"));
    }

    fn revoked(&self, number: u32) -> Option<RevokedReason> {
        self.said(format!("revoked {number}"));
        Some(RevokedReason::SystemPolicy)
    }

    fn wait_revoked(&self, _: u32) -> BoxFuture<'static, Option<RevokedReason>> {
        std::future::pending().boxed()
    }

    fn request_restart(&self, arguments: String) -> Result<(), RestartError> {
        self.said(format!("restart {arguments}"));
        Ok(())
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        std::future::ready(()).boxed()
    }
}
