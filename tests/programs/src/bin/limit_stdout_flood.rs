//! Writes as many mebibytes to stdout as its arguments say, between a first line `begin` and a last line
//! `end`. Every write succeeds, however much of it the host keeps.

use std::io::Write as _;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let mib: u32 = arguments(&instance)?.parse()?;
    let mut line = [b'z'; 1024];
    line[1023] = b'\n';
    say("begin");
    let mut out = std::io::stdout().lock();
    for _ in 0..mib * 1024 {
        out.write_all(&line)?;
    }
    drop(out);
    say("end");
    Ok(())
}

fn main() {}
