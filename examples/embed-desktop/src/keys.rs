//! What comes in: keys, and the terminal's word for whether it has the focus. Without a terminal, lines.

use std::io::{ErrorKind, Read};

use tokio::sync::mpsc;

use crate::screen::Pen;

/// The longest line that is listened to, in bytes.
const LINE_LEN_MAX: usize = 4096;

/// What came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A line that is not empty.
    Line(String),
    /// Nobody looks any more.
    Away,
    /// Somebody looks again.
    Back,
    /// The user goes.
    Gone,
}

/// Begins to listen. A thread of its own: reading from a terminal cannot be interrupted.
pub(crate) fn listen(pen: Pen) -> mpsc::Receiver<Input> {
    // Whoever types faster than the app listens waits for it.
    let (tell, told) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut keys = Keys::default();
        let mut bytes = [0; 1024];
        let mut stdin = std::io::stdin().lock();
        loop {
            let read = match stdin.read(&mut bytes) {
                // The last line may have no end.
                Ok(0) => &b"\n\x04"[..],
                Ok(len) => bytes.get(..len).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // A terminal that is gone.
                Err(_) => b"\x15\x04",
            };
            for byte in read {
                let Some(input) = keys.press(*byte) else { continue };
                let last = input == Input::Gone;
                if tell.blocking_send(input).is_err() || last {
                    return;
                }
            }
            pen.typed(&keys.line);
        }
    });
    told
}

/// A line in the making.
#[derive(Default)]
struct Keys {
    line: Vec<u8>,
    within: Within,
}

/// A terminal tells what is no character by a sequence of bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    /// After ESC.
    Escape,
    /// After ESC and `[`: up to a letter.
    Sequence,
}

impl Keys {
    fn press(&mut self, byte: u8) -> Option<Input> {
        let within = std::mem::take(&mut self.within);
        match (within, byte) {
            (_, b'\x1b') => self.within = Within::Escape,
            (Within::Escape, b'[') => self.within = Within::Sequence,
            (Within::Sequence, b'O') => return Some(Input::Away),
            (Within::Sequence, b'I') => return Some(Input::Back),
            (Within::Sequence, b'\x20'..b'\x40') => self.within = Within::Sequence,
            // A key that means nothing here.
            (Within::Escape | Within::Sequence, _) => {}
            (Within::Nothing, b'\n' | b'\r') => return self.line(),
            // Ctrl-D, where nothing is typed; Ctrl-U; Backspace.
            (Within::Nothing, b'\x04') if self.line.is_empty() => return Some(Input::Gone),
            (Within::Nothing, b'\x15') => self.line.clear(),
            (Within::Nothing, b'\x08' | b'\x7f') => self.rub_out(),
            (Within::Nothing, b'\0'..b'\x20') => {}
            (Within::Nothing, _) if self.line.len() < LINE_LEN_MAX => self.line.push(byte),
            (Within::Nothing, _) => {}
        }
        None
    }

    fn line(&mut self) -> Option<Input> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        (!line.is_empty()).then_some(Input::Line(line))
    }

    /// Takes the last character away, however many bytes it has.
    fn rub_out(&mut self) {
        while self.line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(bytes: &[u8]) -> Vec<Input> {
        let mut keys = Keys::default();
        bytes.iter().filter_map(|byte| keys.press(*byte)).collect()
    }

    fn line(text: &str) -> Input {
        Input::Line(text.to_owned())
    }

    #[test]
    fn a_line_is_what_was_typed_and_not_rubbed_out() {
        assert_eq!(pressed("buy milc\x7fk\n".as_bytes()), [line("buy milk")]);
        assert_eq!(pressed("née\x7f\x7futs\r".as_bytes()), [line("nuts")], "a character may have two bytes");
        assert_eq!(pressed(b"nonsense\x15nuts\n"), [line("nuts")]);
        assert_eq!(pressed(b"\x7f\n \n"), []);
    }

    #[test]
    fn the_terminal_says_whether_it_has_the_focus_also_within_a_line() {
        assert_eq!(pressed(b"\x1b[O\x1b[I"), [Input::Away, Input::Back]);
        assert_eq!(pressed(b"nu\x1b[Ots\n"), [Input::Away, line("nuts")]);
    }

    #[test]
    fn keys_that_mean_nothing_here_type_nothing() {
        // Up, Delete, Ctrl-Right, Alt-x.
        assert_eq!(pressed(b"nu\x1b[A\x1b[3~\x1b[1;5C\x1bxts\n"), [line("nuts")]);
    }

    #[test]
    fn only_an_empty_line_can_be_ended_by_going() {
        assert_eq!(pressed(b"n\x04uts\n\x04"), [line("nuts"), Input::Gone]);
    }

    #[test]
    fn a_line_has_an_end() {
        let long = [b'x'; LINE_LEN_MAX + 1];
        assert_eq!(pressed(&[&long[..], b"\n"].concat()), [line(&"x".repeat(LINE_LEN_MAX))]);
    }
}
