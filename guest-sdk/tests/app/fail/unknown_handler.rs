use std::rc::Rc;

use dormouse_guest::app::{App, LaunchArgs};
use dormouse_guest::app::Transition;

#[derive(Default)]
struct Nest;

#[dormouse_guest::app]
impl App for Nest {
    async fn launched(self: Rc<Self>, _: LaunchArgs) {}

    async fn suspended(self: Rc<Self>, _: Transition) {}
}

fn main() {}
