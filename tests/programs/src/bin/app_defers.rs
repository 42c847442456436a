//! Takes deferrals of the transitions that its orders name: `entered-background`, `leaving-background`, `suspending`
//! (UWP-128). `count:N` of them, else one, which a spawned future completes after `hold:MS`, else 1000.
//!
//! Says `defers HANDLER deferrals=N refused=R` with `none` or `too-many`, and `completes HANDLER`. With `deadline` it says
//! `deadline HANDLER remaining-ms=N at-ms=N` first. With `late` it asks the transition for another deferral when the next
//! handler but those of memory and tasks comes, and says `late HANDLER refused=R`, where R is `ended`.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use dormouse_guest::DeferralError;
use dormouse_guest::app::{Transition, TransitionDeferral, sleep};
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Defers {
    orders: Orders,
    past: RefCell<Option<Rc<Heard>>>,
}

impl Defers {
    fn defers(&self, handler: &'static str, transition: &Transition) {
        if self.orders.has("deadline") {
            let at = transition.deadline().duration_since(UNIX_EPOCH).expect("it is after the epoch");
            let (left, at) = (transition.remaining().as_millis(), at.as_millis());
            say(format_args!("deadline {handler} remaining-ms={left} at-ms={at}"));
        }
        let count = self.orders.number("count").unwrap_or(1);
        let hold = Duration::from_millis(self.orders.number("hold").unwrap_or(1000));
        let mut held = Vec::new();
        let mut refused = "none";
        for _ in 0..count {
            match transition.deferral() {
                Ok(deferral) => held.push(deferral),
                Err(e) => refused = name(e),
            }
        }
        say(format_args!("defers {handler} deferrals={} refused={refused}", held.len()));
        dormouse_guest::spawn(async move {
            sleep(hold).await;
            say(format_args!("completes {handler}"));
            held.into_iter().for_each(TransitionDeferral::complete);
        });
    }

    fn late(&self, heard: &Heard) {
        if matches!(heard, Heard::MemoryUsageChanged(_) | Heard::Completed(_) | Heard::Progressed(_))
            || heard.run().is_some()
        {
            return;
        }
        let Some(past) = self.past.take() else { return };
        let refused =
            past.transition().expect("only transitions are kept").deferral().map_or_else(name, |_| "none");
        say(format_args!("late {} refused={refused}", past.handler()));
    }
}

fn name(error: DeferralError) -> &'static str {
    match error {
        DeferralError::Ended => "ended",
        DeferralError::TooMany => "too-many",
        _ => "unknown",
    }
}

impl Program for Defers {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        self.late(&heard);
        if !self.orders.name(&heard) {
            return;
        }
        if let Some(transition) = heard.transition() {
            self.defers(heard.handler(), transition);
            if self.orders.has("late") {
                self.past.replace(Some(Rc::clone(&heard)));
            }
        }
    }
}

app_program!(Defers);

fn main() {}
