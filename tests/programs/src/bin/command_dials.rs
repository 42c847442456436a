//! A program of WASI, no task: connects to the address in its argument and says whether it could.

use std::net::TcpStream;

use test_programs::say;

fn main() {
    let address = std::env::args().nth(1).expect("an address");
    match TcpStream::connect(address) {
        Ok(_) => say("connected"),
        Err(error) => say(error.kind()),
    }
}
