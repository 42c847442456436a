//! Waits beside its handlers. Launched with `sleep:MS` it says `slept MS` when that time is over; with `tick:MS` it says
//! `tick 1`, `tick 2` and so on, that far apart, for ever. While it is suspended it does nothing at all. With `wasi:MS` it
//! waits in its handler, by WASI's clock and with all else in it, and says `waited MS`.

use std::rc::Rc;
use std::time::Duration;

use dormouse_guest::app::sleep;
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Sleeps {
    orders: Orders,
}

impl Program for Sleeps {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if !matches!(*heard, Heard::Launched(_)) || !self.orders.hear(&heard) {
            return;
        }
        if let Some(ms) = self.orders.number("wasi") {
            #[expect(clippy::disallowed_methods, reason = "it is WASI that it is to wait for")]
            std::thread::sleep(Duration::from_millis(ms));
            say(format_args!("waited {ms}"));
        }
        if let Some(ms) = self.orders.number("sleep") {
            dormouse_guest::spawn(async move {
                sleep(Duration::from_millis(ms)).await;
                say(format_args!("slept {ms}"));
            });
        }
        if let Some(ms) = self.orders.number("tick") {
            dormouse_guest::spawn(async move {
                for tick in 1_u64.. {
                    sleep(Duration::from_millis(ms)).await;
                    say(format_args!("tick {tick}"));
                }
            });
        }
    }
}

app_program!(Sleeps);

fn main() {}
