use std::rc::Rc;

use dormouse_guest::app::{App, Transition};

#[derive(Default)]
struct Nest;

#[dormouse_guest::app]
impl App for Nest {
    async fn suspending(self: Rc<Self>, _: Transition) {}
}

fn main() {}
