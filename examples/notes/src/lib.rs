//! An app that keeps a note. What is shared with it, and what is typed into it (the custom activation `line`), becomes a
//! line of the note, which it shows on stdout when it comes to the front.
//!
//! ```text
//! cargo build -p notes --release --target wasm32-wasip2
//! cp target/wasm32-wasip2/release/notes.wasm examples/notes/package/
//! dormouse install examples/notes/package
//! dormouse serve
//! dormouse app launch org.example.notes
//! ```
//!
//! It shows what an app has to do about its state, which is in memory while there is an instance of it:
//!
//! - `suspending` saves the draft as a setting, for the app may be ended without notice from then on;
//! - whoever activates it says what it was, and that says whether the draft is to be restored. If it is not, the app opens
//!   the note as the background task last saved it;
//! - the background task `autosave` saves the note every 15 minutes, in the app's own instance, so that what is in memory
//!   is what it saves. README.md has it in a component of its own as well.

#![expect(clippy::print_stdout, reason = "what an app prints is captured by its host")]

mod save;

use std::cell::RefCell;
use std::rc::Rc;
use std::{fs, io};

use dormouse_guest::app::{
    ActivatedArgs, ActivationKind, App, LaunchArgs, PreviousExecutionState, ResumingArgs, TaskCompletion,
    Transition,
};
use dormouse_guest::{BackgroundTaskInstance, TaskError, settings};

/// The note as it is in memory; none before the user has opened it. A background task may be all that an instance was
/// made for: then there is nothing of the user's in it.
#[derive(Default)]
struct Notes {
    note: RefCell<Option<String>>,
}

impl Notes {
    /// Makes the note ready, whatever the app was.
    fn open(&self, previous: PreviousExecutionState) {
        if self.note.borrow().is_some() {
            return;
        }
        let draft = if previous.restores() { settings::get_str("draft") } else { Ok(None) };
        let draft = draft.unwrap_or_else(|e| {
            println!("the draft is lost: {e}");
            None
        });
        let (how, note) = match draft {
            Some(draft) => ("restored", draft),
            None => ("opened", saved()),
        };
        println!("{how} {} lines", note.lines().count());
        self.note.replace(Some(note));
    }

    fn add(&self, line: &[u8]) {
        if let Some(note) = self.note.borrow_mut().as_mut() {
            note.push_str(String::from_utf8_lossy(line).trim_end());
            note.push('\n');
        }
    }
}

/// The note as it was last saved; empty if it never was.
fn saved() -> String {
    fs::read_to_string(save::NOTE).unwrap_or_else(|e| {
        if e.kind() != io::ErrorKind::NotFound {
            println!("the note cannot be read: {e}");
        }
        String::new()
    })
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
            other => println!("nothing is done about {}", other.as_str()),
        }
    }

    async fn leaving_background(self: Rc<Self>, _: Transition) {
        for line in self.note.borrow().iter().flat_map(|note| note.lines()) {
            println!("| {line}");
        }
    }

    async fn suspending(self: Rc<Self>, _: Transition) {
        let note = self.note.borrow().clone();
        let Some(note) = note else { return };
        match settings::set("draft", &note) {
            Ok(()) => println!("kept a draft of {} lines", note.lines().count()),
            Err(e) => println!("kept no draft: {e}"),
        }
    }

    async fn resuming(self: Rc<Self>, args: ResumingArgs) {
        println!("back after {} s", args.away.as_secs());
    }

    async fn background_activated(self: Rc<Self>, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let note = self.note.borrow().clone();
        match note {
            Some(note) => save::save(&instance, &note),
            None => Ok(()),
        }
    }

    async fn completed(self: Rc<Self>, completions: Vec<TaskCompletion>) {
        for failed in completions.iter().filter(|c| !c.succeeded) {
            println!("{} did not succeed: {}", failed.name, failed.message);
        }
    }
}
