//! Registers tasks in groups and in none, and lists them (UWP-016, UWP-017, UWP-018). Its arguments are the id
//! of a registration of another app, which it neither sees nor removes.

use std::slice::from_ref;

use dormouse_guest::registration::{self, IfExists, RegistrationErrorKind, TaskBuilder, Trigger};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let foreign = arguments(&instance)?;
    let me = instance.activation().registration_id;
    let on_signal = |name: &str| TaskBuilder::new(name).entry_point("main").trigger(Trigger::signal("t"));
    assert_eq!(registration::groups(), [""; 0]);
    let alone = on_signal("alone").register(IfExists::Error)?;
    let feeds = [
        on_signal("a").group("org.example.feeds").register(IfExists::Error)?,
        on_signal("b").group("org.example.feeds").register(IfExists::Error)?,
    ];
    let mail = on_signal("a").group("org.example.a-mail").register(IfExists::Error)?;

    let ids: Vec<String> = registration::tasks().into_iter().map(|task| task.id).collect();
    assert_eq!(
        ids,
        [me.clone(), alone.id],
        "UWP-016: ungrouped ones of this app, in the order of their making"
    );
    assert_eq!(registration::groups(), ["org.example.a-mail", "org.example.feeds"]);
    assert_eq!(registration::group_tasks("org.example.feeds"), feeds, "UWP-017");
    assert_eq!(registration::group_tasks("org.example.a-mail"), from_ref(&mail), "UWP-017");
    assert_eq!(registration::group_tasks("org.example"), [], "UWP-017: there is no such group");
    assert_eq!(mail.group.as_deref(), Some("org.example.a-mail"));

    for foreign in [&*foreign, "", "not an id"] {
        let refused = registration::unregister(foreign, true).expect_err("it is not this app's");
        assert_eq!(refused.kind, RegistrationErrorKind::NotFound);
    }

    for task in registration::tasks() {
        registration::unregister(&task.id, false)?;
    }
    assert_eq!(registration::tasks(), []);
    assert_eq!(registration::groups().len(), 2, "UWP-018");
    registration::unregister(&mail.id, false)?;
    assert_eq!(registration::groups(), ["org.example.feeds"], "an empty group is none");
    Ok(())
}

fn main() {}
