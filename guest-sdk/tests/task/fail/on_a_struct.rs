#[dormouse_guest::task]
struct Sweep;

fn main() {}
