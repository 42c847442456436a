//! A host, an app with one entry point, and its folders, for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dormouse::core::event::RecordingObserver;
use dormouse::{
    Access, App, AppId, Completion, Component, EventKind, Grants, Host, IfExists, RegistrationId, RunId,
    Stream, TaskBuilder,
};
use tempfile::TempDir;

/// The entry point that [`House::open`] gives its app.
pub(crate) const ENTRY_POINT: &str = "main";

/// A folder for each of the guest's, below one that is removed with this.
pub(crate) struct Folders(TempDir);

impl Folders {
    /// `local` and those in `names`, all empty.
    pub(crate) fn new(names: &[&str]) -> Self {
        let folders = Self(TempDir::new().expect("a temporary folder"));
        for name in names.iter().chain(&["local"]) {
            fs::create_dir(folders.path(name)).expect("a new folder");
        }
        folders
    }

    /// A path below: `local/seen`.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    /// The file's text.
    pub(crate) fn text(&self, below: &str) -> String {
        fs::read_to_string(self.path(below)).expect("a file with text")
    }

    /// `/local`, to write.
    pub(crate) fn grants(&self) -> Grants {
        Grants::none().with_path(self.path("local"), "/local", Access::ReadWrite).expect("the folder opens")
    }
}

/// A host with an app.
pub(crate) struct House {
    pub(crate) host: Host,
    pub(crate) events: Arc<RecordingObserver>,
    app: AppId,
}

impl House {
    /// Installs the component at `path`.
    pub(crate) async fn open(path: impl AsRef<Path>, grants: Grants) -> Self {
        let events = Arc::new(RecordingObserver::new());
        let host = Host::builder().observer(events.clone()).start().await.expect("a host");
        let app = AppId::new("org.example.house").expect("a valid name");
        let bytes = fs::read(path).expect("the component was built");
        let component = Component::compile(host.engine(), &bytes).expect("a task");
        let it = App::new(app.clone()).entry_point(ENTRY_POINT, component).grants(grants);
        host.install(it).expect("the app installs");
        Self { host, events, app }
    }

    pub(crate) async fn register(&self, task: TaskBuilder) -> RegistrationId {
        let task = task.entry_point(ENTRY_POINT);
        self.host.register(&self.app, task, IfExists::default()).await.expect("a valid registration").id
    }

    /// Fires an application trigger and waits for the end.
    pub(crate) async fn fire(&self, id: RegistrationId, arguments: &str) -> Completion {
        let fired = self.host.request(id, arguments).await.expect("the firing is taken");
        let activation = fired.activation().expect("it is not refused");
        self.host.completed(activation).await.expect("the activation ends")
    }

    /// What a run wrote.
    pub(crate) fn output(&self, run: RunId, stream: Stream) -> String {
        let written = |kind| match kind {
            EventKind::Output { run: of, stream: on, text } if of == run && on == stream => Some(text),
            _ => None,
        };
        self.events.events().into_iter().filter_map(|event| written(event.kind)).collect()
    }

    pub(crate) fn stdout(&self, completion: &Completion) -> String {
        self.output(completion.run.run, Stream::Stdout)
    }

    pub(crate) fn stderr(&self, completion: &Completion) -> String {
        self.output(completion.run.run, Stream::Stderr)
    }
}
