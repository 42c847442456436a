//! What one run used, apart from time. Lives outside the store, so that it survives a kill.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use dormouse_core::event::Stream;
use dormouse_core::{Receipt, RunOutput};

use super::output::Captured;

/// Meters of one run. Written by the sandbox, read by anybody at any time.
#[derive(Debug)]
pub(crate) struct Usage {
    memory_bytes: AtomicU64,
    peak_memory_bytes: AtomicU64,
    memory_refusals: AtomicU32,
    denials: AtomicU32,
    wasi_calls: AtomicU64,
    our_calls: AtomicU64,
    /// The guest's event loop looked for work.
    at_rest: AtomicBool,
    stdout: Captured,
    stderr: Captured,
}

/// How often a guest called the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) all: u64,
    /// Of these, WASI.
    pub(crate) wasi: u64,
}

impl Usage {
    /// Meters at zero, for a run that may keep `output_bytes` of each stream, and have as many told.
    pub(crate) fn new(output_bytes: u64) -> Arc<Self> {
        Self::of(|| Captured::new(output_bytes))
    }

    /// Meters at zero, for an app that may keep `output_bytes` of each stream; how many are told is for its life to say.
    pub(crate) fn of_app(output_bytes: u64) -> Arc<Self> {
        Self::of(|| Captured::handed_over(output_bytes))
    }

    fn of(stream: impl Fn() -> Captured) -> Arc<Self> {
        Arc::new(Self {
            memory_bytes: AtomicU64::new(0),
            peak_memory_bytes: AtomicU64::new(0),
            memory_refusals: AtomicU32::new(0),
            denials: AtomicU32::new(0),
            wasi_calls: AtomicU64::new(0),
            our_calls: AtomicU64::new(0),
            at_rest: AtomicBool::new(false),
            stdout: stream(),
            stderr: stream(),
        })
    }

    /// What the guest wrote to `stream`.
    pub(crate) const fn output(&self, stream: Stream) -> &Captured {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    /// Bytes that memories and tables hold together now.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    /// The most bytes that they held together.
    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        self.peak_memory_bytes.load(Ordering::Relaxed)
    }

    /// How often a growth was refused.
    pub(crate) fn memory_refusals(&self) -> u32 {
        self.memory_refusals.load(Ordering::Relaxed)
    }

    /// How often something was asked for that was not granted.
    pub(crate) fn denials(&self) -> u32 {
        self.denials.load(Ordering::Relaxed)
    }

    /// How often the guest called the host.
    pub(crate) fn calls(&self) -> Calls {
        let wasi = self.wasi_calls.load(Ordering::Relaxed);
        Calls { all: wasi.saturating_add(self.our_calls.load(Ordering::Relaxed)), wasi }
    }

    /// Whether, at the end of the last poll, all of the guest was in its event loop and nothing in it could go on. False
    /// when that is not known: inside a call of WASI, or interrupted in the middle of its work.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.at_rest.load(Ordering::Relaxed)
    }

    /// What the guest wrote, of no more than `max` bytes of each stream. None if it wrote nothing, or nothing of it is
    /// to be kept.
    pub(crate) fn kept_within(&self, max: usize) -> Option<RunOutput> {
        if max == 0 || self.stdout.written() + self.stderr.written() == 0 {
            return None;
        }
        Some(RunOutput { stdout: self.stdout.kept_within(max), stderr: self.stderr.kept_within(max) })
    }

    /// Copies the figures into a receipt.
    pub(crate) fn write_to(&self, receipt: &mut Receipt) {
        receipt.peak_memory_bytes = self.peak_memory_bytes();
        receipt.memory_refusals = self.memory_refusals();
        receipt.stdout_bytes = self.stdout.written() + self.stdout.passed();
        receipt.stderr_bytes = self.stderr.written() + self.stderr.passed();
        receipt.output_dropped_bytes = self.stdout.dropped() + self.stderr.dropped();
        receipt.denials = self.denials();
        receipt.host_calls = self.calls().all;
    }

    /// Memories and tables hold `bytes` now. Only the thread that polls the guest calls this.
    pub(super) fn set_memory_bytes(&self, bytes: u64) {
        self.memory_bytes.store(bytes, Ordering::Relaxed);
        self.peak_memory_bytes.fetch_max(bytes, Ordering::Relaxed);
    }

    pub(super) fn count_memory_refusal(&self) {
        self.memory_refusals.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_denial(&self) {
        self.denials.fetch_add(1, Ordering::Relaxed);
    }

    /// The guest calls a function of WASI. Only the thread that polls the guest counts calls: no other writes here.
    pub(super) fn count_wasi_call(&self) {
        self.wasi_calls.store(self.wasi_calls.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
        self.set_at_rest(false);
    }

    /// The guest calls a function of ours.
    pub(super) fn count_our_call(&self) {
        self.our_calls.store(self.our_calls.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
        self.set_at_rest(false);
    }

    /// See [`Usage::is_at_rest`].
    pub(crate) fn set_at_rest(&self, at_rest: bool) {
        self.at_rest.store(at_rest, Ordering::Relaxed);
    }
}
