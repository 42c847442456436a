//! Hears what becomes of its background tasks (UWP-111 to UWP-114, UWP-119), which nothing attached it to. In one
//! instance each completion is told once, and none out of order.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::UNIX_EPOCH;

use dormouse_guest::app::control::{self, AppState};
use test_programs::app::Program;
use test_programs::app_program;
use test_programs::heard::Heard;

struct Hears {
    told: RefCell<HashSet<String>>,
    last: Cell<std::time::SystemTime>,
}

impl Default for Hears {
    fn default() -> Self {
        Self { told: RefCell::default(), last: Cell::new(UNIX_EPOCH) }
    }
}

impl Program for Hears {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
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
            }
            _ => {}
        }
    }
}

app_program!(Hears);

fn main() {}
