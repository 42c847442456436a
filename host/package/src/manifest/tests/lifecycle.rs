//! `[app]`, and registrations that run in it.

use dormouse_core::AppLimits;
use dormouse_core::app::activation::ActivationKind;
use dormouse_core::app::policy::MemoryAsked;

use super::*;

const APP: &str = r#"[package]
name = "org.example.notes"
version = "1.0.0"

[app]
component = "notes.wasm"
activations = ["file", "protocol"]
prelaunch = true
foreground-memory = "256MiB"
background-memory = "128MiB"

[[registrations]]
name = "autosave"
trigger = { every = "15m" }
group = "mail"
"#;

fn edited(old: &str, new: &str) -> String {
    assert!(APP.contains(old), "{old}");
    APP.replacen(old, new, 1)
}

#[test]
fn everything_of_an_app_is_read() {
    let manifest = parse(APP);
    assert!(manifest.entry_points.is_empty());
    let app = manifest.app().unwrap();
    assert_eq!(app.component.as_str(), "notes.wasm");
    let taken = [ActivationKind::Launch, ActivationKind::File, ActivationKind::Protocol];
    assert_eq!(app.activations, taken.into());
    assert!(app.prelaunch);
    assert_eq!(app.memory, MemoryAsked { foreground: Some(256 << 20), background: Some(128 << 20) });
    let registration = registered(&manifest);
    assert!(registration.is_in_process());
    assert_eq!(registration.group.as_deref(), Some("mail"));
}

#[test]
fn an_app_needs_little() {
    let manifest = parse("[package]\nname = 'a'\nversion = '1.0.0'\n[app]\ncomponent = 'a.wasm'\n");
    let app = manifest.app().unwrap();
    assert_eq!(app.activations, [ActivationKind::Launch].into(), "UWP-131: every app can be launched");
    assert!(!app.prelaunch, "UWP-139: nobody is launched ahead who did not say so");
    assert_eq!(app.memory, MemoryAsked::default());
    let named = parse(&edited("\"protocol\"", "\"launch\""));
    assert_eq!(named.app().unwrap().activations, [ActivationKind::Launch, ActivationKind::File].into());
}

#[test]
fn one_line_moves_a_task_from_the_app_into_a_sandbox_of_its_own() {
    let task =
        "[entry-points.autosave]\ncomponent = 'autosave.wasm'\ntriggers = ['time']\n\n[[registrations]]\n";
    let both = edited("[[registrations]]\n", task);
    assert!(registered(&parse(&both)).is_in_process());
    let outside = both.replace("name = \"autosave\"", "name = \"autosave\"\nentry-point = \"autosave\"");
    assert_eq!(registered(&parse(&outside)).entry_point.as_deref(), Some("autosave"));
}

#[test]
fn an_app_says_what_is_wrong_with_it() {
    for (old, new, expected) in [
        ("component = \"notes.wasm\"\n", "", "dormouse.toml:5:1: app: missing field `component`"),
        (
            "notes.wasm",
            "../notes.wasm",
            "dormouse.toml:6:13: app.component: path `../notes.wasm` has a part that is empty, `.` or `..`",
        ),
        ("notes.wasm", "dormouse.toml", "dormouse.toml:6:13: app.component: this is the manifest itself"),
        (
            "\"protocol\"",
            "\"toast\"",
            "dormouse.toml:7:24: app.activations[1]: \"toast\" is no kind of activation: write launch, file, protocol",
        ),
        ("\"protocol\"", "\"file\"", "dormouse.toml:7:24: app.activations[1]: file is there twice"),
        (
            "\"256MiB\"",
            "\"256 miles\"",
            "dormouse.toml:9:21: app.foreground-memory: limit `memory` is \"256 miles\"; write a number of bytes",
        ),
        ("\"128MiB\"", "0", "dormouse.toml:10:21: app.background-memory: limit `memory` is zero"),
        (
            "\"128MiB\"",
            "\"257MiB\"",
            "dormouse.toml:10:21: app.background-memory: this is more than `foreground-memory`",
        ),
        ("prelaunch = true", "prelaunhc = true", "dormouse.toml:8:1: app.prelaunhc: unknown field"),
        (
            "[app]\ncomponent = \"notes.wasm\"\nactivations = [\"file\", \"protocol\"]\nprelaunch = true\nforeground-memory = \"256MiB\"\nbackground-memory = \"128MiB\"\n",
            "[entry-points.a]\ncomponent = 'a.wasm'\ntriggers = ['time']\n",
            "dormouse.toml:9:1: registrations[0].entry-point: the registration names no entry point, and app `org.example.notes` has no component of its own; name an entry point that it has, or add [app]",
        ),
        (
            "name = \"autosave\"\n",
            "name = \"autosave\"\nentry-point = \"autosave\"\n",
            "dormouse.toml:14:15: registrations[0].entry-point: app `org.example.notes` has no entry point \"autosave\"; it has none",
        ),
    ] {
        let error = error(&edited(old, new));
        assert!(error.starts_with(expected), "{error}\nis not\n{expected}");
    }
}

#[test]
fn an_update_tells_what_the_app_takes_now() {
    let (older, newer) = (parse(APP), parse(&edited("\"protocol\"", "\"share\", \"timer\"")));
    let new = [ActivationKind::Share, ActivationKind::Timer];
    assert_eq!(newer.newly_taken(Some(&older)), new.into());
    assert!(newer.newly_taken(Some(&newer)).is_empty());
    let all = [ActivationKind::Launch, ActivationKind::File].into_iter().chain(new);
    assert_eq!(newer.newly_taken(None), all.clone().collect());
    let tasks = parse(crate::testing::MANIFEST);
    assert_eq!(newer.newly_taken(Some(&tasks)), all.collect(), "it had tasks only");
    assert!(tasks.newly_taken(Some(&newer)).is_empty());
}

#[test]
fn what_an_app_newly_takes_is_shown_and_needs_no_consent() {
    let asks = |newer: &str, older: Option<&str>| {
        parse(newer).difference(older.map(parse).as_ref(), &AppLimits::DEFAULT)
    };
    let first = asks(APP, None);
    assert_eq!(first.to_string(), "+ activation launch\n+ activation file\n+ activation protocol");
    assert_eq!(first.needing_consent().count(), 0);
    let newer = edited("\"protocol\"", "\"command-line\"");
    let with_network = format!("{newer}\n[capabilities]\nnetwork = ['api.example.org:443']\n");
    let update = asks(&with_network, Some(APP));
    assert_eq!(update.to_string(), "+ network api.example.org:443\n+ activation command-line");
    let needed: Vec<_> = update.needing_consent().map(ToString::to_string).collect();
    assert_eq!(needed, ["network api.example.org:443"]);
    assert!(asks(&newer, Some(&newer)).is_empty());
}
