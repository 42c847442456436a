//! Readers that count.

use std::cell::Cell;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// At most so many bytes: one more is an error, and says so in a flag.
pub(super) struct Limited<'a, R> {
    inner: R,
    left: u64,
    overrun: &'a Cell<bool>,
}

impl<'a, R: Read> Limited<'a, R> {
    pub(super) fn new(inner: R, max: u64, overrun: &'a Cell<bool>) -> Self {
        Self { inner, left: max, overrun }
    }
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => {
                self.left = left;
                Ok(n)
            }
            None => {
                self.overrun.set(true);
                Err(io::Error::other("too long"))
            }
        }
    }
}

/// The bytes of an archive as they pass by.
pub(super) struct Tap<'a> {
    inner: Limited<'a, &'a mut dyn Read>,
    hash: Sha256,
}

impl<'a> Tap<'a> {
    pub(super) fn new(inner: &'a mut dyn Read, max: u64, overrun: &'a Cell<bool>) -> Self {
        Self { inner: Limited::new(inner, max, overrun), hash: Sha256::new() }
    }

    /// Reads what is left.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink()).map(drop)
    }

    /// Of everything that was read.
    pub(super) fn digest(self) -> Digest {
        Digest::finish(self.hash)
    }
}

impl Read for Tap<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}
