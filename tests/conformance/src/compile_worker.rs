//! The program that the tests of compilation start: nothing but a worker.

fn main() -> std::process::ExitCode {
    dormouse::compile_worker()
}
