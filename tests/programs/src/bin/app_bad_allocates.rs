//! Takes memory for good in the handlers that its orders name (UWP-107, UWP-109): as many MiB as `by:N` says, in one
//! piece, else one after the other until there are no more, at most 4096. Says `grew N MiB` or `refused N MiB`; of one
//! after the other, how many it got: `took N MiB`.

use std::rc::Rc;

use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, grow, say, take_all};

#[derive(Default)]
struct Allocates {
    orders: Orders,
}

impl Program for Allocates {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.name(&heard) {
            match self.orders.number("by") {
                Some(mib) => grow(mib),
                None => say(format_args!("took {} MiB", take_all())),
            }
        }
    }
}

app_program!(Allocates);

fn main() {}
