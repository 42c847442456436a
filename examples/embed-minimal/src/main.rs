//! A program of forty lines that hosts a background task: it installs a component, registers it on an
//! application trigger, fires that once, and says how it ended.
//!
//! ```text
//! cargo build -p greeter --release --target wasm32-wasip2
//! cargo run -p embed-minimal -- target/wasm32-wasip2/release/greeter.wasm Ada
//! ```

#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]

use std::sync::Arc;

use anyhow::{Context, bail};
use dormouse::{App, AppId, Component, Event, EventKind, Host, IfExists, Observer, TaskBuilder, Trigger};

/// Shows what the task writes.
struct Output;

impl Observer for Output {
    fn observe(&self, event: &Event) {
        if let EventKind::Output { text, .. } = &event.kind {
            // Guests are strangers: what they write may hold commands for the terminal.
            print!("{}", text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}"));
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("which component? Usage: embed-minimal COMPONENT.wasm [ARGUMENT]")?;
    let argument = arguments.next().unwrap_or_default();
    let bytes = std::fs::read(&path).with_context(|| format!("{path} cannot be read"))?;

    let host = Host::builder().observer(Arc::new(Output)).start().await?;
    let app = AppId::new("org.example.minimal")?;
    let component = Component::compile(host.engine(), &bytes).with_context(|| path.clone())?;
    host.install(App::new(app.clone()).entry_point("main", component))?;

    let task = TaskBuilder::new("minimal").entry_point("main").trigger(Trigger::Application);
    let registered = host.register(&app, task, IfExists::default()).await?;
    let fired = host.request(registered.id, argument).await?;
    let activation = fired.activation().with_context(|| format!("the firing came to {fired:?}"))?;

    let completion = host.completed(activation).await?;
    host.shutdown(false).await;
    let receipt = &completion.run.receipt;
    println!("{} after {:?}, {:?} of it CPU", completion.run.outcome, receipt.wall, receipt.cpu);
    if completion.check_result().is_err() {
        bail!("the task did not succeed");
    }
    Ok(())
}
