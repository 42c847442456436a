//! `task-first`, in the instance of an app.

use std::rc::Rc;

use dormouse_guest::app::{App, LaunchArgs};
use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[derive(Default)]
struct First;

#[dormouse_guest::app]
impl App for First {
    async fn launched(self: Rc<Self>, _: LaunchArgs) {}

    async fn background_activated(self: Rc<Self>, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        instance.get_deferral()?.complete();
        Ok(())
    }
}

fn main() {}
