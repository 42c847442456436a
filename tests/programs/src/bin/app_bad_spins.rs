//! Computes for ever in the handlers that its orders name, without any call to the host (UWP-129, UWP-085).

use std::rc::Rc;

use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, compute};

#[derive(Default)]
struct Spins {
    orders: Orders,
}

impl Program for Spins {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.name(&heard) {
            loop {
                compute();
            }
        }
    }
}

app_program!(Spins);

fn main() {}
