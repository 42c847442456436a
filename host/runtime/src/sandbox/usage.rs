//! What one run used, apart from time. Lives outside the store, so that it survives a kill.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

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
    stdout: Captured,
    stderr: Captured,
}

impl Usage {
    /// Meters at zero, for a run that may keep `output_bytes` of each stream.
    pub(crate) fn new(output_bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            memory_bytes: AtomicU64::new(0),
            peak_memory_bytes: AtomicU64::new(0),
            memory_refusals: AtomicU32::new(0),
            denials: AtomicU32::new(0),
            stdout: Captured::new(output_bytes),
            stderr: Captured::new(output_bytes),
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
        receipt.stdout_bytes = self.stdout.written();
        receipt.stderr_bytes = self.stderr.written();
        receipt.output_dropped_bytes = self.stdout.dropped() + self.stderr.dropped();
        receipt.denials = self.denials();
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
}
