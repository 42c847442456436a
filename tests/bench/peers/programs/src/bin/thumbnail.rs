//! Makes a thumbnail of one picture.

fn main() {
    std::hint::black_box(peer_work::thumbnail());
}
