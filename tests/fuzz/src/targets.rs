//! All readers that are tried, by name.

mod archive;
mod case;
mod client;
mod component;
mod cron;
mod host;
mod http;
mod manifest;
mod module;
mod protocol;
mod requests;
mod rows;
mod texts;
mod webhook;

use std::path::PathBuf;

use crate::answer::{Target, Wrong};

/// What targets need of whoever tries them.
#[derive(Clone, Debug)]
pub struct Needs {
    /// A program that compiles components when its only argument is [`COMPILE_WORKER`], by its absolute path.
    pub worker: PathBuf,
}

/// The argument that makes this package's program a compile worker.
pub const COMPILE_WORKER: &str = "compile-worker";

/// A target by its name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name: also that of its directory in the corpus.
    pub name: &'static str,
    /// What it reads.
    pub about: &'static str,
    /// Makes it.
    pub make: fn(&Needs) -> Box<dyn Target>,
}

/// All targets, those first that take the least time.
pub const ALL: [Entry; 13] = [
    Entry {
        name: "texts",
        about: "names, addresses, moments, conditions: whatever is one line",
        make: |_| Box::new(texts::Texts),
    },
    Entry { name: "cron", about: "cron expressions in time zones", make: |_| Box::new(cron::Cron) },
    Entry { name: "manifest", about: "`dormouse.toml`", make: |_| Box::new(manifest::Manifests) },
    Entry { name: "archive", about: "packages in `.tar.gz`", make: |_| Box::new(archive::Archives::new()) },
    Entry {
        name: "client",
        about: "what a host answers, read by the client: answers and streams of events",
        make: |_| Box::new(client::Answers::new()),
    },
    Entry {
        name: "case",
        about: "cases of the conformance suite, played on a host that does nothing",
        make: |_| Box::new(case::Cases),
    },
    Entry {
        name: "protocol",
        about: "what runners and adapters of the conformance suite say to each other",
        make: |_| Box::new(protocol::Protocol::new()),
    },
    Entry {
        name: "http",
        about: "bytes on the control API's socket",
        make: |_| Box::new(http::Socket::new()),
    },
    Entry {
        name: "requests",
        about: "requests to each operation of the control API, nearly as its document says",
        make: |_| Box::new(requests::Requests::new()),
    },
    Entry {
        name: "webhook",
        about: "what the receiver of a webhook answers",
        make: |_| Box::new(webhook::Receiver::new()),
    },
    Entry { name: "rows", about: "a store whose file was changed", make: |_| Box::new(rows::Rows::new()) },
    Entry {
        name: "component",
        about: "components: good ones that were changed, and any that are valid",
        make: |needs| Box::new(component::Components::new(needs)),
    },
    Entry {
        name: "module",
        about: "any valid core module inside a task, compiled and run",
        make: |needs| Box::new(module::Modules::new(needs)),
    },
];

/// Waits for what a fault would leave waiting for ever.
#[expect(clippy::disallowed_methods, reason = "what happens outside takes real time")]
async fn within<T>(what: &str, future: impl Future<Output = T>) -> Result<T, Wrong> {
    /// Beyond every limit of what is tried.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.map_err(|_| Wrong(format!("waited {PATIENCE:?} for {what}")))
}
