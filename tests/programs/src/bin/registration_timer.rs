//! Woken by its app, registers a one-shot time trigger for itself and ends (UWP-002, UWP-003, UWP-019). Woken
//! by that, prints so. Its arguments are the period in seconds.

use std::time::Duration;

use dormouse_guest::registration::{self, IfExists, TaskBuilder, TimeTrigger, Trigger};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, say};

/// Any text is a name.
const NAME: &str = "later — 後で";

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let me = instance.activation();
    if me.name == NAME {
        let mine: Vec<_> = registration::tasks().into_iter().filter(|task| task.name == NAME).collect();
        assert_eq!(mine.len(), 1);
        assert_eq!(mine[0].id, me.registration_id, "UWP-002: the id stays");
        assert!(mine[0].spent, "UWP-034: a spent one-shot stays listed");
        say("woken by its timer");
        return Ok(());
    }
    let period = Duration::from_secs(arguments(&instance)?.parse()?);
    let trigger = Trigger::Time(TimeTrigger::once(period));
    let made = TaskBuilder::new(NAME)
        .entry_point("main")
        .trigger(trigger.clone())
        .condition("custom:ready")
        .register(IfExists::Error)?;
    assert_eq!(made.name, NAME, "UWP-003");
    assert_eq!(made.trigger, trigger);
    assert_eq!(made.conditions, ["custom:ready"]);
    assert_eq!((made.entry_point.as_str(), made.group.as_deref(), made.spent), ("main", None, false));
    assert_ne!(made.id, me.registration_id);
    assert!(registration::tasks().contains(&made));
    say(made.id);
    Ok(())
}

fn main() {}
