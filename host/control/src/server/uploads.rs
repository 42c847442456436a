//! Packages that were handed in and wait to be installed.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use dormouse::package::Source;
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::extract::body_problem;
use super::limits::ServerLimits;
use super::shared::Shared;
use crate::api::{Code, Problem, UploadView};

/// The packages that wait. Their files have no name: nothing is left of them when the process ends.
pub(super) struct Uploads {
    /// The oldest first.
    waiting: Mutex<Vec<Upload>>,
    pub(super) slots: Arc<Semaphore>,
    directory: Option<PathBuf>,
}

struct Upload {
    id: Uuid,
    file: Arc<File>,
    _slot: OwnedSemaphorePermit,
}

/// An upload that is being installed: it is not dropped for another one.
pub(super) struct Held(Arc<File>);

impl Held {
    /// The package as it was handed in.
    pub(super) fn source(&self) -> Source {
        Source::archive(FromBegin { file: self.0.clone(), at: 0 })
    }
}

/// Reads an upload from its begin, however many others do at the same time.
struct FromBegin {
    file: Arc<File>,
    at: u64,
}

impl Read for FromBegin {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read_at(buf, self.at)?;
        self.at += len as u64;
        Ok(len)
    }
}

impl Uploads {
    pub(super) fn new(limits: &ServerLimits, directory: Option<PathBuf>) -> Self {
        Self { waiting: Mutex::default(), slots: Arc::new(Semaphore::new(limits.uploads)), directory }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Upload>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The upload, to be installed.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`]
    pub(super) fn hold(&self, id: Uuid) -> Result<Held, Problem> {
        let waiting = self.waiting();
        let found = waiting.iter().find(|upload| upload.id == id).map(|upload| Held(upload.file.clone()));
        found.ok_or_else(|| {
            Problem::new(Code::NotFound, format!("there is no upload {id}")).field("upload").help(
                "upload the package again: it waits ten minutes to be installed, unless newer ones come",
            )
        })
    }

    /// A place for one more. If there is none, the oldest that nobody installs right now makes room.
    fn slot(&self) -> Option<OwnedSemaphorePermit> {
        let mut waiting = self.waiting();
        if let Ok(slot) = self.slots.clone().try_acquire_owned() {
            return Some(slot);
        }
        let idle = waiting.iter().position(|upload| Arc::strong_count(&upload.file) == 1)?;
        drop(waiting.remove(idle));
        self.slots.clone().try_acquire_owned().ok()
    }

    /// Nobody wants it any more.
    pub(super) fn forget(&self, id: Uuid) {
        self.waiting().retain(|upload| upload.id != id);
    }

    async fn file(&self) -> io::Result<File> {
        let directory = self.directory.clone();
        let made = move || match directory {
            Some(directory) => tempfile::tempfile_in(directory),
            None => tempfile::tempfile(),
        };
        tokio::task::spawn_blocking(made).await?
    }
}

/// Takes a package in.
///
/// # Errors
///
/// [`Code::Busy`], [`Code::TooLarge`], [`Code::SlowBody`], [`Code::StoreFull`]
pub(super) async fn receive(shared: &Arc<Shared>, body: Body) -> Result<UploadView, Problem> {
    let uploads = &shared.uploads;
    let slot = uploads.slot().ok_or_else(|| {
        let most = shared.limits.uploads;
        let detail = format!("{most} packages are being uploaded or installed, as many as may be at once");
        Problem::new(Code::Busy, detail).help("ask again when one of them is done")
    })?;
    let clock = &shared.clock;
    let upload = tokio::select! {
        upload = write(shared, body, slot) => upload?,
        () = clock.sleep_until(clock.now() + shared.limits.upload_age) => {
            return Err(Problem::new(Code::SlowBody, "the package did not come in time"));
        }
    };
    let (view, upload) = upload;
    uploads.waiting().push(upload);
    let (until, mine, id) = (clock.now() + shared.limits.upload_age, shared.clone(), view.upload);
    shared.tasks.spawn(async move {
        tokio::select! {
            () = mine.clock.sleep_until(until) => {}
            () = mine.stop.cancelled() => {}
        }
        mine.uploads.forget(id);
    });
    Ok(view)
}

async fn write(
    shared: &Shared,
    mut body: Body,
    slot: OwnedSemaphorePermit,
) -> Result<(UploadView, Upload), Problem> {
    let full = |error: io::Error| {
        Problem::from_error(Code::StoreFull, &error).help("free some space where the host keeps its state")
    };
    let mut file = tokio::fs::File::from_std(shared.uploads.file().await.map_err(full)?);
    let (mut sha256, mut len) = (Sha256::new(), 0_u64);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| body_problem(&error))?;
        let Some(bytes) = frame.data_ref() else { continue };
        len += bytes.len() as u64;
        if len > shared.limits.upload_bytes as u64 {
            let max = shared.limits.upload_bytes;
            return Err(Problem::new(Code::TooLarge, format!("the package has more than {max} bytes"))
                .help("leave out what its tasks do not need"));
        }
        sha256.update(bytes);
        file.write_all(bytes).await.map_err(full)?;
    }
    file.flush().await.map_err(full)?;
    let id = Uuid::new_v4();
    let view = UploadView { upload: id, len_bytes: len, sha256: format!("{:x}", sha256.finalize()) };
    Ok((view, Upload { id, file: Arc::new(file.into_std().await), _slot: slot }))
}
