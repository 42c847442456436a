use super::*;
use crate::sandbox::testing::{engine, task, wat};

/// The simplest task: answers ok.
const OK: &str = r#"(core module $module
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (i32.const 0)))"#;

fn compile(bytes: &[u8]) -> Result<Component, ComponentError> {
    Component::compile(&engine(), bytes)
}

fn error(text: &str) -> ComponentError {
    compile(&wat(text)).expect_err("it was accepted")
}

#[test]
fn a_task_is_accepted_and_known_by_the_digest_of_its_bytes() {
    let bytes = task(OK);
    let component = compile(&bytes).expect("a task");
    assert!(matches!(component.world(), World::TaskSync(_)));
    assert_eq!(component.imports(), ["dormouse:background/instance@0.1.0"]);
    assert!(!component.uses_filesystem() && !component.uses_network());
    let digest = component.digest().to_string();
    assert_eq!(digest.len(), 64);
    assert_eq!(digest, compile(&bytes).expect("the same").digest().to_string());
}

#[test]
fn what_is_no_component_is_told_apart() {
    for bytes in [&b""[..], b"\0as", b"(module)", b"#!/bin/sh\n"] {
        assert!(matches!(compile(bytes), Err(ComponentError::NotWasm)), "{bytes:?}");
    }
    assert!(matches!(error("(module)"), ComponentError::CoreModule));
    assert!(error("(module)").to_string().contains("--target wasm32-wasip2"));
    let mut cut = task(OK);
    cut.truncate(cut.len() / 2);
    assert!(matches!(compile(&cut), Err(ComponentError::Invalid { .. })));
}

#[test]
fn size_is_judged_before_content() {
    let large = vec![0; COMPONENT_LEN_MAX + 1];
    assert!(matches!(compile(&large), Err(ComponentError::TooLarge { len, .. }) if len == large.len()));
}

#[test]
fn a_component_of_another_world_is_told_what_it_exports() {
    let text = r#"(component (instance $empty) (export "wasi:cli/run@0.2.3" (instance $empty)))"#;
    let message = error(text).to_string();
    assert!(message.contains("it exports `wasi:cli/run@0.2.3`"), "{message}");
    assert!(message.contains("`dormouse:background/background-task@0.1.0`"), "{message}");
    assert!(error("(component)").to_string().contains("it exports nothing"));
}

#[test]
fn another_version_of_the_contract_is_named() {
    let text = r#"(component (instance $empty) (export "dormouse:background/background-task@0.2.0" (instance $empty)))"#;
    let error = error(text);
    assert!(matches!(error, ComponentError::WrongVersion { supported: "0.1.0", .. }));
    assert!(error.to_string().contains("background-task@0.2.0"), "{error}");
}

#[test]
fn every_import_that_the_host_lacks_is_named() {
    let text = r#"(component
        (import "acme:store/buckets@1.0.0" (instance))
        (import "wasi:cli/stdout@0.2.3" (instance))
        (import "wasi:http/incoming-handler@0.2.0" (instance))
        (import "wasi:cli/stdout@0.4.0" (instance))
        (import "wasi:cli/stderr@0.3.0-rc-2026-02-09" (instance))
        (import "plain" (func))
        (instance $empty)
        (export "dormouse:background/background-task@0.1.0" (instance $empty)))"#;
    let ComponentError::UnknownImport { names } = error(text) else { panic!("{}", error(text)) };
    assert_eq!(
        names,
        [
            "acme:store/buckets@1.0.0",
            "wasi:http/incoming-handler@0.2.0",
            "wasi:cli/stdout@0.4.0",
            "wasi:cli/stderr@0.3.0-rc-2026-02-09",
            "plain"
        ]
    );
}

#[test]
fn a_task_with_other_types_than_the_contracts_does_not_fit() {
    let no_run = r#"(component (instance $empty) (export "dormouse:background/background-task@0.1.0" (instance $empty)))"#;
    assert!(matches!(error(no_run), ComponentError::WorldMismatch { .. }));
    let odd_import = r#"(component
        (import "wasi:cli/stdout@0.2.3" (instance (export "no-such-function" (func))))
        (instance $empty)
        (export "dormouse:background/background-task@0.1.0" (instance $empty)))"#;
    let message = error(odd_import).to_string();
    assert!(message.contains("no-such-function"), "{message}");
}

#[test]
fn everything_that_is_said_to_be_offered_is_in_the_linker() {
    let engine = engine();
    for name in contract::offered_names() {
        let text = format!(r#"(component (import "{name}" (instance)))"#);
        let component = wasmtime::component::Component::new(engine.wasmtime(), wat(&text)).expect("valid");
        assert!(engine.linker().instantiate_pre(&component).is_ok(), "{name} is not in the linker");
    }
}

#[test]
fn a_long_list_of_names_is_cut() {
    let names: Vec<String> = (0..20).map(|n| format!("a{n}")).collect();
    assert!(contract::list(&names).ends_with("`a15` and 4 more"));
}

mod apps {
    use super::*;
    use crate::app::AppComponent;
    use crate::lifecycle::instance::testing::{app, app_of};

    fn refused(bytes: &[u8]) -> ComponentError {
        AppComponent::compile(&engine(), bytes).expect_err("it was accepted")
    }

    #[test]
    fn an_app_is_an_app_and_no_task() {
        let bytes = app(&[]);
        let component = AppComponent::compile(&engine(), &bytes).expect("an app");
        assert!(matches!(component.component().world(), World::App(_)));
        let error = compile(&bytes).expect_err("no task");
        assert!(matches!(error, ComponentError::NotATask { .. }), "{error}");
        assert!(error.to_string().contains("`dormouse:background/lifecycle@0.1.0`"), "{error}");
        assert!(matches!(refused(&task(OK)), ComponentError::NotAnApp { .. }));
        assert!(matches!(refused(&wat("(module)")), ComponentError::CoreModule));
    }

    #[test]
    fn what_an_app_lacks_is_named() {
        let half = |name: &str| {
            wat(&format!(
                r#"(component (instance $empty) (export "dormouse:background/{name}" (instance $empty)))"#
            ))
        };
        for (there, lacks) in [
            ("lifecycle@0.1.0", "dormouse:background/task-events@0.1.0"),
            ("task-events@0.1.0", "dormouse:background/lifecycle@0.1.0"),
        ] {
            let error = refused(&half(there));
            assert!(matches!(error, ComponentError::NotAnApp { missing, .. } if missing == lacks), "{error}");
            assert!(error.to_string().contains(&format!("`{lacks}` is missing")), "{error}");
        }
        let newer = refused(&half("lifecycle@0.2.0"));
        assert!(matches!(newer, ComponentError::WrongVersion { supported: "0.1.0", .. }), "{newer}");
    }

    #[test]
    fn what_is_about_the_life_of_an_app_is_not_for_tasks() {
        let importing = |interface: &str, exports: &[&str]| {
            let exports = exports
                .iter()
                .map(|name| format!("(export \"dormouse:background/{name}@0.1.0\" (instance $empty))"));
            wat(&format!(
                "(component (import \"dormouse:background/{interface}@0.1.0\" (instance)) (instance $empty) {})",
                exports.collect::<String>()
            ))
        };
        for interface in ["app-types", "transitions", "app-control", "app-waiting"] {
            let error = compile(&importing(interface, &["background-task"])).expect_err("it was accepted");
            assert!(matches!(error, ComponentError::UnknownImport { .. }), "{error}");
            // It fails later, for what it lacks.
            let error = refused(&importing(interface, &["lifecycle", "task-events"]));
            assert!(matches!(error, ComponentError::WorldMismatch { .. }), "{error}");
        }
        let error = refused(&importing("waiting-sync", &["lifecycle", "task-events"]));
        assert!(
            matches!(error, ComponentError::UnknownImport { .. }),
            "it would hold up all handlers: {error}"
        );
    }

    #[test]
    fn a_handler_of_another_type_is_named() {
        for (from, to, handler, ty) in [
            ("away-ms: f64", "away-ms: u32", "resuming", "(param i32)"),
            ("resuming: async func(args: resuming-args);", "resuming: async func();", "resuming", ""),
            (
                "group-activated: async func(group: string, instance: background-task-instance)",
                "group-activated: async func(instance: background-task-instance)",
                "group-activated",
                "(param i32) (result i32)",
            ),
            (
                "suspending: async func(transition: transition);",
                "suspending: async func(transition: borrow<transition>);",
                "suspending",
                "(param i32)",
            ),
        ] {
            let body = if ty.contains("result") { "(i32.const 0)" } else { "" };
            let bytes = app_of(|wit| wit.replace(from, to), &[(handler, Some(ty), body)]);
            let error = refused(&bytes);
            assert!(matches!(error, ComponentError::WorldMismatch { .. }), "{error}");
            assert!(error.to_string().contains(&format!("must have `{handler}: ")), "{error}");
        }
    }
}
