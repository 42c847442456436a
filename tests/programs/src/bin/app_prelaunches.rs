//! Makes ready what it can when it is launched ahead of the user, and says `prepares`; launched by the user it says
//! `shows prepared=true` or `shows prepared=false` (UWP-139), and makes it ready then. The variable `WORK` says how much
//! there is to compute for that: nothing without it. `enable-prelaunch:true` and `enable-prelaunch:false` say so to the
//! host, and say `enables prelaunch=true` or `enables prelaunch=false`.

use std::cell::Cell;
use std::rc::Rc;

use dormouse_guest::app::control;
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, compute, say};

#[derive(Default)]
struct Prelaunches {
    orders: Orders,
    prepared: Cell<bool>,
}

impl Prelaunches {
    fn prepare(&self) {
        if self.prepared.replace(true) {
            return;
        }
        let work: u32 = std::env::var("WORK").map_or(0, |work| work.parse().expect("a number"));
        (0..work).for_each(|_| compute());
    }
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
                self.prepare();
                say("prepares");
            } else {
                say(format_args!("shows prepared={}", self.prepared.get()));
                self.prepare();
            }
        }
    }
}

app_program!(Prelaunches);

fn main() {}
