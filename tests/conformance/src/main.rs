//! `dormouse-conform`: see the library.

fn main() -> std::process::ExitCode {
    dormouse_conformance::cli::main()
}
