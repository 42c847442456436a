//! A component that is no task: it exports nothing but its `main`. A host refuses it when it is installed.

fn main() {}
