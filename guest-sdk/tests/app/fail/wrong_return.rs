use std::rc::Rc;

use dormouse_guest::app::{App, LaunchArgs};
use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[derive(Default)]
struct Nest;

#[dormouse_guest::app]
impl App for Nest {
    async fn launched(self: Rc<Self>, _: LaunchArgs) -> Result<(), TaskError> {
        Ok(())
    }

    async fn background_activated(self: Rc<Self>, _: BackgroundTaskInstance) {}
}

fn main() {}
