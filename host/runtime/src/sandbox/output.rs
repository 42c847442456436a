//! Standard output and error of a guest: kept within bounds, never blocking, never failing.
//!
//! A guest's logs are what its author has to find out what went wrong, and usually the beginning and the end
//! tell. So half of the limit keeps what came first and half what came last; what lies between is dropped and
//! counted. Writes always succeed: a task must not fail because it was talkative. Nothing is ever passed on to the
//! streams of the host process.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use dormouse_core::event::Stream;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::port::AppPort;
use super::usage::Usage;

/// How much one write may carry: what the guest is told when it asks.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// What a guest wrote to one stream, within bounds.
#[derive(Debug)]
pub(crate) struct Captured {
    head_max: usize,
    tail_max: usize,
    /// How much may be handed over live, in all.
    live_max: usize,
    written: AtomicU64,
    dropped: AtomicU64,
    /// What went elsewhere at once, and is neither kept nor dropped here.
    passed: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    /// What may still be handed over live.
    live_used: usize,
}

impl Captured {
    /// Within `limit`, for keeping and for handing over.
    pub(super) fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            head_max: limit / 2,
            tail_max: limit - limit / 2,
            live_max: limit,
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            passed: AtomicU64::new(0),
            kept: Mutex::new(Kept::default()),
        }
    }

    /// Keeps as much as [`Captured::new`], and hands everything over: who it is handed to has a limit of its own.
    pub(super) fn handed_over(limit: u64) -> Self {
        Self { live_max: usize::MAX, ..Self::new(limit) }
    }

    /// Bytes written, kept or not.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Bytes dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Bytes written that were passed on instead.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// So many bytes were written, and passed on.
    pub(crate) fn count_passed(&self, bytes: usize) {
        self.passed.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What was kept: the head, a line that tells how many bytes are missing if any are, and the tail. As the
    /// guest wrote it: escape it before a terminal sees it.
    pub(crate) fn kept(&self) -> Vec<u8> {
        self.kept_within(usize::MAX)
    }

    /// As [`Captured::kept`], of no more than `max` bytes beside the line.
    pub(super) fn kept_within(&self, max: usize) -> Vec<u8> {
        let kept = self.lock();
        let len = kept.head.len() + kept.tail.len();
        // What lies between head and tail is missing already if anything is: both are at least as long then.
        let (first, last) =
            if len <= max { (kept.head.len(), kept.tail.len()) } else { (max / 2, max - max / 2) };
        let missing = self.dropped() + (len - first - last) as u64;
        let all = || kept.head.iter().chain(&kept.tail);
        let mut text: Vec<u8> = all().take(first).copied().collect();
        if missing > 0 {
            text.extend_from_slice(gap(missing).as_bytes());
        }
        text.extend(all().skip(len - last));
        text
    }

    /// What was kept and not handed over live: the end of a stream that was longer than its limit, behind a
    /// line that tells how many bytes are missing. None if everything was handed over.
    pub(crate) fn unheard(&self) -> Option<Vec<u8>> {
        let unheard = self.written().saturating_sub(self.live_max as u64);
        (unheard > 0).then(|| self.last(unheard))
    }

    /// The last `bytes` that were written, as far as they are among what came last, behind a line that tells how many are
    /// missing if any are.
    pub(crate) fn last(&self, bytes: u64) -> Vec<u8> {
        let kept = self.lock();
        let len = usize::try_from(bytes).unwrap_or(usize::MAX).min(kept.tail.len());
        let missing = bytes - len as u64;
        let mut text = Vec::new();
        if missing > 0 {
            text.extend_from_slice(gap(missing).as_bytes());
        }
        text.extend(kept.tail.iter().skip(kept.tail.len() - len));
        text
    }

    /// What was written last, of no more than `max` bytes.
    pub(crate) fn end(&self, max: usize) -> Vec<u8> {
        let kept = self.lock();
        // What lies between head and tail is missing if anything is: then the tail is all that is the end.
        let head: &[u8] = if self.dropped() > 0 { &[] } else { kept.head.as_slice() };
        let len = head.len() + kept.tail.len();
        head.iter().chain(&kept.tail).skip(len.saturating_sub(max)).copied().collect()
    }

    /// Keeps `bytes` within bounds, and answers how many of them may be handed over live: as many as may in all, the first
    /// that were written.
    fn write(&self, bytes: &[u8]) -> usize {
        self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let mut kept = self.lock();
        let live = bytes.len().min(self.live_max.saturating_sub(kept.live_used));
        kept.live_used = kept.live_used.saturating_add(live);

        let to_head = bytes.len().min(self.head_max - kept.head.len());
        let (head, rest) = bytes.split_at(to_head);
        kept.head.extend_from_slice(head);

        // Of a write larger than the tail, only its end can stay.
        let (passed_by, rest) = rest.split_at(rest.len().saturating_sub(self.tail_max));
        let pushed_out = (kept.tail.len() + rest.len()).saturating_sub(self.tail_max);
        kept.tail.drain(..pushed_out);
        kept.tail.extend(rest);
        self.dropped.fetch_add((passed_by.len() + pushed_out) as u64, Ordering::Relaxed);
        live
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands in the place of bytes that were dropped.
fn gap(bytes: u64) -> String {
    format!("\n[... {bytes} bytes dropped ...]\n")
}

/// One stream of one guest, as WASI wants it.
#[derive(Clone)]
pub(super) struct Sink {
    stream: Stream,
    usage: Arc<Usage>,
    port: Arc<dyn AppPort>,
}

impl Sink {
    pub(super) fn new(stream: Stream, usage: Arc<Usage>, port: Arc<dyn AppPort>) -> Self {
        Self { stream, usage, port }
    }

    fn take(&self, bytes: &[u8]) {
        let live = self.usage.output(self.stream).write(bytes);
        if let Some(live) = bytes.get(..live)
            && !live.is_empty()
        {
            self.port.output(self.stream, live);
        }
    }
}

impl IsTerminal for Sink {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Sink {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Sink {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

#[async_trait::async_trait]
impl Pollable for Sink {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Sink {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is written in whatever pieces: head and tail are the ends of it, the sum is right, and never
        /// more than the limit is kept or handed over.
        #[test]
        fn the_ends_are_kept_and_every_byte_is_accounted_for(
            limit in 0_u64..64,
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20),
        ) {
            let captured = Captured::new(limit);
            let mut live = Vec::new();
            for piece in &pieces {
                let handed_over = captured.write(piece);
                live.extend_from_slice(&piece[..handed_over]);
            }
            let all = pieces.concat();
            let (head, tail) = {
                let kept = captured.lock();
                (kept.head.clone(), Vec::from(kept.tail.clone()))
            };
            let (kept_len, dropped) = (head.len() + tail.len(), captured.dropped());
            prop_assert!(kept_len as u64 <= limit);
            prop_assert_eq!(captured.written(), all.len() as u64);
            prop_assert_eq!(kept_len as u64 + dropped, all.len() as u64);
            prop_assert!(all.starts_with(&head));
            prop_assert!(all.ends_with(&tail));
            prop_assert_eq!(dropped > 0, all.len() as u64 > limit);
            prop_assert_eq!(live.len() as u64, limit.min(all.len() as u64));
            prop_assert!(all.starts_with(&live));
        }
    }

    #[test]
    fn a_gap_is_marked_with_its_size() {
        let captured = Captured::new(8);
        captured.write(b"begin, middle, end!");
        assert_eq!(captured.kept(), b"begi\n[... 11 bytes dropped ...]\nend!");
        let whole = Captured::new(64);
        whole.write(b"short");
        assert_eq!(whole.kept(), b"short");
    }

    #[test]
    fn the_end_of_it_is_what_was_written_last_and_in_one_piece() {
        let captured = Captured::new(8);
        captured.write(b"0123456789");
        assert_eq!((captured.end(2), captured.end(9)), (b"89".to_vec(), b"6789".to_vec()));
        let whole = Captured::new(8);
        whole.write(b"012345");
        assert_eq!((whole.end(3), whole.end(9)), (b"345".to_vec(), b"012345".to_vec()));
    }

    #[test]
    fn what_is_told_by_others_is_handed_over_whole_and_kept_within_bounds() {
        let captured = Captured::handed_over(8);
        assert_eq!(captured.write(b"0123456789"), 10);
        assert_eq!((captured.unheard(), captured.dropped()), (None, 2));
        assert_eq!(captured.last(3), b"789");
        assert_eq!(captured.last(6), b"\n[... 2 bytes dropped ...]\n6789");
    }

    #[test]
    fn what_is_cut_to_a_bound_has_its_ends_and_one_mark() {
        let captured = Captured::new(8);
        captured.write(b"begin, middle, end!");
        assert_eq!(captured.kept_within(8), captured.kept());
        assert_eq!(captured.kept_within(5), b"be\n[... 14 bytes dropped ...]\nnd!");
        assert_eq!(captured.kept_within(0), b"\n[... 19 bytes dropped ...]\n");
        // Of what was kept whole as well: all of it in the head, or a part.
        for limit in [64, 12] {
            let whole = Captured::new(limit);
            whole.write(b"0123456789");
            assert_eq!(whole.kept_within(10), b"0123456789");
            assert_eq!(whole.kept_within(3), b"0\n[... 7 bytes dropped ...]\n89");
        }
    }
}
