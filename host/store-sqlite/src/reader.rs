//! The thread that reads.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use dormouse_core::StoreError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::errors::Fault;
use crate::read_only::View;

type Read = Box<dyn FnOnce(&mut View) + Send>;

/// How many reads may wait before those who ask do.
const INBOX: usize = 1024;

/// A connection of its own: a long list delays no commit. Each read sees all that was committed before it.
#[derive(Debug)]
pub(crate) struct Reader {
    inbox: Option<mpsc::Sender<Read>>,
    thread: Option<JoinHandle<()>>,
    path: Arc<Path>,
}

impl Reader {
    pub(crate) fn start(mut view: View, path: Arc<Path>) -> std::io::Result<Self> {
        let (inbox, mut reads) = mpsc::channel::<Read>(INBOX);
        let thread = std::thread::Builder::new().name("dormouse-read".to_owned()).spawn(move || {
            while let Some(read) = reads.blocking_recv() {
                read(&mut view);
            }
        })?;
        Ok(Self { inbox: Some(inbox), thread: Some(thread), path })
    }

    pub(crate) async fn run<T: Send + 'static>(
        &self,
        read: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stopped =
            || StoreError::Unavailable(format!("`{}`: its reader has stopped", self.path.display()));
        let path = Arc::clone(&self.path);
        let (reply, answer) = oneshot::channel();
        let read: Read = Box::new(move |view| {
            // Whoever asked may have gone away: then there is nobody to tell.
            let _ = reply.send(view.ask(read).map_err(|fault| fault.into_store_error(&path)));
        });
        let inbox = self.inbox.as_ref().ok_or_else(stopped)?;
        inbox.send(read).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
