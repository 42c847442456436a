//! Never returns from the handlers that its orders name, and waits for nothing there (UWP-129).

use std::rc::Rc;

use test_programs::app::{Orders, Program};
use test_programs::app_program;
use test_programs::heard::Heard;

#[derive(Default)]
struct ReturnsNever {
    orders: Orders,
}

impl Program for ReturnsNever {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.name(&heard) {
            std::future::pending().await
        }
    }
}

app_program!(ReturnsNever);

fn main() {}
