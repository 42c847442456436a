//! A background task that keeps a folder of thumbnails beside a folder of pictures.
//!
//! ```text
//! cargo build -p thumbnails --release --target wasm32-wasip2
//! ```
//!
//! It is granted `/pictures` to read and `/thumbnails` to write, and is woken by a filesystem trigger on
//! `/pictures`, when it looks at what changed, or by an application trigger, when it looks at the whole
//! folder. It looks at the whole folder too when it is told that changes were lost.
//!
//! - `dune.jpg` becomes `dune.jpg.thumb.png`, 160 pixels at its longer side; if `dune.jpg` goes, so does
//!   its thumbnail. What is up to date is left alone, what is no picture is passed over, and a picture that
//!   is broken is reported and does not stop the others.
//! - The task returns as soon as it knows what there is to do, holds a **deferral**, and works on.
//! - Between two pictures it hears a **cancellation**: it leaves a checkpoint in its local folder and stops,
//!   and the next run goes on from there.
//! - Pictures come from outside, so they get no more than a share of the run's own memory **budget**.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a task prints is captured by its host")]

mod picture;
mod plan;
mod record;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, Deferral, TaskError};

use crate::picture::{PictureError, Shares};
use crate::record::{Checkpoint, Record, State, write_atomically};

const PICTURES: &str = "/pictures";
const THUMBNAILS: &str = "/thumbnails";

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let record = Record::load()?;
    let todo = plan::todo(&instance.trigger_details(), &record)?;
    // Written before the first picture and not only when the run is cancelled: a run that does not get the
    // time to say goodbye leaves its work to the next one as well.
    Checkpoint::save(&todo)?;
    let deferral = instance.get_deferral()?;
    let shares = Shares::of(&instance.remaining());
    let work = Work { instance, shares, record, summary: Summary::default(), failed: Vec::new() };
    dormouse_guest::spawn(work.through(todo, deferral));
    Ok(())
}

struct Work {
    instance: BackgroundTaskInstance,
    shares: Shares,
    record: Record,
    summary: Summary,
    failed: Vec<String>,
}

#[derive(Default)]
struct Summary {
    made: u32,
    kept: u32,
    removed: u32,
    bad: u32,
}

impl Work {
    async fn through(mut self, todo: Vec<String>, deferral: Deferral) {
        let mut left = todo.as_slice();
        while let Some((name, rest)) = left.split_first() {
            // No time at all, but a moment at which the host can tell that we are to stop.
            if let Some(cancellation) = self.instance.sleep(Duration::ZERO).await {
                println!("stopped: {cancellation}; {} left", left.len());
                break;
            }
            self.one(name);
            left = rest;
            self.instance.set_progress(percent(todo.len() - left.len(), todo.len()));
        }
        if let Err(e) = self.remember(left) {
            eprintln!("the local folder cannot be written: {e}");
        }
        let Summary { made, kept, removed, bad } = self.summary;
        let failed = self.failed.len();
        println!("{made} made, {kept} up to date, {removed} removed, {bad} bad, {failed} failed");
        // Dropping it would do the same. From here on nothing of this run happens.
        deferral.complete();
    }

    fn one(&mut self, name: &str) {
        match self.look_at(name) {
            Ok(()) => {}
            Err(PictureError::Bad(why)) => {
                println!("bad: {name}: {why}");
                self.summary.bad += 1;
            }
            Err(PictureError::Io(e)) => {
                eprintln!("failed: {name}: {e}");
                self.failed.push(name.to_owned());
            }
        }
    }

    /// Brings the thumbnail of one picture up to date, whatever happened to the picture.
    fn look_at(&mut self, name: &str) -> Result<(), PictureError> {
        let thumbnail = thumbnail_of(name);
        // Taken before the picture is read: if it changes meanwhile, it is read again by the next run.
        let Some(state) = State::of(&Path::new(PICTURES).join(name))? else {
            if self.record.forget(name) {
                remove_if_there(&thumbnail)?;
                println!("removed: {name}");
                self.summary.removed += 1;
            }
            return Ok(());
        };
        if self.record.is_up_to_date(name, state, thumbnail.exists()) {
            self.summary.kept += 1;
            return Ok(());
        }
        match picture::scale(&Path::new(PICTURES).join(name), &self.shares) {
            Ok(scaled) => {
                write_atomically(&thumbnail, &scaled.png)?;
                println!(
                    "made: {name} {}x{} -> {}x{}",
                    scaled.from.0, scaled.from.1, scaled.to.0, scaled.to.1
                );
                self.record.made(name, state);
                self.summary.made += 1;
                Ok(())
            }
            Err(PictureError::Bad(why)) => {
                // The old thumbnail shows a picture that is not there any more.
                remove_if_there(&thumbnail)?;
                self.record.bad(name, state);
                Err(PictureError::Bad(why))
            }
            Err(e) => Err(e),
        }
    }

    /// What failed is tried again by the next run, as is what there was no time for.
    fn remember(&self, left: &[String]) -> std::io::Result<()> {
        self.record.save()?;
        Checkpoint::save(self.failed.iter().chain(left))
    }
}

fn thumbnail_of(name: &str) -> PathBuf {
    Path::new(THUMBNAILS).join(format!("{name}.thumb.png"))
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn percent(done: usize, of: usize) -> u32 {
    u32::try_from(done * 100 / of.max(1)).unwrap_or(100)
}
