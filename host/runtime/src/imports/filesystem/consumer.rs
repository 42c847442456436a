//! What a guest's stream of WASI 0.3's writes to a file in its app's own folders.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use wasmtime::component::{Source, StreamConsumer, StreamResult};
use wasmtime::{AsContextMut as _, Result, StoreContextMut};
use wasmtime_wasi::p3::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

use super::p3::answered;
use crate::folders::{OwnFile, Refused};
use crate::sandbox::RunState;

/// As much as is written at once.
const WRITE_LEN_MAX: usize = 64 * 1024;

/// Takes what the guest writes, piece by piece.
pub(super) struct Consumer {
    file: OwnFile,
    /// Where the next piece goes; none: to the end.
    offset: Option<u64>,
    writing: Option<AbortOnDropJoinHandle<Result<usize, Refused>>>,
    /// Told once: at the end, or what went wrong.
    result: Option<oneshot::Sender<Result<(), ErrorCode>>>,
}

impl Consumer {
    pub(super) fn new(
        file: OwnFile,
        offset: Option<u64>,
    ) -> (Self, oneshot::Receiver<Result<(), ErrorCode>>) {
        let (result, told) = oneshot::channel();
        (Self { file, offset, writing: None, result: Some(result) }, told)
    }

    fn close(&mut self, result: Result<(), ErrorCode>) {
        if let Some(told) = self.result.take() {
            // The guest may not care.
            let _ = told.send(result);
        }
    }
}

impl StreamConsumer<RunState> for Consumer {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'_, RunState>,
        source: Source<'_, u8>,
        _finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let me = &mut *self;
        let mut source = source.as_direct(store.as_context_mut());
        let written = if me.file.inline {
            me.file.write(source.remaining(), me.offset)
        } else {
            let writing = me.writing.get_or_insert_with(|| {
                let rest = source.remaining();
                let piece = rest.get(..WRITE_LEN_MAX).unwrap_or(rest).to_vec();
                let (file, offset) = (me.file.clone(), me.offset);
                spawn_blocking(move || file.write(&piece, offset))
            });
            // What was begun is waited for, also when the guest waits no more: it counts.
            let written = ready!(Pin::new(writing).poll(cx));
            me.writing = None;
            written
        };
        if let Ok(written) = &written {
            source.mark_read(*written);
        }
        Poll::Ready(Ok(match answered(store.data(), written)? {
            Ok(written) => {
                me.offset = me.offset.map(|offset| offset.saturating_add(written as u64));
                StreamResult::Completed
            }
            Err(code) => {
                me.close(Err(code));
                StreamResult::Dropped
            }
        }))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.close(Ok(()));
    }
}
