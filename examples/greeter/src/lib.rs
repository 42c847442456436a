//! The smallest background task: it says why it was woken, waits a little, and says goodbye.
//!
//! ```text
//! cargo build -p greeter --release --target wasm32-wasip2
//! ```
//!
//! It asks for nothing and needs no grants. Fired with arguments it greets whoever they name; woken by a
//! signal it repeats what the signal said; woken by a timer it says so. While it waits it can be cancelled.

#![expect(clippy::print_stdout, reason = "what a task prints is captured by its host")]

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};

#[dormouse_guest::task]
async fn greet(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match instance.trigger_details() {
        TriggerDetails::Application(name) if name.is_empty() => println!("hello, whoever you are"),
        TriggerDetails::Application(name) => println!("hello, {}", String::from_utf8_lossy(&name)),
        TriggerDetails::Message(m) => println!("{}: {}", m.topic, String::from_utf8_lossy(&m.body)),
        _ => println!("{} woke me", instance.activation().name),
    }
    instance.set_progress(50);
    if let Some(cancellation) = instance.sleep(Duration::from_millis(10)).await {
        println!("I have to go: {cancellation}");
        return Ok(());
    }
    instance.set_progress(100);
    println!("goodbye");
    Ok(())
}
