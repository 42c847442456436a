//! Panics in the handlers that its orders name (UWP-134, UWP-085), with `as asked, in HANDLER` on stderr.

use std::rc::Rc;

use test_programs::app::{Orders, Program};
use test_programs::app_program;
use test_programs::heard::Heard;

#[derive(Default)]
struct Traps {
    orders: Orders,
}

impl Program for Traps {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.name(&heard) {
            panic!("as asked, in {}", heard.handler());
        }
    }
}

app_program!(Traps);

fn main() {}
