//! A program of WASI, no task: panics.

fn main() {
    panic!("no nuts");
}
