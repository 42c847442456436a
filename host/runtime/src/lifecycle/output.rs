//! What an app writes, on its way to those who listen.
//!
//! An app lives for weeks: told at once is as much of a stream within an hour as of a run's in all. That something is not
//! told is told, and what the instance wrote last is told when it ends, as it is of a run. What is *kept* does not depend on
//! that: it is the beginning and the end of all that the instance wrote.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dormouse_core::{Instant, RunOutput, Stream};

use super::life::Life;
use super::session::Session;

/// Within this, as much is told of a stream as its limit keeps of it.
const SPAN: Duration = Duration::from_secs(60 * 60);

/// How much of its standard error is in what is said of an app that trapped, in bytes: a panic says there what it was.
const SAID_LEN_MAX: usize = 1024;

/// What is told of the two streams of an instance.
#[derive(Debug)]
pub(super) struct LiveOutput {
    max: usize,
    streams: [Mutex<Told>; 2],
}

#[derive(Debug)]
struct Told {
    /// When the span began.
    since: Instant,
    /// Bytes that were told in it.
    bytes: usize,
    /// Bytes that were written behind the last that were told.
    missing: u64,
}

impl LiveOutput {
    pub(super) fn new(max: u64, now: Instant) -> Self {
        let stream = || Mutex::new(Told { since: now, bytes: 0, missing: 0 });
        Self { max: usize::try_from(max).unwrap_or(usize::MAX), streams: [stream(), stream()] }
    }

    fn of(&self, stream: Stream) -> MutexGuard<'_, Told> {
        let [stdout, stderr] = &self.streams;
        let told = match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
        };
        // Figures, which are whole at any moment.
        told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be told when `bytes` are written at `now`, with marks where something is missing.
    fn tell(&self, stream: Stream, bytes: &[u8], now: Instant) -> Vec<u8> {
        let mut told = self.of(stream);
        let mut text = Vec::new();
        if now.since(told.since) >= SPAN {
            let missing = told.missing;
            *told = Told { since: now, bytes: 0, missing: 0 };
            if missing > 0 {
                text.extend_from_slice(format!("\n[... {missing} bytes not told ...]\n").as_bytes());
            }
        }
        let (now_told, rest) = bytes.split_at(bytes.len().min(self.max - told.bytes));
        text.extend_from_slice(now_told);
        told.bytes += now_told.len();
        if !rest.is_empty() {
            if told.missing == 0 {
                let max = self.max;
                let mark = format!("\n[... more than {max} bytes in an hour: the rest is not told ...]\n");
                text.extend_from_slice(mark.as_bytes());
            }
            told.missing += rest.len() as u64;
        }
        text
    }

    /// Bytes that were written behind the last that were told. From now on they count as told.
    fn missing(&self, stream: Stream) -> u64 {
        std::mem::take(&mut self.of(stream).missing)
    }
}

impl Life {
    /// It wrote.
    pub(super) fn wrote(&self, stream: Stream, bytes: &[u8]) {
        let text = self.live_output.tell(stream, bytes, self.session.now().at);
        self.tell_output(stream, &text);
    }

    /// It has ended: tells the end of output that was too long to be told at once.
    pub(super) fn tell_rest(&self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let missing = self.live_output.missing(stream);
            if missing > 0 {
                self.tell_output(stream, &self.usage.output(stream).last(missing));
            }
        }
    }

    /// What is said of a trap: with what it wrote to standard error last, for there a panic says why.
    pub(super) fn said_at_last(&self, trap: String) -> String {
        let written = self.usage.output(Stream::Stderr).end(SAID_LEN_MAX);
        let text = String::from_utf8_lossy(&written);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        match lines.as_slice() {
            [] => trap,
            lines => format!("{trap}; the end of its stderr: {}", lines.join(" | ")),
        }
    }
}

impl Session {
    /// What its instance has written, or the last one since the host began: as far as it is kept.
    pub(super) fn output(&self) -> RunOutput {
        let usage = {
            let inner = self.inner();
            match &inner.life {
                Some(life) => life.usage.clone(),
                None => return inner.wrote.clone().unwrap_or_default(),
            }
        };
        usage.kept_within(usize::MAX).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(secs))
    }

    fn told(live: &LiveOutput, bytes: &str, secs: u64) -> String {
        String::from_utf8(live.tell(Stream::Stdout, bytes.as_bytes(), at(secs))).expect("text")
    }

    #[test]
    fn what_is_too_much_for_an_hour_is_marked_once_and_counted_when_the_app_is_heard_again() {
        let live = LiveOutput::new(8, at(0));
        assert_eq!(told(&live, "12345", 0), "12345");
        assert_eq!(
            told(&live, "67890", 10),
            "678\n[... more than 8 bytes in an hour: the rest is not told ...]\n"
        );
        assert_eq!(told(&live, "unheard", 3_599), "");
        assert_eq!(told(&live, "again", 3_600), "\n[... 9 bytes not told ...]\nagain");
        assert_eq!(live.missing(Stream::Stdout), 0);
    }

    #[test]
    fn each_stream_has_its_own() {
        let live = LiveOutput::new(4, at(0));
        told(&live, "12345", 0);
        assert_eq!(live.tell(Stream::Stderr, b"1234", at(0)), b"1234");
        assert_eq!((live.missing(Stream::Stdout), live.missing(Stream::Stderr)), (1, 0));
    }
}
