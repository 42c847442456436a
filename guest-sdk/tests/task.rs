//! What `#[dormouse_guest::task]` accepts, and what it says when it does not. The words are part of the
//! interface: each message says what to write.
//!
//! After a change of the messages, `TRYBUILD=overwrite cargo test -p dormouse-guest --test task` writes
//! them anew; read the difference before you keep it.

#[test]
fn accepts_a_task_or_says_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/task/pass/*.rs");
    cases.compile_fail("tests/task/fail/*.rs");
}
