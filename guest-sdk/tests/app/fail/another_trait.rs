use std::rc::Rc;

use dormouse_guest::app::LaunchArgs;

trait Application {
    async fn launched(self: Rc<Self>, args: LaunchArgs);
}

struct Nest;

#[dormouse_guest::app]
impl Application for Nest {
    async fn launched(self: Rc<Self>, _: LaunchArgs) {}
}

fn main() {}
