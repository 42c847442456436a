//! What bounds a manifest, before anything in it is understood and after.

use std::io;

use dormouse_core::registration::NAME_LEN_MAX;

use super::*;
use crate::capabilities::{DIRECTORIES_MAX, ENV_MAX, LISTEN_MAX, NETWORK_MAX};

/// Counts what is read of it.
struct Counted<R>(R, u64);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        self.1 += n as u64;
        Ok(n)
    }
}

#[test]
fn a_long_manifest_is_refused_before_it_is_read() {
    let mut long = Counted(io::repeat(b'#').take(100 << 20), 0);
    let error = Manifest::read(&mut long).unwrap_err();
    assert_eq!(error.problem(), &Problem::TooLong);
    assert_eq!((error.line(), error.column(), error.key()), (None, None, ""));
    assert_eq!(long.1, MANIFEST_LEN_MAX as u64 + 1);
    // One comment up to the last byte that is allowed.
    let padding = "#".repeat(MANIFEST_LEN_MAX - WHOLE.len());
    assert!(Manifest::parse(format!("{WHOLE}{padding}").as_bytes()).is_ok());
    let error = Manifest::parse(format!("{WHOLE}{padding}#").as_bytes()).unwrap_err();
    assert_eq!(error.problem(), &Problem::TooLong);
}

#[test]
fn a_manifest_is_utf_8() {
    let error = Manifest::parse(b"[package]\nname = \"\xc3\xa9\xff\"").unwrap_err();
    assert_eq!(error.problem(), &Problem::NotUtf8);
    assert_eq!((error.line(), error.column()), (Some(2), Some(10)));
}

#[test]
fn nesting_is_bounded() {
    let n = 100_000;
    for bomb in [
        format!("a = {}", "[".repeat(n)),
        format!("a = {}{}", "[".repeat(n), "]".repeat(n)),
        format!("a = {}", "{a=".repeat(n / 2)),
        format!("a = {}1{}", "{a=".repeat(n / 4), "}".repeat(n / 4)),
        format!("{}a = 1", "a.".repeat(n)),
        format!("[{}a]", "a.".repeat(n)),
        format!("[[{}a]]", "a.".repeat(n)),
        // Each level by a few of the allowed ones.
        format!("a = {}1{}", "{a.a.a.a=[".repeat(20_000), "]}".repeat(20_000)),
    ] {
        // On a stack of the size that threads have, and smaller.
        let refused = std::thread::Builder::new()
            .stack_size(512 * 1024)
            .spawn(move || Manifest::parse(bomb.as_bytes()).map(drop).unwrap_err())
            .unwrap()
            .join()
            .unwrap();
        assert!(matches!(refused.problem(), Problem::Toml { .. }), "{refused}");
    }
}

#[test]
fn everything_is_counted() {
    let many = |n: usize, of: &dyn Fn(usize) -> String| (0..n).map(of).collect::<String>();
    let registration = |n: usize| {
        format!("[[registrations]]\nname = 'n{n}'\nentry-point = 'refresh'\ntrigger = {{ signal = 't' }}\n")
    };
    let entry_point = |n: usize| format!("[entry-points.e{n}]\ncomponent = 'c'\ntriggers = ['time']\n");
    let list = |key: &str, n: usize, of: &dyn Fn(usize) -> String| {
        let end = WHOLE.find("[capabilities]").unwrap();
        format!("{}[capabilities]\n{key} = [{}]\n", &WHOLE[..end], many(n, &|n| format!("'{}',", of(n))))
    };
    let directories = |n: usize| {
        let end = WHOLE.find("[capabilities]").unwrap();
        let all = many(n, &|n| format!("'/d{n}' = 'read-only'\n"));
        format!("{}[capabilities.directories]\n{all}", &WHOLE[..end])
    };
    let counted = |key: &str, max: usize, text: &dyn Fn(usize) -> String| {
        parse(&text(max));
        let error = error(&text(max + 1));
        let expected = format!(" {key}: there are {}; at most {max} are allowed", max + 1);
        assert!(error.ends_with(&expected), "{error}\nis not\n{expected}");
    };
    // One registration and two entry points are there.
    counted("registrations", REGISTRATIONS_MAX, &|n| format!("{WHOLE}{}", many(n - 1, &registration)));
    counted("entry-points", ENTRY_POINTS_MAX, &|n| format!("{WHOLE}{}", many(n - 2, &entry_point)));
    counted("capabilities.network", NETWORK_MAX, &|n| list("network", n, &|n| format!("h{n}:1")));
    counted("capabilities.listen", LISTEN_MAX, &|n| list("listen", n, &|n| format!("127.0.0.1:{}", n + 1)));
    counted("capabilities.env", ENV_MAX, &|n| list("env", n, &|n| format!("E{n}")));
    counted("capabilities.directories", DIRECTORIES_MAX, &directories);
    let conditions = |n: usize| {
        let all = many(n, &|n| format!("'custom:c{n}',"));
        with(&format!("trigger = {{ signal = 't' }}\nconditions = [{all}]"))
    };
    parse(&conditions(16));
    assert!(error(&conditions(17)).contains("registrations[0].conditions: "));
    let args = |n: usize| with(&format!("trigger = {{ signal = 't' }}\nargs = ['{}']", "x".repeat(n)));
    parse(&args(32 * 1024 - 1));
    assert!(error(&args(32 * 1024)).contains("registrations[0]: `env and args` has 32769 bytes"));
}

#[test]
fn texts_are_bounded() {
    let edited = |old: &str, len: usize| WHOLE.replace(old, &"x".repeat(len));
    parse(&edited("Reads feeds.", DESCRIPTION_LEN_MAX));
    assert!(error(&edited("Reads feeds.", DESCRIPTION_LEN_MAX + 1)).contains("package.description: "));
    parse(&edited("hourly", NAME_LEN_MAX));
    assert!(error(&edited("hourly", NAME_LEN_MAX + 1)).contains("registrations[0].name: "));
    parse(&edited("org.example.group", NAME_LEN_MAX));
    assert!(error(&edited("org.example.group", NAME_LEN_MAX + 1)).contains("registrations[0].group: "));
    let version = |len: usize| WHOLE.replace("beta.2+5", &"b".repeat(len - "1.4.0-".len()));
    parse(&version(VERSION_LEN_MAX));
    assert!(error(&version(VERSION_LEN_MAX + 1)).contains("package.version: "));
}

#[test]
fn a_registration_has_no_more_than_the_class_that_is_asked_for() {
    let text = |class: &str, trigger: &str, limits: &str| {
        let text = with(&format!("trigger = {{ {trigger} }}\nlimits = {{ {limits} }}"));
        text.replace("class = \"long\"", class)
    };
    let (none, long) = ("", "class = 'long'");
    for (class, trigger, limits, refused) in [
        (none, "signal = 't'", "wall = '25s', cpu = '10s'", None),
        (
            none,
            "signal = 't'",
            "wall = '26s'",
            Some(
                "wall: 26s is above class `default`, which is all that this package asks for; write `class = \"long\"` under",
            ),
        ),
        (none, "signal = 't'", "cpu = '11s'", Some("cpu: 11s is above class `default`")),
        (none, "signal = 't'", "class = 'long'", Some("class: class `long` is above class `default`")),
        (long, "signal = 't'", "class = 'long', wall = '10m', cpu = '5m'", None),
        (
            long,
            "signal = 't'",
            "wall = '31m'",
            Some(
                "wall: 1860s is above class `long`, which is all that this package asks for; no class has as much",
            ),
        ),
        (
            long,
            "signal = 't'",
            "class = 'maintenance'",
            Some("class: class `maintenance` is above class `long`"),
        ),
        // Some triggers have more by themselves.
        (none, "application = true", "wall = '10m'", None),
        (none, "maintenance = '1h'", "class = 'maintenance', wall = '30m'", None),
        ("class = 'default'", "maintenance = '1h'", "wall = '30m'", None),
        // How much memory there is, is the host's affair.
        (none, "signal = 't'", "memory = '64GiB'", None),
    ] {
        let text = text(class, trigger, limits);
        match refused {
            None => drop(parse(&text)),
            Some(expected) => {
                let error = error(&text);
                assert!(error.contains(&format!("registrations[0].limits.{expected}")), "{error}");
            }
        }
    }
}
