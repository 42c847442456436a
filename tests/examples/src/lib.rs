//! The guest tasks among the examples, compiled: for each a constant with the path of its component. The
//! tests beside this run them; those of the embedders are in `examples/embed-*`.

include!(concat!(env!("OUT_DIR"), "/components.rs"));
