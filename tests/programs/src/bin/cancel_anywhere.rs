//! Goes into the state that the first word of its arguments names, says so with its progress, and never leaves it,
//! whoever asks. What the second word names belongs to the state: a file, an address, a name.

use std::hint::black_box;
use std::io::Write as _;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;
use std::{fs, thread};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, compute, http, no_such_attack};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The larger half of what a run may have.
const BLOCK: usize = 48 << 20;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let arguments = arguments(&instance)?;
    let (state, place) = arguments.split_once(' ').unwrap_or((&arguments, ""));
    let mut block = if state == "copy" { vec![1_u8; BLOCK] } else { Vec::new() };
    instance.set_progress(1);
    match state {
        "wait" => {
            let _ = instance.canceled().await;
            std::future::pending().await
        }
        "spin" => loop {
            compute();
        },
        "copy" => loop {
            black_box(&mut block).copy_within(..BLOCK - 1, 1);
        },
        "recurse" => loop {
            black_box(descend(black_box(1)));
        },
        // The thread of the guest waits, and with it all of the guest.
        "sleep" => loop {
            #[expect(clippy::disallowed_methods, reason = "a guest has no other clock than WASI's")]
            thread::sleep(DAY);
        },
        "poll" => loop {
            let _ = instance.sleep(Duration::ZERO).await;
        },
        "read" => loop {
            black_box(fs::read(place)?);
        },
        "write" => loop {
            std::io::stdout().write_all(&[b'x'; 64 * 1024])?;
        },
        "connect" => Ok(TcpStream::connect(place).map(drop)?),
        "body" => Ok(http::get(place).map(drop)?),
        "lookup" => loop {
            let _ = black_box((place, 80).to_socket_addrs());
        },
        other => Err(no_such_attack(other)),
    }
}

/// As deep as the stack of a run is for certain, and no deeper.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    if depth == 2_000 { depth } else { descend(depth + 1).wrapping_mul(depth | 1) ^ depth }
}

fn main() {}
