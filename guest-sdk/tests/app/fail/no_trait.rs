use std::rc::Rc;

use dormouse_guest::app::LaunchArgs;

#[derive(Default)]
struct Nest;

#[dormouse_guest::app]
impl Nest {
    async fn launched(self: Rc<Self>, _: LaunchArgs) {}
}

fn main() {}
