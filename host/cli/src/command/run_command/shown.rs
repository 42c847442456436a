//! Standard output or error on its way to a terminal: shown, not obeyed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use crate::output::escape::escape;

/// A character has four bytes at most, so that as many but one may still be waiting for its end.
const CUT_LEN_MAX: usize = 3;

/// Writes text to a terminal as people may read it: line breaks are kept, and whatever else a terminal would obey is
/// written as what it is.
pub(super) struct Shown<W> {
    terminal: W,
    /// The beginning of a character.
    cut: Vec<u8>,
    /// What is still to be written.
    waiting: Vec<u8>,
}

impl<W> Shown<W> {
    pub(super) const fn new(terminal: W) -> Self {
        Self { terminal, cut: Vec::new(), waiting: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.cut.extend_from_slice(bytes);
        let whole = whole(&self.cut);
        let rest = self.cut.split_off(whole);
        let bytes = std::mem::replace(&mut self.cut, rest);
        self.show(&bytes);
    }

    /// Nothing follows: what was cut short stays so.
    fn end(&mut self) {
        let cut = std::mem::take(&mut self.cut);
        self.show(&cut);
    }

    fn show(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                self.waiting.push(b'\n');
            }
            self.waiting.extend_from_slice(escape(line).as_bytes());
        }
    }
}

/// How many of `bytes` are no character that was cut short.
fn whole(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(CUT_LEN_MAX);
    let begun = bytes.iter().skip(tail).rposition(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let Some(start) = begun.map(|at| tail + at) else { return bytes.len() };
    match bytes.get(start..).map(str::from_utf8) {
        // `error_len` is none for what may still become a character.
        Some(Err(error)) if error.error_len().is_none() => start,
        _ => bytes.len(),
    }
}

impl<W: AsyncWrite + Unpin> Shown<W> {
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let written = ready!(Pin::new(&mut self.terminal).poll_write(cx, &self.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.waiting.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Shown<W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_waiting(cx))?;
        this.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_waiting(cx))?;
        Pin::new(&mut this.terminal).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.end();
        ready!(this.poll_waiting(cx))?;
        Pin::new(&mut this.terminal).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    fn shown(pieces: &[&[u8]]) -> String {
        let mut shown = Shown::new(Vec::new());
        for piece in pieces {
            block_on(async {
                shown.write_all(piece).await.expect("a vector takes everything");
                shown.flush().await.expect("a vector takes everything");
            });
        }
        block_on(shown.shutdown()).expect("a vector takes everything");
        String::from_utf8(shown.terminal).expect("text")
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_and_line_breaks_are_kept() {
        assert_eq!(shown(&[b"a\n\x1b[2Jb\n\x1b]52;c;eA==\x07"]), "a\n\\u{1b}[2Jb\n\\u{1b}]52;c;eA==\\u{7}");
        assert_eq!(shown(&[b"a\rb\n"]), "a\\rb\n");
    }

    #[test]
    fn an_escape_that_comes_in_pieces_is_none_either() {
        assert_eq!(shown(&[b"\x1b", b"[2J"]), "\\u{1b}[2J");
        // U+009B, in two.
        assert_eq!(shown(&[b"\xc2", b"\x9b31m"]), "\\u{9b}31m");
    }

    #[test]
    fn characters_that_come_in_pieces_are_put_together_and_what_is_none_is_marked() {
        assert_eq!(shown(&[b"\xe6\x9b", b"\xb8\xf0\x9f", b"\x90", b"\xad"]), "書🐭");
        assert_eq!(shown(&[b"\xff\xfe", b"\x9b"]), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(shown(&[b"\xe6a"]), "\u{fffd}a");
        assert_eq!(shown(&[b"a\xf0\x9f"]), "a\u{fffd}", "what is cut off at the end is not lost");
    }
}
