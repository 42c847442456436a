//! Says every handler that it hears (UWP-108, UWP-109, UWP-121, UWP-123 to UWP-126, UWP-131, UWP-132, UWP-136,
//! UWP-137). Launched with `grow:N` it takes N MiB for good; with `memory` it says `memory level=L limit=B`, and with
//! `state` it says `state background`, `state foreground` or `state suspending` in each handler from then on.

use std::rc::Rc;

use dormouse_guest::app::control;
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Everything {
    orders: Orders,
}

impl Program for Everything {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.hear(&heard) && self.orders.has("memory") {
            let memory = control::memory();
            assert!(memory.used_bytes > 0);
            say(format_args!("memory level={} limit={}", memory.level, memory.limit_bytes));
        }
        if self.orders.has("state") {
            say(format_args!("state {}", control::state()));
        }
    }
}

app_program!(Everything);

fn main() {}
