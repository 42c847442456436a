//! Parses 10 kB of JSON.

fn main() {
    peer_work::json();
}
