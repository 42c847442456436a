//! `dormouse-conform`: see the library.

mod built_in;

fn main() -> std::process::ExitCode {
    dormouse_conformance::cli::main(built_in::CASES)
}
