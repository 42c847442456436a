//! Says when it began, and computes until it is killed.

fn main() -> std::io::Result<()> {
    bench_programs::tell_the_moment()?;
    loop {
        std::hint::black_box(());
    }
}
