//! An adapter: drives one host, and says what happened on it.
//!
//! [`serve`] is all there is to the protocol on this side; what is left is [`Adapter::handle`].

mod as_told;
mod commands;
pub mod daemon;
pub mod library;
pub mod wasmtime;
mod wishes;

use std::io::{self, BufRead, Read as _, Write};

use serde::Deserialize;
use serde_json::Value;

use crate::protocol::{Answer, Event, Hello, LINE_LEN_MAX, Line, Op, Reply, Request};

/// Drives one host.
pub trait Adapter {
    /// Who it is, and what it can do.
    fn hello(&self) -> Hello;

    /// Does what is asked, and tells what happened meanwhile. The protocol has the order: what happened before the answer
    /// was made is told before it.
    fn handle(&mut self, op: Op, tell: &mut dyn FnMut(Event)) -> Reply;
}

/// Answers `requests` until there are no more.
///
/// # Errors
///
/// A request that cannot be read, or nobody reads what is answered.
pub fn serve(
    adapter: &mut dyn Adapter,
    requests: impl Iterator<Item = io::Result<String>>,
    to: &mut dyn Write,
) -> io::Result<()> {
    for request in requests {
        let request = request?;
        if request.trim().is_empty() {
            continue;
        }
        let Request { id, op } = match understood(&request) {
            Ok(request) => request,
            Err(answer) => {
                write(to, &Line::Answer(answer))?;
                to.flush()?;
                continue;
            }
        };
        let mut told = Ok(());
        let reply = match op {
            Op::Hello { .. } => Reply::ok(adapter.hello()),
            op => adapter.handle(op, &mut |event| {
                if told.is_ok() {
                    told = write(to, &Line::Event(event));
                }
            }),
        };
        told?;
        write(to, &Line::Answer(Answer { id, reply }))?;
        to.flush()?;
    }
    Ok(())
}

/// A request; else what is answered to it.
///
/// What has a number and is not understood is of a runner that knows more: that cannot be done here. What has none is not
/// of a runner.
fn understood(request: &str) -> Result<Request, Answer> {
    let none = |error| Answer { id: 0, reply: Reply::failed(format_args!("this is no request: {error}")) };
    let value: Value = serde_json::from_str(request).map_err(none)?;
    let Numbered { id } = Numbered::deserialize(&value).map_err(none)?;
    serde_json::from_value(value).map_err(|error| Answer {
        id,
        reply: Reply::Unsupported(format!("the request is not understood: {error}")),
    })
}

/// What of a request every version has.
#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

fn write(to: &mut dyn Write, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    if text.len() > LINE_LEN_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than the protocol allows"));
    }
    to.write_all(&text)
}

/// The lines of `from`, none of which is longer than the protocol allows.
pub fn requests(mut from: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match (&mut from).take(LINE_LEN_MAX as u64 + 1).read_until(b'\n', &mut line) {
            Err(error) => Some(Err(error)),
            Ok(0) => None,
            Ok(read) if read > LINE_LEN_MAX => Some(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a request is longer than the protocol allows",
            ))),
            Ok(_) => Some(
                String::from_utf8(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            ),
        }
    })
}
