//! Packages that were handed in and wait to be installed.

use std::collections::BTreeMap;
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
    waiting: Mutex<BTreeMap<Uuid, Upload>>,
    slots: Arc<Semaphore>,
    directory: Option<PathBuf>,
}

struct Upload {
    file: Arc<File>,
    _slot: OwnedSemaphorePermit,
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

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Uuid, Upload>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The package as it was handed in.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`]
    pub(super) fn source(&self, id: Uuid) -> Result<Source, Problem> {
        let file = self.waiting().get(&id).map(|upload| upload.file.clone());
        let file = file.ok_or_else(|| {
            Problem::new(Code::NotFound, format!("there is no upload {id}"))
                .field("upload")
                .help("upload the package again: it waits ten minutes to be installed")
        })?;
        Ok(Source::archive(FromBegin { file, at: 0 }))
    }

    /// Nobody wants it any more.
    pub(super) fn forget(&self, id: Uuid) {
        self.waiting().remove(&id);
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
/// [`Code::Busy`], [`Code::TooLarge`], [`Code::Timeout`], [`Code::StoreFull`]
pub(super) async fn receive(shared: &Arc<Shared>, body: Body) -> Result<UploadView, Problem> {
    let uploads = &shared.uploads;
    let slot = uploads.slots.clone().try_acquire_owned().map_err(|_| {
        let detail = format!("{} packages wait to be installed, as many as may", shared.limits.uploads);
        Problem::new(Code::Busy, detail)
            .help("install one of them, or wait: they are let go of after a while")
    })?;
    let clock = &shared.clock;
    let upload = tokio::select! {
        upload = write(shared, body, slot) => upload?,
        () = clock.sleep_until(clock.now() + shared.limits.upload_age) => {
            return Err(Problem::new(Code::Timeout, "the package did not come in time"));
        }
    };
    let (view, upload) = upload;
    uploads.waiting().insert(view.upload, upload);
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
    let view =
        UploadView { upload: Uuid::new_v4(), len_bytes: len, sha256: format!("{:x}", sha256.finalize()) };
    Ok((view, Upload { file: Arc::new(file.into_std().await), _slot: slot }))
}
