#[dormouse_guest::app]
struct Nest;

fn main() {}
