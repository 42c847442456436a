//! The notes: suspended, ended and restored, with `autosave` in the app and in a component of its own, as their page has it.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use dormouse::core::SimClock;
use dormouse::core::app::activation::AppActivation;
use dormouse::core::app::lifecycle::AppState;
use dormouse::core::app::previous::PreviousExecutionState;
use dormouse::package::Source;
use dormouse::testing::Rig;
use dormouse::{
    AppHandle, AppId, Compiler, EventKind, HostBuilder, InstallOptions, MemoryStore, PackageConfig,
    RegistrationId, Store, VisibilityLease,
};
use tempfile::TempDir;
use test_examples::{NOTES_MANIFEST, write_notes};

const PAGE: &str = include_str!("../../../../examples/notes/README.md");
const IN_THE_APP: &str = include_str!("../../../../examples/notes/src/lib.rs");
const ON_ITS_OWN: &str = include_str!("../../../../examples/notes/src/bin/autosave.rs");

const SECOND: Duration = Duration::from_secs(1);

/// The blocks of the page in this language: in the app, and in a component of its own.
fn blocks(language: &str) -> [&'static str; 2] {
    let begin = format!("```{language}\n");
    let of = |rest: &'static str| rest.split("```").next().expect("a block has an end");
    let blocks: Vec<&str> = PAGE.split(&begin).skip(1).map(of).collect();
    blocks.try_into().expect("both versions")
}

/// What outlives a host.
struct Machine {
    store: Arc<dyn Store>,
    clock: SimClock,
    disk: TempDir,
}

impl Machine {
    fn new() -> Self {
        let disk = TempDir::new().expect("a temporary folder");
        for name in ["apps", "packages", "source"] {
            fs::create_dir(disk.path().join(name)).expect("a new folder");
        }
        Self { store: Arc::new(MemoryStore::new()), clock: SimClock::new(), disk }
    }

    #[expect(clippy::disallowed_methods, reason = "the folders are the test's own")]
    fn dir(&self, name: &str) -> Dir {
        Dir::open_ambient_dir(self.disk.path().join(name), ambient_authority()).expect("it is there")
    }

    /// One life of a host, which ends without a word.
    fn life<R>(&self, test: impl AsyncFnOnce(Life<'_>) -> R) -> R {
        let config =
            PackageConfig { directory: self.dir("packages"), compiler: Compiler::in_process(), cache: None };
        let configure = |builder: HostBuilder| builder.app_folders(self.dir("apps")).packages(config);
        Rig::run_on(self.store.clone(), self.clock.clone(), configure, async |rig| {
            test(Life { rig, machine: self, told: Cell::new(0) }).await
        })
    }

    /// What `autosave` wrote.
    fn file(&self) -> String {
        let path = self.disk.path().join("apps/org.example.notes/local/note.txt");
        fs::read_to_string(path).expect("it was written")
    }

    /// The package with this manifest.
    fn source(&self, manifest: &str) -> Source {
        let folder = self.disk.path().join("source");
        write_notes(&folder, manifest);
        Source::open(&folder).expect("it was just written")
    }
}

/// A life of a host on which the notes are.
struct Life<'a> {
    rig: &'a Rig,
    machine: &'a Machine,
    /// How much of what the app wrote was looked at.
    told: Cell<usize>,
}

/// Has the package installed that the example has.
fn installed<R>(machine: &Machine, test: impl AsyncFnOnce(Life<'_>) -> R) -> R {
    machine.life(async |life| {
        let source = machine.source(NOTES_MANIFEST);
        let done = life.rig.host.install_package(source, InstallOptions::default()).await;
        done.expect("the package installs");
        test(life).await
    })
}

impl Life<'_> {
    fn app(&self) -> AppHandle {
        self.rig.host.app(&AppId::new("org.example.notes").expect("a valid name")).expect("it is installed")
    }

    /// Replaces the package by one with this manifest.
    async fn update(&self, version: &str, manifest: &str) {
        let head = format!("[package]\nname = \"org.example.notes\"\nversion = \"{version}\"\n\n");
        let source = self.machine.source(&(head + manifest));
        let done = self.rig.host.update_package(source, InstallOptions::default()).await;
        assert!(done.expect("the package is updated").dropped.is_empty());
    }

    /// Somebody looks at it.
    async fn look(&self) -> VisibilityLease {
        self.rig.launch(&self.app(), "").await
    }

    /// Somebody looks at it, and types this.
    async fn enter(&self, name: &str, text: &str) -> VisibilityLease {
        let custom = AppActivation::Custom { name: name.to_owned(), body: text.as_bytes().to_vec() };
        let entered = self.app();
        self.rig.waited("the activation", entered.activate(custom)).await.expect("it is taken")
    }

    /// Nobody looks at it for as long as it takes.
    async fn suspend(&self) {
        self.rig.advance(SECOND * 10).await;
        assert_eq!(self.app().view().state, AppState::Suspended);
    }

    /// Its host ends it, as one that was suspended.
    async fn reclaim(&self) {
        self.suspend().await;
        let ended = self.app().terminate().await.expect("it was there");
        assert_eq!(ended.next_previous, PreviousExecutionState::Terminated);
    }

    /// What it wrote since this was called last.
    fn said(&self) -> String {
        let all = self.rig.app_stdout();
        let from = self.told.replace(all.len());
        all[from..].to_owned()
    }

    /// A message comes for it, and is dealt with.
    async fn message(&self, text: &str) {
        let fired = self.rig.signal("notes", text).await;
        let activation = fired[0].1.activation().expect("it is not refused");
        let completion = self.rig.completed(activation).await;
        assert!(completion.run.outcome.is_success(), "{}", completion.run.outcome);
    }

    fn autosave(&self) -> RegistrationId {
        let mut all = self.rig.host.registrations().into_iter();
        all.find(|known| known.registration.name == "autosave").expect("it is registered").registration.id
    }

    /// A quarter of an hour passes, and `autosave` does what it does.
    async fn quarter(&self) {
        let (id, from) = (self.autosave(), self.rig.now());
        self.rig.advance(SECOND * 900).await;
        let ended = self.rig.until("autosave", |event| {
            event.registration == id && event.at > from && matches!(event.kind, EventKind::Ended { .. })
        });
        let EventKind::Ended { outcome, .. } = ended.await.kind else { unreachable!("it was just matched") };
        assert!(outcome.is_success(), "{outcome}");
    }
}

#[test]
fn what_is_suspended_has_its_memory_when_it_is_seen_again() {
    installed(&Machine::new(), async |life| {
        drop(life.enter("line", "milk").await);
        life.rig.advance(SECOND * 60).await;
        life.said();
        let _lease = life.look().await;
        assert_eq!(life.said(), "back after 50 s\n| milk\n");
    });
}

#[test]
fn what_its_host_took_from_it_is_restored() {
    installed(&Machine::new(), async |life| {
        let lease = life.look().await;
        for (name, text) in [("line", "milk"), ("line", "bread"), ("find", "milk")] {
            life.enter(name, text).await;
        }
        assert_eq!(life.said(), "| milk\n| milk\n| bread\n| milk\n");
        drop(lease);
        life.reclaim().await;
        let _lease = life.look().await;
        assert_eq!(life.said(), "| milk\n", "it looks for what it was looking for");
        life.enter("find", "").await;
        assert_eq!(life.said(), "| milk\n| bread\n", "and the note is whole");
    });
}

#[test]
fn a_host_that_falls_leaves_the_note_as_it_was_kept_and_nothing_else() {
    let machine = Machine::new();
    installed(&machine, async |life| {
        life.enter("line", "milk").await;
        life.enter("find", "milk").await;
        life.suspend().await;
        life.enter("line", "bread").await;
        life.rig.settle().await;
        assert_eq!(life.app().view().state, AppState::Background, "kept");
        let _lease = life.enter("line", "nuts").await;
        assert_eq!(life.app().view().state, AppState::Foreground, "not kept");
    });
    machine.life(async |life| {
        let _lease = life.look().await;
        assert_eq!(life.said(), "| milk\n| bread\n", "nothing is looked for");
    });
}

#[test]
fn what_autosave_saved_is_there_although_its_host_fell() {
    let machine = Machine::new();
    installed(&machine, async |life| {
        let _lease = life.enter("line", "milk").await;
        life.quarter().await;
        life.enter("line", "bread").await;
        assert_eq!(life.app().view().state, AppState::Foreground, "all the time");
    });
    machine.life(async |life| {
        let _lease = life.look().await;
        assert_eq!(life.said(), "| milk\n");
    });
}

#[test]
fn a_user_who_closes_it_to_begin_anew_loses_no_line() {
    installed(&Machine::new(), async |life| {
        let close = async || {
            let lease = life.enter("find", "bread").await;
            life.app().close().await.expect("it was there");
            drop(lease);
            life.said();
        };
        life.enter("line", "milk").await;
        close().await;
        drop(life.look().await);
        assert_eq!(life.said(), "| milk\n", "at once: he begins anew");
        close().await;
        life.rig.advance(SECOND * 11).await;
        let _lease = life.look().await;
        assert_eq!(life.said(), "", "later: he goes on, and nothing has bread in it");
        life.enter("find", "").await;
        assert_eq!(life.said(), "| milk\n");
    });
}

#[test]
fn a_message_is_added_to_what_is_suspended_by_a_task_in_it() {
    let machine = Machine::new();
    installed(&machine, async |life| {
        life.enter("line", "milk").await;
        life.suspend().await;
        life.said();
        life.message("nuts").await;
        assert_eq!(life.said(), "back after 0 s\ninbox saved 2 lines\n");
        life.suspend().await;
        assert_eq!(life.app().view().session, 1, "in the instance that was there");
        let _lease = life.look().await;
        assert!(life.said().ends_with("\n| milk\n| nuts\n"));
        life.message("bread").await;
        assert_eq!(life.said(), "| milk\n| nuts\n| bread\ninbox saved 3 lines\n", "somebody sees it");
        assert_eq!(machine.file(), "milk\nnuts\nbread\n");
    });
}

#[test]
fn an_instance_for_a_task_alone_takes_nothing_of_where_its_user_was() {
    installed(&Machine::new(), async |life| {
        life.enter("line", "milk").await;
        life.enter("find", "milk").await;
        life.reclaim().await;
        life.message("nuts").await;
        assert_eq!(life.app().view().session, 2);
        life.reclaim().await;
        life.said();
        let _lease = life.look().await;
        assert_eq!(life.said(), "| milk\n");
        life.enter("find", "").await;
        assert_eq!(life.said(), "| milk\n| nuts\n");
    });
}

#[test]
fn one_line_of_the_manifest_says_where_autosave_runs() {
    let machine = Machine::new();
    let [in_the_app, on_its_own] = blocks("toml");
    installed(&machine, async |life| {
        let id = life.autosave();
        let lease = life.enter("line", "milk").await;
        life.quarter().await;
        assert_eq!(machine.file(), "milk\n", "what is in memory, and was never kept");
        life.enter("line", "bread").await;

        life.update("1.1.0", on_its_own).await;
        assert_eq!(life.autosave(), id);
        assert!(!lease.is_valid(), "its app was ended in good order");
        let lease = life.enter("line", "nuts").await;
        assert!(life.said().ends_with("| milk\n| bread\n| nuts\n"), "and restored");
        life.quarter().await;
        assert_eq!(machine.file(), "milk\nbread\n", "what the app kept");
        drop(lease);
        life.suspend().await;
        life.quarter().await;
        assert_eq!(life.app().view().state, AppState::Suspended);
        assert_eq!(life.said(), "", "it leaves the app alone");
        assert!(life.rig.stdout().ends_with("autosave saved 3 lines\n"), "{}", life.rig.stdout());
        assert_eq!(machine.file(), "milk\nbread\nnuts\n");

        life.update("1.2.0", in_the_app).await;
        assert_eq!(life.autosave(), id);
        life.enter("line", "salt").await;
        life.suspend().await;
        life.said();
        life.quarter().await;
        let said = life.said();
        assert!(
            said.starts_with("back after ") && said.contains("autosave saved 4 lines\n"),
            "it wakes it: {said}"
        );
        assert_eq!(
            life.rig.host.explain(id).await.expect("it answers").expect("it is there").history.len(),
            4
        );
    });
}

#[test]
fn the_page_shows_what_is_there() {
    let [in_the_app, on_its_own] = blocks("rust");
    assert!(IN_THE_APP.contains(in_the_app));
    assert!(ON_ITS_OWN.contains(on_its_own));
    let [in_the_app, on_its_own] = blocks("toml");
    assert!(NOTES_MANIFEST.ends_with(in_the_app));
    let both: Vec<&str> = on_its_own.lines().filter(|line| in_the_app.lines().any(|l| l == *line)).collect();
    let less: Vec<&str> = on_its_own.lines().filter(|line| !both.contains(line)).collect();
    let table = ["[entry-points.autosave]", "component = \"autosave.wasm\"", "triggers = [\"time\"]"];
    assert_eq!(less, [&table[..], &["entry-point = \"autosave\""]].concat(), "one line, and what it names");
    assert!(in_the_app.lines().all(|line| both.contains(&line)));
}
