//! An app with a background task on the machine's own signals: the time zone diary.
//!
//! ```text
//! cargo build -p time-zone --release --target wasm32-wasip2
//! cargo run -p embed-system -- STATE target/wasm32-wasip2/release/time_zone.wasm
//! ```
//!
//! Then change the machine's time zone (`timedatectl set-timezone Asia/Tokyo`): if somebody is at the machine the task
//! runs at once, else as soon as somebody is. What is registered stays registered when this program ends, and an end
//! of the task that it did not see is told when it is started again. Ctrl-C ends it.

#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]
#![expect(clippy::disallowed_methods, reason = "the state directory is named on the command line")]

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use dormouse::{
    App, AppId, Component, Condition, Event, EventKind, Host, IfExists, Notice, Observer, SystemEvent,
    SystemTrigger, TaskBuilder, TokioClock, Trigger,
};
use dormouse_store_sqlite::SqliteStore;
use dormouse_system::{System, SystemConfig};
use tokio::runtime::Handle;

/// Says what the task waits for.
struct Waits;

impl Observer for Waits {
    fn observe(&self, event: &Event) {
        match &event.kind {
            EventKind::Fired { .. } => println!("the time zone changed"),
            EventKind::Latched { blocking, .. } => {
                let blocking: Vec<String> = blocking.iter().map(ToString::to_string).collect();
                println!("latched: {}", blocking.join(", "));
            }
            _ => {}
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "Usage: embed-system STATE COMPONENT.wasm";
    let (state, component) = arguments.next().zip(arguments.next()).context(usage)?;
    std::fs::create_dir_all(state.join("apps"))?;
    let bytes =
        std::fs::read(&component).with_context(|| format!("{} cannot be read", component.display()))?;

    // The machine: its signals and its conditions.
    let clock = Arc::new(TokioClock::new(Handle::current()));
    let system = System::start(&SystemConfig::default(), clock)?;
    system.ready().await;
    println!("{}", system.report());

    let host = Host::builder()
        .store(SqliteStore::open(&state)?)
        .app_folders(Dir::open_ambient_dir(state.join("apps"), ambient_authority())?)
        .source(Arc::new(system.clone()))
        .conditions(Arc::new(system))
        .observer(Arc::new(Waits))
        .start()
        .await?;
    let app = AppId::new("org.example.time-zone")?;
    let component = Component::compile(host.engine(), &bytes)?;
    host.install(App::new(app.clone()).entry_point("diary", component))?;

    // Registering again at every start is right: it changes nothing unless this program did.
    let builder = TaskBuilder::new("time zone diary")
        .entry_point("diary")
        .trigger(Trigger::System(SystemTrigger::new(SystemEvent::TimeZoneChange)))
        .condition(Condition::UserPresent);
    let registered = host.register(&app, builder, IfExists::default()).await?;
    println!("registered {}; access: {}", registered.id, registered.access);

    let mut subscription = host.subscribe("diary-reader").await?;
    let result = state.join("apps").join(app.as_str()).join("local").join(format!("{}.txt", registered.id));
    // One wait for all turns: a Ctrl-C that came between two would be lost.
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            notice = subscription.next() => match notice? {
                Notice::Progress(progress) => println!("progress {}", progress.value),
                Notice::Missed { .. } => println!("some completions were let go of before they were read"),
                Notice::Completed(completion) => {
                    println!("completed: {}", completion.run.outcome);
                    if completion.check_result().is_ok() {
                        print!("{}", std::fs::read_to_string(&result).unwrap_or_default());
                    }
                    subscription.ack(completion.cursor).await?;
                }
            },
            stopped = &mut stop => {
                stopped?;
                break;
            }
        }
    }
    println!("{}", host.explain(registered.id).await?.context("it is registered")?.verdict());
    host.shutdown(false).await;
    Ok(())
}
