//! Has a counter in memory, saves it as the setting `counter` in `suspending`, and restores it when it is to
//! (UWP-130, UWP-133 to UWP-135, UWP-138). Each launch and activation says `started fresh`, `restored N` or `kept N`;
//! then `add:N` adds to it and says `counter N`. `suspending` says `saved N`, or `not saved: WHY`; `resuming` says
//! `kept N`.

use std::cell::Cell;
use std::rc::Rc;

use dormouse_guest::app::PreviousExecutionState;
use dormouse_guest::settings;
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Counter {
    count: Cell<u32>,
    orders: Orders,
}

impl Counter {
    fn begin(&self, previous: PreviousExecutionState) {
        if matches!(previous, PreviousExecutionState::Running | PreviousExecutionState::Suspended) {
            return self.kept();
        }
        assert_eq!(self.count.get(), 0, "it is told that it was {previous}, and has memory of it");
        let saved = settings::get_str("counter").expect("settings are readable");
        match saved.filter(|_| previous.restores()) {
            Some(saved) => {
                self.count.set(saved.parse().expect("a number was saved"));
                say(format_args!("restored {saved}"));
            }
            None => say("started fresh"),
        }
    }

    fn kept(&self) {
        say(format_args!("kept {}", self.count.get()));
    }
}

impl Program for Counter {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        match &*heard {
            Heard::Launched(args) => self.begin(args.previous),
            Heard::Activated(args) => self.begin(args.previous),
            Heard::Resuming(_) => self.kept(),
            Heard::Suspending(_) => {
                let count = self.count.get().to_string();
                match settings::set("counter", &count) {
                    Ok(()) => say(format_args!("saved {count}")),
                    Err(e) => say(format_args!("not saved: {e}")),
                }
            }
            _ => {}
        }
        if self.orders.hear(&heard)
            && let Some(more) = self.orders.number::<u32>("add")
        {
            self.count.set(self.count.get() + more);
            say(format_args!("counter {}", self.count.get()));
        }
    }
}

app_program!(Counter);

fn main() {}
