use std::rc::Rc;

use dormouse_guest::app::{App, LaunchArgs};

#[derive(Default)]
struct Nest;

#[dormouse_guest::app]
impl App for Nest {
    async fn launched(_: Rc<Self>, _: LaunchArgs) {}
}

fn main() {}
