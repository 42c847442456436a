//! Says when it began.

fn main() -> std::io::Result<()> {
    bench_programs::tell_the_moment()
}
