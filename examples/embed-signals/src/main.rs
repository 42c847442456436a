//! A host with signals, conditions and a clock of its own: a house with a doorbell.
//!
//! ```text
//! cargo build -p greeter --release --target wasm32-wasip2
//! cargo run -p embed-signals -- target/wasm32-wasip2/release/greeter.wasm
//! ```
//!
//! Then type `ring postman`, `home`, `away`; the end of the input ends the program.
//!
//! - `ring` raises a signal ([`house`] is a `SignalSource`). The task that it wakes is to run only while
//!   somebody is at home, which `home` and `away` say (it is a `ConditionProvider` as well). Ring while
//!   everybody is out: the activation is **latched**, and runs as soon as somebody comes home.
//! - A time trigger has a period of a minute and fires every second, because the host runs on a [`clock`]
//!   that goes sixty times as fast. Whatever the host does by the clock goes by this one.
//! - An `Observer` prints every event.

#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]

mod clock;
mod house;
mod printer;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use dormouse::{App, AppId, Component, Host, IfExists, SignalTrigger, TaskBuilder, TimeTrigger, Trigger};
use tokio::runtime::Handle;

use crate::clock::FastClock;
use crate::house::House;
use crate::printer::Printer;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).context("which component? Usage: embed-signals COMPONENT.wasm")?;
    let bytes = std::fs::read(&path).with_context(|| format!("{path} cannot be read"))?;

    let house = Arc::new(House::new());
    let host = Host::builder()
        .clock(FastClock::new(Handle::current(), 60))
        .source(house.clone())
        .conditions(house.clone())
        .observer(Arc::new(Printer::default()))
        .start()
        .await?;
    let app = AppId::new("org.example.house")?;
    let component = Component::compile(host.engine(), &bytes).with_context(|| path.clone())?;
    host.install(App::new(app.clone()).entry_point("greet", component))?;

    let bell = Trigger::Signal(SignalTrigger::new(house::TOPIC));
    let answer =
        TaskBuilder::new("answer").entry_point("greet").trigger(bell).condition(house::somebody_home());
    host.register(&app, answer, IfExists::default()).await?;

    let minute = Trigger::Time(TimeTrigger::periodic(Duration::from_secs(60)));
    let tick = TaskBuilder::new("tick").entry_point("greet").trigger(minute);
    host.register(&app, tick, IfExists::default()).await?;

    house.open();
    house.left().await;
    host.shutdown(false).await;
    Ok(())
}
