//! The terminal: lines that scroll, and below them one line with the app's state and what is being typed. If standard
//! input and output are no terminal, only the lines.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc;

use dormouse::core::app::lifecycle::AppState;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// Asks the terminal to tell when it gets and loses the focus.
const REPORT_FOCUS: &str = "\x1b[?1004h";
const REPORT_NO_FOCUS: &str = "\x1b[?1004l";
/// To the beginning of the line, and nothing in it.
const CLEAR_LINE: &str = "\r\x1b[K";

enum Draw {
    Line(String),
    State(AppState),
    Typed(String),
    Enter,
    Leave(mpsc::SyncSender<()>),
}

/// The terminal, which is this program's until it is dropped.
pub(crate) struct Screen(Pen);

/// Draws on the screen. Never waits for it: a terminal may be slow, and an observer must not be.
#[derive(Clone)]
pub(crate) struct Pen(mpsc::Sender<Draw>);

impl Screen {
    pub(crate) fn open() -> io::Result<Self> {
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let found = if is_terminal { Some(tcgetattr(io::stdin())?) } else { None };
        let (draws, drawn) = mpsc::channel();
        let mut painter = Painter { found, here: false, state: AppState::NotRunning, typed: String::new() };
        std::thread::spawn(move || {
            for draw in drawn {
                // A terminal that hung up: the program hears of that otherwise.
                let _ = painter.paint(draw);
            }
        });
        let pen = Pen(draws);
        pen.enter();
        Ok(Self(pen))
    }

    pub(crate) fn pen(&self) -> Pen {
        self.0.clone()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Pen {
    /// Lines that scroll.
    pub(crate) fn lines(&self, text: &str) {
        for line in text.lines() {
            self.draw(Draw::Line(line.to_owned()));
        }
    }

    /// The app's state.
    pub(crate) fn state(&self, state: AppState) {
        self.draw(Draw::State(state));
    }

    /// What is being typed.
    pub(crate) fn typed(&self, line: &[u8]) {
        self.draw(Draw::Typed(String::from_utf8_lossy(line).into_owned()));
    }

    /// Takes the terminal.
    pub(crate) fn enter(&self) {
        self.draw(Draw::Enter);
    }

    /// Puts the terminal back as it was, once all is drawn. This one waits.
    pub(crate) fn leave(&self) {
        let (tell, told) = mpsc::sync_channel(1);
        self.draw(Draw::Leave(tell));
        // An error is that there is no painter, and nothing to put back.
        let _ = told.recv();
    }

    fn draw(&self, draw: Draw) {
        // The painter goes on for as long as there is a pen.
        let _ = self.0.send(draw);
    }
}

struct Painter {
    /// How the terminal was found; none if there is none.
    found: Option<Termios>,
    /// The terminal is ours.
    here: bool,
    state: AppState,
    typed: String,
}

impl Painter {
    fn paint(&mut self, draw: Draw) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.here {
            out.write_all(CLEAR_LINE.as_bytes())?;
        }
        match draw {
            Draw::Line(line) => writeln!(out, "{}", harmless(&line))?,
            Draw::State(state) => self.state = state,
            Draw::Typed(line) => self.typed = line,
            Draw::Enter => self.enter(&mut out)?,
            Draw::Leave(tell) => {
                let left = self.leave(&mut out);
                // Whoever waits for it may be gone.
                let _ = tell.send(());
                left?;
            }
        }
        if self.here {
            let state = self.state.as_str();
            let room = width().saturating_sub(state.len() + 4);
            let typed = harmless(&self.typed);
            let skip = typed.chars().count().saturating_sub(room);
            let shown: String = typed.chars().skip(skip).collect();
            write!(out, "\x1b[7m {state} \x1b[0m {shown}")?;
        }
        out.flush()
    }

    /// Keys one by one and unechoed, but for those that are signals.
    fn enter(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Some(found) = &self.found else { return Ok(()) };
        let mut ours = found.clone();
        ours.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        ours.special_codes[SpecialCodeIndex::VMIN] = 1;
        ours.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Now, &ours)?;
        self.here = true;
        out.write_all(REPORT_FOCUS.as_bytes())
    }

    fn leave(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Some(found) = self.found.as_ref().filter(|_| self.here) else { return out.flush() };
        self.here = false;
        tcsetattr(io::stdin(), OptionalActions::Now, found)?;
        out.write_all(REPORT_NO_FOCUS.as_bytes())?;
        out.flush()
    }
}

/// Columns of the terminal.
fn width() -> usize {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 => size.ws_col.into(),
        _ => 80,
    }
}

/// Guests are strangers: what they write may hold commands for the terminal.
fn harmless(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
