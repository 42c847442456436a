//! Makes ready what it can when it is launched ahead of the user, and says `prepares`; launched by the user it says
//! `shows prepared=true` or `shows prepared=false` (UWP-139). `enable-prelaunch:true` and `enable-prelaunch:false` say so
//! to the host, and say `enables prelaunch=true` or `enables prelaunch=false`.

use std::cell::Cell;
use std::rc::Rc;

use dormouse_guest::app::control;
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Prelaunches {
    orders: Orders,
    prepared: Cell<bool>,
}

impl Program for Prelaunches {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.hear(&heard)
            && let Some(yes) = self.orders.number("enable-prelaunch")
        {
            control::enable_prelaunch(yes);
            say(format_args!("enables prelaunch={yes}"));
        }
        if let Heard::Launched(args) = &*heard {
            if args.prelaunch {
                self.prepared.set(true);
                say("prepares");
            } else {
                say(format_args!("shows prepared={}", self.prepared.get()));
            }
        }
    }
}

app_program!(Prelaunches);

fn main() {}
