//! Says when it began, and waits until its input ends.

fn main() -> std::io::Result<()> {
    bench_programs::tell_the_moment()?;
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())?;
    Ok(())
}
