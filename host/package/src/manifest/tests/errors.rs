//! Each mistake is told with its place, and what to do about it.

use super::*;

/// The error of [`WHOLE`] with `old` replaced.
fn edited(old: &str, new: &str) -> String {
    assert!(WHOLE.contains(old), "{old}");
    error(&WHOLE.replacen(old, new, 1))
}

#[test]
fn the_package_says_what_is_wrong_with_it() {
    for (old, new, expected) in [
        ("name = \"org.example.feeds\"\n", "", "dormouse.toml:1:1: package: missing field `name`"),
        ("org.example.feeds", "../feeds", "dormouse.toml:2:8: package.name: "),
        (
            "1.4.0-beta.2+5",
            "1.4",
            "dormouse.toml:3:11: package.version: `1.4` is no version (unexpected end of input while parsing minor version number); write three numbers, like 1.4.0",
        ),
        (
            "Reads feeds.",
            "",
            "dormouse.toml:4:15: package.description: write 1 to 1024 bytes without control characters",
        ),
        (
            "Reads feeds.",
            "\\u001b[2J",
            "dormouse.toml:4:15: package.description: write 1 to 1024 bytes without",
        ),
        (
            "\"migrate\"",
            "\"Migrate\"",
            "dormouse.toml:5:15: package.update-task: there is no entry point \"Migrate\"; there are migrate, refresh",
        ),
        (
            "version",
            "versoin",
            "dormouse.toml:3:1: package.versoin: unknown field `versoin`, expected one of `name`, `version`, `description`, `update-task`",
        ),
        (
            "\"1.4.0-beta.2+5\"",
            "1.4",
            "dormouse.toml:3:11: package.version: invalid type: floating point `1.4`, expected a string",
        ),
        ("[package]", "[package", "dormouse.toml:1:9: "),
        ("[package]", "unknown = 1\n[package]", "dormouse.toml:1:1: unknown: unknown field `unknown`"),
        ("version", "name", "dormouse.toml:3:1: duplicate key"),
    ] {
        let error = edited(old, new);
        assert!(error.starts_with(expected), "{error}\nis not\n{expected}");
    }
    assert!(error("").contains("missing field"));
    let nothing = "[package]\nname = 'a'\nversion = '1.0.0'\n";
    for none in [nothing.to_owned(), format!("entry-points = {{}}\n{nothing}")] {
        assert!(error(&none).contains("entry-points: a package needs at least one entry point"));
    }
}

#[test]
fn entry_points_say_what_is_wrong_with_them() {
    for (old, new, expected) in [
        (
            "tasks/migrate.wasm",
            "../migrate.wasm",
            "dormouse.toml:8:13: entry-points.migrate.component: path `../migrate.wasm` has a part that is empty, `.` or `..`",
        ),
        (
            "tasks/migrate.wasm",
            "/migrate.wasm",
            "dormouse.toml:8:13: entry-points.migrate.component: path `/migrate.wasm` is absolute",
        ),
        (
            "tasks/migrate.wasm",
            "tasks\\\\m.wasm",
            "dormouse.toml:8:13: entry-points.migrate.component: path `tasks\\m.wasm` has a backslash",
        ),
        (
            "tasks/migrate.wasm",
            "dormouse.toml",
            "dormouse.toml:8:13: entry-points.migrate.component: this is the manifest itself",
        ),
        (
            "[\"application\", \"time\"",
            "[\"application\", \"tiem\"",
            "dormouse.toml:13:28: entry-points.refresh.triggers[1]: unknown trigger \"tiem\": this version knows application, time, cron",
        ),
        (
            "\"time\"",
            "\"application\"",
            "dormouse.toml:13:28: entry-points.refresh.triggers[1]: application is there twice",
        ),
        (
            "update-task = \"migrate\"\n",
            "",
            "dormouse.toml:8:12: entry-points.migrate.triggers: nothing could ever wake it",
        ),
        (
            "component = \"refresh.wasm\"\n",
            "",
            "dormouse.toml:11:1: entry-points.refresh: missing field `component`",
        ),
        (
            "[entry-points.refresh]",
            "[entry-points.\"\"]",
            "dormouse.toml:11:1: entry-points.\"\": write 1 to 128 bytes",
        ),
    ] {
        let error = edited(old, new);
        assert!(error.starts_with(expected), "{error}\nis not\n{expected}");
    }
}

#[test]
fn capabilities_say_what_is_wrong_with_them() {
    for (old, new, expected) in [
        (
            "api.example.org:443",
            "api.example.org",
            "dormouse.toml:16:12: capabilities.network[0]: \"api.example.org\" names no port",
        ),
        (
            "api.example.org:443",
            "*.example.org:443",
            "dormouse.toml:16:12: capabilities.network[0]: \"*.example.org:443\" has a wildcard",
        ),
        ("[::1]:8080", "[::1]", "dormouse.toml:16:35: capabilities.network[1]: "),
        (
            "\"127.0.0.1:8080\"",
            "\"localhost:8080\"",
            "dormouse.toml:17:11: capabilities.listen[0]: `localhost:8080` is no address",
        ),
        (
            "\"127.0.0.1:8080\"",
            "\"127.0.0.1:0\"",
            "dormouse.toml:17:11: capabilities.listen[0]: `127.0.0.1:0` is no address",
        ),
        ("API_TOKEN", "API=TOKEN", "dormouse.toml:18:8: capabilities.env[0]: `API=TOKEN` cannot name"),
        (
            "class = \"long\"\n\n",
            "class = \"endless\"\n\n",
            "dormouse.toml:19:9: capabilities.class: unknown variant `endless`, expected one of `default`, `long`, `device-use`, `maintenance`, `unlimited`",
        ),
        (
            "\"/pictures\"",
            "\"/pictures/..\"",
            "dormouse.toml:22:18: capabilities.directories.\"/pictures/..\": write an absolute path",
        ),
        (
            "\"read-only\"",
            "\"write-only\"",
            "dormouse.toml:22:15: capabilities.directories.\"/pictures\": unknown variant `write-only`",
        ),
    ] {
        let error = edited(old, new);
        assert!(error.starts_with(expected), "{error}\nis not\n{expected}");
    }
}

#[test]
fn registrations_say_what_is_wrong_with_them() {
    for (old, new, expected) in [
        ("\"hourly\"", "\"\"", "dormouse.toml:26:8: registrations[0].name: write 1 to 128 bytes"),
        (
            "\"refresh\"\n",
            "\"Refresh\"\n",
            "dormouse.toml:27:15: registrations[0].entry-point: app `org.example.feeds` has no entry point \"Refresh\"; it has migrate, refresh",
        ),
        (
            "\"refresh\"\n",
            "\"migrate\"\n",
            "dormouse.toml:28:20: registrations[0].trigger.cron: entry point \"migrate\" does not declare cron triggers",
        ),
        (
            "0 * * * *",
            "0 25 * * *",
            "dormouse.toml:28:20: registrations[0].trigger.cron: invalid cron expression: hour",
        ),
        ("0 * * * *", "0 0 30 2 *", "dormouse.toml:28:20: registrations[0].trigger.cron: "),
        (
            "Europe/Berlin",
            "Europe/Atlantis",
            "dormouse.toml:28:45: registrations[0].trigger.time-zone: unknown time zone",
        ),
        ("cron = ", "corn = ", "dormouse.toml:28:13: registrations[0].trigger.corn: unknown field `corn`"),
        (
            "trigger = { cron = \"0 * * * *\", time-zone = \"Europe/Berlin\" }\n",
            "",
            "dormouse.toml:25:1: registrations[0]: missing field `trigger`",
        ),
        (
            "cron = \"0 * * * *\", time-zone = \"Europe/Berlin\"",
            "",
            "dormouse.toml:28:11: registrations[0].trigger: it needs exactly one of `application`",
        ),
        (
            "time-zone =",
            "signal =",
            "dormouse.toml:28:42: registrations[0].trigger.signal: there is `cron` already",
        ),
        (
            "battery-above:30",
            "battery-above:100",
            "dormouse.toml:29:37: registrations[0].conditions[1]: `100` is no percentage",
        ),
        (
            "internet-available\", \"b",
            "internet\", \"b",
            "dormouse.toml:29:15: registrations[0].conditions[0]: `internet` is no condition",
        ),
        (
            "{ queue = 10 }",
            "{ queue = 0 }",
            "dormouse.toml:31:11: registrations[0].overlap: `overlap` allows none",
        ),
        ("{ queue = 10 }", "{ queue = -1 }", "dormouse.toml:31:21: registrations[0].overlap.queue: "),
        (
            "{ queue = 10 }",
            "\"merge\"",
            "dormouse.toml:31:11: registrations[0].overlap: unknown variant `merge`",
        ),
        (
            "retry = 3",
            "retry = 1000",
            "dormouse.toml:33:9: registrations[0].retry: 1001 attempts are not between 1 and 1000",
        ),
        ("retry = 3", "retry = -1", "dormouse.toml:33:9: registrations[0].retry: write a number of times"),
        (
            "retry = 3",
            "retry = '3'",
            "dormouse.toml:33:9: registrations[0].retry: invalid type: string \"3\", expected a number of times",
        ),
        (
            "retry = 3",
            "retry = { times = 3, factor = 0.5 }",
            "dormouse.toml:33:31: registrations[0].retry.factor: a factor of 0.5",
        ),
        (
            "retry = 3",
            "retry = { times = 3, initial = '2h', max = '1h' }",
            "dormouse.toml:33:44: registrations[0].retry.max: a longest wait",
        ),
        (
            "retry = 3",
            "retry = { tiems = 3 }",
            "dormouse.toml:33:11: registrations[0].retry.tiems: unknown field `tiems`",
        ),
        (
            "cpu = \"5s\"",
            "cpu = \"5 parsecs\"",
            "dormouse.toml:34:34: registrations[0].limits.cpu: limit `cpu` is \"5 parsecs\"; write a span of time with its unit",
        ),
        (
            "memory = \"64MiB\"",
            "memory = \"64\\u0020miles\"",
            "dormouse.toml:34:77: registrations[0].limits.memory: limit `memory` is \"64 miles\"; write a number of bytes",
        ),
        (
            "deferrals = 4",
            "deferrals = 0",
            "dormouse.toml:34:115: registrations[0].limits.deferrals: limit `deferrals` is zero",
        ),
        (
            "LANG = \"C\"",
            "\"A=B\" = \"C\"",
            "dormouse.toml:35:17: registrations[0].env.\"A=B\": `A=B` cannot name",
        ),
        ("\"C\" }", "\"\\u0000\" }", "dormouse.toml:35:7: registrations[0].env: `env` holds \"LANG\""),
        ("--quick", "\\u0000", "dormouse.toml:36:8: registrations[0].args: `args` holds"),
    ] {
        let error = edited(old, new);
        assert!(error.starts_with(expected), "{error}\nis not\n{expected}");
    }
}

#[test]
fn triggers_say_what_is_wrong_with_them() {
    for (trigger, expected) in [
        ("application = false", "application: write `true`"),
        ("every = '0s'", "every: `0s` is no span of time"),
        ("every = '10ms'", "every: `trigger.every` is 10ms; it must be between 1s"),
        ("every = '1m', jitter = '2m'", "jitter: `trigger.jitter` is 120s; it must be at most 60s"),
        ("maintenance = '10ms'", "maintenance: "),
        (
            "system = 'sms-received'",
            "system: unknown system event \"sms-received\": this version knows internet-available",
        ),
        (
            "directory = '/music'",
            "directory: /music is not asked for; add it under `[capabilities.directories]`",
        ),
        ("directory = '/pictures', settle = '2h'", "settle: `trigger.settle` is 7200s"),
        (
            "listen = '127.0.0.1:8081'",
            "listen: 127.0.0.1:8081 is not asked for; add it under `listen in [capabilities]`",
        ),
        ("listen = 'localhost'", "listen: `localhost` is no address"),
        ("listen = '127.0.0.1:8080', keep-alive = '1ms'", "keep-alive: `trigger.keep_alive` is 1ms"),
        ("signal = ''", "signal: `trigger.topic` has 0 bytes"),
        ("message = ''", "message: `trigger.topic` has 0 bytes"),
    ] {
        let error = error(&with(&format!("trigger = {{ {trigger} }}")));
        let expected = format!("registrations[0].trigger.{expected}");
        assert!(error.contains(&expected), "{error}\nhas no\n{expected}");
    }
}

#[test]
fn what_a_package_has_once_is_refused_twice() {
    let application =
        "[[registrations]]\nname = 'a'\nentry-point = 'refresh'\ntrigger = { application = true }\n";
    let second = application.replace("'a'", "'b'");
    let error = error(&format!("{WHOLE}{application}{second}"));
    assert!(
        error.contains("registrations[2].trigger.application: registrations[1] has an application trigger"),
        "{error}"
    );
    let twice = super::error(&format!(
        "{WHOLE}{}",
        application.replace("'a'", "'hourly'\ngroup = 'org.example.group'")
    ));
    assert!(
        twice.contains(
            "registrations[1].name: a registration of this name is there already, as registrations[0]"
        ),
        "{twice}"
    );
}

#[test]
fn what_is_repeated_of_a_manifest_is_short_and_on_one_line() {
    let long = "x".repeat(100_000);
    for text in [
        WHOLE.replace("org.example.feeds", &long),
        WHOLE.replace("1.4.0-beta.2+5", &long),
        WHOLE.replace("version", &long),
        WHOLE.replace("tasks/migrate.wasm", &long),
        WHOLE.replace("api.example.org:443", &long),
        WHOLE.replace("API_TOKEN", &format!("{long}=")),
        WHOLE.replace("\"refresh\"\n", &format!("\"{long}\"\n")),
        WHOLE.replace("internet-available", &long),
        WHOLE.replace("/pictures", &long),
        WHOLE.replace("\"5s\"", &format!("\"{long}\"")),
        WHOLE.replace("refresh]", &format!("{long}]")),
        with(&format!("trigger = {{ directory = '{long}' }}")),
        with(&format!("trigger = {{ system = '{long}' }}")),
        with(&format!("trigger = {{ cron = '{long}' }}")),
        with(&format!("trigger = {{ {long} = 1 }}")),
    ] {
        let error = error(&text);
        assert!(error.len() < 2_000, "{} bytes: {}", error.len(), &error[..500]);
    }
    let escape = edited("version", "\"\\u001b[2J\\n\"");
    assert!(!escape.contains(['\u{1b}', '\n']), "{escape}");
}
