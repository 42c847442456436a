//! The components made from `tests/programs`: a constant for each with the path of its file, named as the
//! program in capitals, and macros that list them.
//!
//! `foreach_run!`, `foreach_cancel!` and so on list the programs of one area, the first word of the name;
//! `foreach_program!` lists all. With them, a test crate makes sure that no program is without a test:
//!
//! ```
//! # fn main() {}
//! fn progress_values() {
//!     // runs `test_artifacts::PROGRESS_VALUES` and looks at what comes of it
//! }
//!
//! macro_rules! assert_test_exists {
//!     ($name:ident) => {
//!         #[expect(unused_imports, reason = "only to see whether it exists")]
//!         use self::$name as _;
//!     };
//! }
//! test_artifacts::foreach_progress!(assert_test_exists);
//! ```
//!
//! In a module that lacks `fn progress_values`, this does not compile.

include!(concat!(env!("OUT_DIR"), "/programs.rs"));
