//! Whatever is one line: each text is given to each of those who read one.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use dormouse_control::api::Moment;
use dormouse_control::client::Endpoint;
use dormouse_core::access::AccessStatus;
use dormouse_core::condition::TimeWindow;
use dormouse_core::{AppId, Condition, HostPort, RegistrationId, SystemEvent, Timestamp, TriggerKind};
use dormouse_package::{Digest, PackagePath};

use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

pub(super) struct Texts;

impl Target for Texts {
    fn examples(&self) -> Vec<Vec<u8>> {
        inputs([
            "org.example.feeds",
            "api.example.org:443",
            "[::1]:8080",
            "[::ffff:127.0.0.1]:65535",
            "internet-available",
            "time-window:22:00-06:00@Europe/Berlin",
            "load-below:80",
            "battery-above:0",
            "custom:tide.high",
            "time-zone-change",
            "tasks/refresh.wasm",
            "unix:///run/dormouse.sock",
            "http://localhost:7777",
            "2026-03-01T08:59:59.5Z",
            "9223372036854775807us",
            "always-allowed",
            "filesystem",
            "018f3f6e-2c5a-7b1e-9d6a-3c2b1a0f9e8d",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ])
    }

    fn words(&self) -> Vec<Vec<u8>> {
        inputs([
            ":", ".", "/", "..", "@", "-", "[", "]", "::", "unix://", "http://", "us", "custom:", "\u{202e}",
            "é", " ",
        ])
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let Ok(text) = std::str::from_utf8(input) else { return refused("no text") };
        let mut known = Vec::new();
        let mut said = Vec::new();
        let mut note = |name: &'static str, read: Result<(), String>| match read {
            Ok(()) => known.push(name),
            Err(error) => said.push(error),
        };
        note("host and port", again::<HostPort>(text)?);
        note("condition", again::<Condition>(text)?);
        note("time window", again::<TimeWindow>(text)?);
        note("system event", again::<SystemEvent>(text)?);
        note("trigger kind", again::<TriggerKind>(text)?);
        note("access", again::<AccessStatus>(text)?);
        note("id", again::<RegistrationId>(text)?);
        note("moment", again::<Moment>(text)?);
        note("endpoint", again::<Endpoint>(text)?);
        note("digest", again::<Digest>(text)?);
        note("app", same(AppId::new(text), |app| AppId::new(app.as_str()))?);
        note("path", same(PackagePath::new(text), |path| PackagePath::new(path.as_str()))?);
        if let Ok(window) = text.parse::<TimeWindow>() {
            changes(&window)?;
        }
        for error in &said {
            refused(error.escape_debug())?;
        }
        if known.is_empty() { refused("by all") } else { Ok(taken(known.join(", "))) }
    }
}

/// What is read can be written, and is read as the same again.
fn again<T: FromStr<Err: Display> + Display + PartialEq + Debug>(
    text: &str,
) -> Result<Result<(), String>, Wrong> {
    same(text.parse::<T>(), |value| value.to_string().parse::<T>())
}

fn same<T: PartialEq + Debug, E: Display>(
    read: Result<T, E>,
    again: impl Fn(&T) -> Result<T, E>,
) -> Result<Result<(), String>, Wrong> {
    let value = match read {
        Ok(value) => value,
        Err(error) => return Ok(Err(error.to_string())),
    };
    match again(&value) {
        Ok(second) if second == value => Ok(Ok(())),
        Ok(second) => Err(Wrong(format!("{value:?} was read as {second:?} when it was written"))),
        Err(error) => Err(Wrong(format!("{value:?} cannot be read when it is written: {error}"))),
    }
}

/// A window says for how long its answer holds, and it does.
fn changes(window: &TimeWindow) -> Result<(), Wrong> {
    // A day on which the clocks of Berlin are set, and the beginning and the end of the calendar.
    for micros in
        [1_774_742_400_000_000, i64::MIN, i64::MAX, -62_135_596_800_000_000, 253_402_000_000_000_000]
    {
        let now = Timestamp::from_micros(micros);
        let (holds, Some(change)) = (window.contains(now), window.next_change(now)) else { continue };
        Wrong::unless(change > now, || format!("{window} changes at {change}, which is not after {now}"))?;
        let last = Timestamp::from_micros(change.as_micros() - 1);
        Wrong::unless(window.contains(last) == holds, || {
            format!("{window} is {holds:?} at {now}, and another at {last}, before {change}")
        })?;
    }
    Ok(())
}
