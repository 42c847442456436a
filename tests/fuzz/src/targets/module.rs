//! Any valid core module, as a library draws it from the input, put into a task: it is compiled, and instantiated before
//! the task runs, with all that its start function does, if it has one.
//!
//! It is accepted, or beyond a limit of the compiler. Its run ends, whatever it does, and one of a good task beside it
//! succeeds.

use std::time::Duration;

use arbitrary::Unstructured;
use dormouse::{App, AppId, Component, Grants, Host, IfExists, LimitsRequest, Outcome, TaskBuilder, Trigger};

use super::component::{Compiled, config, is_limit};
use super::host::task;
use super::{Needs, within};
use crate::answer::{Answer, Target, Wrong, refused, taken};

pub(super) struct Modules {
    compiled: Compiled,
    host: Host,
    good: Component,
}

impl Modules {
    pub(super) fn new(needs: &Needs) -> Self {
        let compiled = Compiled::new(needs);
        let host = compiled.runtime.block_on(Host::builder().engine(compiled.engine.clone()).start());
        let good = compiled.load(task()).expect("a compiler").expect("a task");
        Self { host: host.expect("a host"), compiled, good }
    }

    /// How a run of `component` ends.
    async fn ran(&self, app: &str, component: Component) -> Result<Outcome, Wrong> {
        let failed = |error: &dyn std::fmt::Display| Wrong(format!("{app}: {error}"));
        let app = AppId::new(app).map_err(|error| failed(&error))?;
        let installed = App::new(app.clone()).entry_point("main", component).grants(Grants::none());
        self.host.install(installed).map_err(|error| failed(&error))?;
        let limits = LimitsRequest {
            cpu: Some(Duration::from_millis(100)),
            wall: Some(Duration::from_secs(10)),
            memory_bytes: Some(8 << 20),
            ..LimitsRequest::default()
        };
        let task = TaskBuilder::new("task").entry_point("main").trigger(Trigger::Application).limits(limits);
        let id =
            self.host.register(&app, task, IfExists::default()).await.map_err(|error| failed(&error))?.id;
        let fired = self.host.request(id, "").await.map_err(|error| failed(&error))?;
        let activation = fired.activation().ok_or_else(|| Wrong(format!("{app}: {fired:?}")))?;
        let completed = self.host.completed(activation).await.map_err(|error| failed(&error))?;
        Ok(completed.run.outcome.clone())
    }
}

impl Target for Modules {
    fn examples(&self) -> Vec<Vec<u8>> {
        let drawn = |n: u32| (0..2_000).map(move |i: u32| (i.wrapping_mul(2_246_822_519 + 2 * n) >> 9) as u8);
        (0..12).map(|n| drawn(n).collect()).collect()
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let mut from = Unstructured::new(input);
        let Ok(module) = wasm_smith::Module::new(config(), &mut from) else {
            return refused("nothing drawn");
        };
        let component = match self.compiled.load(with(task(), &module.to_bytes()))? {
            Ok(component) => component,
            Err(error) if is_limit(&error) => return refused(error),
            Err(error) => return Err(Wrong(format!("a valid module: {error}"))),
        };
        let (outcome, good) = self.compiled.runtime.block_on(within("two runs", async {
            futures::future::join(self.ran("any", component), self.ran("good", self.good.clone())).await
        }))?;
        let good = good?;
        Wrong::unless(good == Outcome::Succeeded, || format!("a good task beside it: {good:?}"))?;
        match outcome? {
            Outcome::Succeeded => Ok(taken("succeeded")),
            outcome => refused(outcome.to_string().escape_debug()),
        }
    }
}

/// `task` with `module`, and an instance of it, behind all else that it has.
fn with(mut task: Vec<u8>, module: &[u8]) -> Vec<u8> {
    section(&mut task, 1, module);
    // One instance: of module 1, with no arguments.
    section(&mut task, 2, &[1, 0, 1, 0]);
    task
}

fn section(component: &mut Vec<u8>, id: u8, contents: &[u8]) {
    component.push(id);
    // LEB128.
    let mut len = contents.len();
    while len >= 0x80 {
        component.push(len as u8 | 0x80);
        len >>= 7;
    }
    component.push(len as u8);
    component.extend(contents);
}
