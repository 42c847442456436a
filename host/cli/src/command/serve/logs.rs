//! Logs on standard error: structured, with the project's words as fields.

use std::fmt::{self, Write as _};
use std::io;

use anstream::ColorChoice;
use rustix::fs::fstat;
use tracing::field::Field;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, registry};

use super::mode::Mode;
use crate::cli::{LogFormat, ServeArgs};
use crate::foreground::ansi;
use crate::output::escape::escape;

/// Lines that wait to be written; what comes while there are more is left out. Events are logged on the threads that
/// run guests, which must not wait for whoever reads.
const BACKLOG_LINES_MAX: usize = 16 * 1024;

/// Logs at work. What waits is written when it is dropped.
pub(super) struct Logs {
    left_out: ErrorCounter,
    _guard: WorkerGuard,
}

impl Logs {
    pub(super) fn start(args: &ServeArgs, mode: Mode, color: ColorChoice) -> Self {
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(BACKLOG_LINES_MAX)
            .thread_name("logs")
            .finish(io::stderr());
        let left_out = writer.error_counter();
        let layer = tracing_subscriber::fmt::layer().with_writer(writer);
        // The journal has the time of each line, and shows no colours.
        let journal = is_journal(std::env::var("JOURNAL_STREAM").ok().as_deref());
        let text = debug_fn(field).delimited(" ");
        let layer: Box<dyn Layer<Registry> + Send + Sync> =
            match (args.log_format.unwrap_or(mode.log_format()), journal) {
                (LogFormat::Json, true) => layer.json().flatten_event(true).without_time().boxed(),
                (LogFormat::Json, false) => layer.json().flatten_event(true).boxed(),
                (LogFormat::Text, true) => layer.fmt_fields(text).with_ansi(false).without_time().boxed(),
                (LogFormat::Text, false) => layer.fmt_fields(text).with_ansi(ansi(color)).boxed(),
            };
        registry().with(layer).with(filter(args, mode)).init();
        Self { left_out, _guard: guard }
    }

    /// How many lines were left out so far because nobody read fast enough.
    pub(super) fn left_out(&self) -> usize {
        self.left_out.dropped_lines()
    }
}

fn filter(args: &ServeArgs, mode: Mode) -> EnvFilter {
    if let Ok(directives) = std::env::var("RUST_LOG") {
        return EnvFilter::new(directives);
    }
    // `dormouse` is all crates of the project: names are matched by how they begin.
    EnvFilter::new(match (args.output.verbose, args.output.quiet, mode) {
        (true, ..) => "info,dormouse=debug",
        // What happens is printed, and not logged as well.
        (_, true, _) | (.., Mode::Printed) => "warn",
        _ => "warn,dormouse=info",
    })
}

/// Whether standard error is the stream to the journal that `JOURNAL_STREAM` names: it is inherited by processes whose
/// standard error is something else.
fn is_journal(stream: Option<&str>) -> bool {
    let Some((device, inode)) = stream.and_then(|stream| stream.split_once(':')) else { return false };
    let Ok(stat) = fstat(io::stderr()) else { return false };
    device.parse() == Ok(stat.st_dev) && inode.parse() == Ok(stat.st_ino)
}

/// Writes one field. Messages of guests and names of files are among the values: none may end the line, or be obeyed by
/// a terminal.
fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let mut text = String::new();
    write!(text, "{value:?}")?;
    match field.name() {
        "message" => writer.write_str(&escape(&text)),
        // Where a line of the `log` crate came from, which its target says.
        name if name.starts_with("log.") => Ok(()),
        name => write!(writer, "{name}={}", escape(&text)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Buffer {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_line_stays_one_line_whatever_a_guest_says() {
        let buffer = Buffer::default();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(buffer.clone())
            .with_ansi(false)
            .fmt_fields(debug_fn(field).delimited(" "));
        let said = "a\nERROR forged\r\u{1b}[2J\u{9b}31m\u{202e}";
        tracing::subscriber::with_default(registry().with(layer), || {
            tracing::info!(outcome = %said, text = said, debug = ?said, "{said}");
        });
        let text = String::from_utf8(buffer.0.lock().expect("nobody panicked").clone()).expect("text");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end_matches('\n').chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
        assert!(text.contains("outcome=a\\nERROR forged"), "{text}");
    }

    #[test]
    fn the_journal_is_known_by_its_device_and_inode() {
        let stat = fstat(io::stderr()).expect("there is a standard error");
        assert!(is_journal(Some(&format!("{}:{}", stat.st_dev, stat.st_ino))));
        assert!(!is_journal(Some(&format!("{}:{}", stat.st_dev, stat.st_ino + 1))));
        assert!(!is_journal(Some("nothing")) && !is_journal(None));
    }
}
