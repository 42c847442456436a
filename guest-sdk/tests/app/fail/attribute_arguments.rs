use std::rc::Rc;

use dormouse_guest::app::{App, LaunchArgs};

#[derive(Default)]
struct Nest;

#[dormouse_guest::app(name = "nest")]
impl App for Nest {
    async fn launched(self: Rc<Self>, _: LaunchArgs) {}
}

fn main() {}
