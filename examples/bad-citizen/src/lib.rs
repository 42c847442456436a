//! A background task that misbehaves, in the way that its argument names, after saying what it is about to
//! do. Run it to see what a host does about it:
//!
//! | argument | it | what comes of it |
//! | --- | --- | --- |
//! | `spin` | computes for ever | told at its CPU limit, killed after the grace |
//! | `allocate` | takes memory until there is none | growth is refused, then it traps |
//! | `flood` | prints for ever | output is cut; told and killed as for `spin` |
//! | `ignore-cancel` | waits for ever, also when told to stop | killed after the grace |
//! | `forget-deferral` | returns and never completes its deferral | ended at once as abandoned |
//! | `recurse` | calls itself without end | the stack's limit traps |
//! | `escape` | reads `/etc/passwd`, calls a stranger | neither works, and it reports that it failed |
//! | `panic` | panics | traps; the message is on stderr |

#![expect(clippy::print_stdout, reason = "what a task prints is captured by its host")]

use std::hint::black_box;
use std::net::{Ipv4Addr, TcpStream};

use dormouse_guest::{BackgroundTaskInstance, TaskError};

const MIB: usize = 1024 * 1024;

#[dormouse_guest::task]
async fn misbehave(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match instance.trigger_details().arguments_str()? {
        "spin" => {
            println!("computing for ever");
            let mut x = 0_u64;
            loop {
                x = black_box(x.wrapping_add(1));
            }
        }
        "allocate" => {
            println!("taking all memory");
            let mut taken = Vec::new();
            loop {
                // Not zero: pages of zeros would cost nothing until they are written.
                taken.push(black_box(vec![1_u8; MIB]));
            }
        }
        "flood" => {
            println!("printing for ever");
            let line = "I will not be quiet. ".repeat(100);
            loop {
                println!("{line}");
            }
        }
        "ignore-cancel" => {
            println!("staying, whoever tells me to go");
            if let Some(cancellation) = instance.canceled().await {
                println!("not listening to {}", cancellation.reason);
            }
            std::future::pending().await
        }
        "forget-deferral" => {
            println!("promising more work, and forgetting it");
            std::mem::forget(instance.get_deferral()?);
            Ok(())
        }
        "recurse" => {
            println!("calling myself without end");
            Err(TaskError::failed(format!("reached the bottom: {}", descend(black_box(1)))))
        }
        "escape" => {
            println!("looking for a way out");
            Err(TaskError::failed(escape()))
        }
        "panic" => {
            println!("panicking");
            panic!("as you wished");
        }
        other => Err(TaskError::failed(format!("{other:?} is no misbehaviour that I know"))),
    }
}

/// Neither a tail call nor a sum that could be reordered, so that no optimiser makes a loop of it.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    if depth == 0 { 0 } else { descend(depth.wrapping_add(1)).wrapping_mul(depth | 1) ^ depth }
}

/// Tries the two ways out that most programs try first; answers how far it came.
fn escape() -> String {
    let file = match std::fs::read("/etc/passwd") {
        Ok(bytes) => format!("read {} bytes of /etc/passwd", bytes.len()),
        Err(e) => format!("could not read /etc/passwd ({:?})", e.kind()),
    };
    // TEST-NET-1 (RFC 5737): nobody's address.
    let stranger = match TcpStream::connect((Ipv4Addr::new(192, 0, 2, 1), 80)) {
        Ok(_) => "reached a stranger".to_owned(),
        Err(e) => format!("could not reach a stranger ({:?})", e.kind()),
    };
    format!("{file}; {stranger}")
}
