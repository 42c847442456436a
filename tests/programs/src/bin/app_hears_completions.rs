//! Hears what becomes of its background tasks (UWP-111 to UWP-114, UWP-119), which nothing attached it to. In one
//! instance each completion is told once, and none out of order. Launched with `slow:MS` it returns from `progressed` after
//! that.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use dormouse_guest::app::control::{self, AppState};
use dormouse_guest::app::sleep;
use test_programs::app::{Orders, Program};
use test_programs::app_program;
use test_programs::heard::Heard;

struct Hears {
    orders: Orders,
    told: RefCell<HashSet<String>>,
    last: Cell<std::time::SystemTime>,
}

impl Default for Hears {
    fn default() -> Self {
        Self { orders: Orders::default(), told: RefCell::default(), last: Cell::new(UNIX_EPOCH) }
    }
}

impl Program for Hears {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        self.orders.hear(&heard);
        match &*heard {
            Heard::Completed(completions) => {
                for c in completions {
                    assert!(
                        self.told.borrow_mut().insert(c.instance_id.clone()),
                        "UWP-112: told twice: {c:?}"
                    );
                    assert!(c.ended_at >= self.last.replace(c.ended_at), "UWP-114: not in order: {c:?}");
                }
            }
            Heard::Progressed(_) => {
                assert_eq!(control::state(), AppState::Foreground, "UWP-111: progress is for who is seen");
                if let Some(ms) = self.orders.number("slow") {
                    sleep(Duration::from_millis(ms)).await;
                }
            }
            _ => {}
        }
    }
}

app_program!(Hears);

fn main() {}
