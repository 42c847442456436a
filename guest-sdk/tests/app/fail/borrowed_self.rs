use std::rc::Rc;

use dormouse_guest::app::{App, LaunchArgs};
use dormouse_guest::app::Transition;

#[derive(Default)]
struct Nest {
    eggs: u32,
}

#[dormouse_guest::app]
impl App for Nest {
    async fn launched(&mut self, _: LaunchArgs) {
        self.eggs += 1;
    }

    async fn suspending(&self, _: Transition) {}

    async fn resuming(self: Rc<Self>, _: dormouse_guest::app::ResumingArgs) {}
}

fn main() {}
