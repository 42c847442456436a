//! Takes a deferral in the handlers that its orders name, transitions and background tasks, and returns without it ever
//! being completed (UWP-129). Says `forgets HANDLER`.

use std::rc::Rc;

use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Forgets {
    orders: Orders,
}

impl Program for Forgets {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.name(&heard) {
            if let Some(transition) = heard.transition() {
                std::mem::forget(transition.deferral().expect("the transition is not over"));
            } else if let Some(run) = heard.run() {
                std::mem::forget(run.get_deferral().expect("the run is not over"));
            } else {
                panic!("{} has no deferrals", heard.handler());
            }
            say(format_args!("forgets {}", heard.handler()));
        }
    }
}

app_program!(Forgets);

fn main() {}
