//! Requests every application trigger of its app in the handlers that its orders name: allowed to an app in the
//! foreground (UWP-044, UWP-045), refused in the background (UWP-046). With `after:MS` a spawned future does so, that much
//! later. Says `request name="N" state=S answer=A` with `allowed`, `currently-running`, `disabled-by-policy` or
//! `unknown-error`. The request carries no arguments.

use std::rc::Rc;
use std::time::Duration;

use dormouse_guest::app::{control, sleep};
use dormouse_guest::registration::{self, ApplicationTriggerResult, Trigger};
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Asks {
    orders: Orders,
}

fn asks() {
    let groups = registration::groups();
    let grouped = groups.iter().flat_map(|group| registration::group_tasks(group));
    for task in registration::tasks().into_iter().chain(grouped) {
        if task.trigger != Trigger::Application {
            continue;
        }
        let answer = match registration::request(&task.id, b"") {
            ApplicationTriggerResult::Allowed => "allowed",
            ApplicationTriggerResult::CurrentlyRunning => "currently-running",
            ApplicationTriggerResult::DisabledByPolicy => "disabled-by-policy",
            ApplicationTriggerResult::UnknownError => "unknown-error",
            _ => "unknown",
        };
        say(format_args!("request name={:?} state={} answer={answer}", task.name, control::state()));
    }
}

impl Program for Asks {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if !self.orders.name(&heard) {
            return;
        }
        match self.orders.number("after") {
            None => asks(),
            Some(ms) => dormouse_guest::spawn(async move {
                sleep(Duration::from_millis(ms)).await;
                asks();
            }),
        }
    }
}

app_program!(Asks);

fn main() {}
