//! An app that keeps a note. What is shared with it, and what is typed into it (the custom activation `line`), becomes a
//! line of the note, which it shows on stdout. With `find` it shows the lines with a word, and no others.
//!
//! ```text
//! cargo build -p notes --release --target wasm32-wasip2
//! cp target/wasm32-wasip2/release/notes.wasm examples/notes/package/
//! cargo run -p embed-desktop
//! ```
//!
//! It shows what an app has to do about its state, which is in memory while there is an instance of it:
//!
//! - **What the user made** is the note. It is kept as soon as nobody sees the app any more, for from then on the app may
//!   be ended without notice, and it is loaded whatever the app was.
//! - **Where the user is in it** is the word that is looked for. It is kept in `suspending`, and restored if, and only if,
//!   what the app was says so.
//! - **Background tasks** run in the app's own instance, and have what it has in memory: `autosave` keeps the note every
//!   15 minutes and writes it to a file, `inbox` adds what a message brings. An instance may be made for one of them alone:
//!   then there is nothing of the user's in it, and nothing to keep of where he is.
//!
//! README.md has `autosave` in a component of its own as well.

#![expect(clippy::print_stdout, reason = "what an app prints is captured by its host")]

mod save;

use std::cell::RefCell;
use std::rc::Rc;

use dormouse_guest::app::control::{self, AppState};
use dormouse_guest::app::{
    ActivatedArgs, ActivationKind, App, LaunchArgs, PreviousExecutionState, ResumingArgs, TaskCompletion,
    Transition,
};
use dormouse_guest::settings::{self, SettingsError};
use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};

#[derive(Default)]
struct Notes {
    /// None before somebody needs it.
    note: RefCell<Option<String>>,
    /// What is looked for, everything if that is empty; none before the user has come.
    find: RefCell<Option<String>>,
}

impl Notes {
    /// Has the note in memory. One that cannot be read is not taken for an empty one, which would be kept in its place.
    fn load(&self) -> Result<(), SettingsError> {
        if self.note.borrow().is_none() {
            let note = settings::get_str("note")?.unwrap_or_default();
            self.note.replace(Some(note));
        }
        Ok(())
    }

    /// Makes the app ready for its user.
    fn open(&self, previous: PreviousExecutionState) {
        if let Err(e) = self.load() {
            println!("the note cannot be read: {e}");
        }
        if self.find.borrow().is_none() {
            let find = if previous.restores() { settings::get_str("find") } else { Ok(None) };
            let find = find.unwrap_or_else(|e| {
                println!("what was looked for is not restored: {e}");
                None
            });
            self.find.replace(Some(find.unwrap_or_default()));
        }
    }

    fn add(&self, line: &[u8]) {
        match self.note.borrow_mut().as_mut() {
            Some(note) => {
                note.push_str(String::from_utf8_lossy(line).trim_end());
                note.push('\n');
            }
            None => println!("not added: the note cannot be read"),
        }
    }

    fn keep(&self) -> Result<(), SettingsError> {
        self.note.borrow().iter().try_for_each(|note| settings::set("note", note))
    }

    /// If somebody sees it. Otherwise `leaving_background` comes first, and shows it.
    fn show_if_seen(&self) {
        if control::state() == AppState::Foreground {
            self.show();
        }
    }

    fn show(&self) {
        let find = self.find.borrow().clone().unwrap_or_default();
        for line in self.note.borrow().iter().flat_map(|note| note.lines()) {
            if line.contains(&find) {
                println!("| {line}");
            }
        }
    }
}

#[dormouse_guest::app]
impl App for Notes {
    async fn launched(self: Rc<Self>, args: LaunchArgs) {
        self.open(args.previous);
    }

    async fn activated(self: Rc<Self>, args: ActivatedArgs) {
        self.open(args.previous);
        match args.kind {
            ActivationKind::Share(items) => items.iter().for_each(|item| self.add(&item.body)),
            ActivationKind::Custom(custom) if custom.name == "line" => self.add(&custom.body),
            ActivationKind::Custom(custom) if custom.name == "find" => {
                self.find.replace(Some(String::from_utf8_lossy(&custom.body).into_owned()));
            }
            ActivationKind::Custom(custom) => println!("nothing is done about {:?}", custom.name),
            other => println!("nothing is done about {}", other.as_str()),
        }
        self.show_if_seen();
    }

    async fn leaving_background(self: Rc<Self>, _: Transition) {
        self.show();
    }

    async fn entered_background(self: Rc<Self>, _: Transition) {
        if let Err(e) = self.keep() {
            println!("the note is not kept: {e}");
        }
    }

    async fn suspending(self: Rc<Self>, _: Transition) {
        // Both at once. What came in since nobody sees it is in the note as well.
        let kept = [("note", self.note.borrow().clone()), ("find", self.find.borrow().clone())];
        let kept = kept.into_iter().filter_map(|(name, value)| Some((name, value?)));
        if let Err(e) = settings::set_all(kept) {
            println!("nothing is kept: {e}");
        }
    }

    async fn resuming(self: Rc<Self>, args: ResumingArgs) {
        println!("back after {} s", args.away.as_secs());
    }

    async fn background_activated(self: Rc<Self>, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        self.load()?;
        if let TriggerDetails::Message(message) = instance.trigger_details() {
            self.add(&message.body);
            self.show_if_seen();
        }
        self.keep()?;
        let note = self.note.borrow().clone();
        save::save(&instance, &note.unwrap_or_default())
    }

    async fn completed(self: Rc<Self>, completions: Vec<TaskCompletion>) {
        for failed in completions.iter().filter(|c| !c.succeeded) {
            println!("{} did not succeed: {}", failed.name, failed.message);
        }
    }
}
