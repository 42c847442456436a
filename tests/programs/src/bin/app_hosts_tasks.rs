//! Background tasks in the instance of their app (UWP-120 to UWP-122, UWP-127, UWP-086, UWP-094): each is
//! `test_programs::hosted`, as in `task_hosted`. Says `state background` or `state foreground` as one begins.

use std::rc::Rc;

use dormouse_guest::app::control;
use test_programs::app::Program;
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Hosts;

impl Program for Hosts {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if heard.run().is_some() {
            say(format_args!("state {}", control::state()));
        }
    }
}

app_program!(Hosts);

fn main() {}
