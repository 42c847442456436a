use std::rc::Rc;

use dormouse_guest::app::{App, LaunchArgs};

struct Nest<T>(T);

impl<T> Default for Nest<T> {
    fn default() -> Self {
        panic!("never made: it does not compile")
    }
}

#[dormouse_guest::app]
impl<T: 'static> App for Nest<T> {
    async fn launched(self: Rc<Self>, _: LaunchArgs) {}
}

fn main() {}
