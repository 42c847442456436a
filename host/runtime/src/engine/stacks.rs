//! Stacks of guests that take no memory map each, where pools cannot hold as many as are wanted.
//!
//! A stack ends in a page that nobody may touch. Made with `mprotect`, that page is a memory map of its own and makes
//! one of the stack above it, and `vm.max_map_count` (65,530 by default) is what bounds how many guests wait in one
//! process. Linux 6.13 has guards that lie in the page table instead (`MADV_GUARD_INSTALL`): touching one is the same
//! fault, and all stacks together are one map.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::{StackCreator, StackMemory};

/// Not known to every version of `libc` yet: `include/uapi/asm-generic/mman-common.h`, the same on every architecture
/// that this runs on.
const MADV_GUARD_INSTALL: libc::c_int = 102;

/// Stacks that are mapped at once: 64 times two mebibytes of address space, of which nothing is there before it is used.
const STACKS_PER_SLAB: usize = 64;

/// All stacks of one engine.
pub(super) struct Stacks {
    /// Of each stack, without its guard: whole pages.
    bytes: usize,
    page: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    free: Vec<Lowest>,
    slabs: Vec<Slab>,
}

/// The first byte of a stack, right behind its guard.
struct Lowest(NonNull<u8>);

#[expect(unsafe_code, reason = "a pointer is not `Send` by itself")]
// SAFETY: memory of this process, which any of its threads may use. Nothing is read or written through it here, and who
// has it is alone with it: it is in the list of those that are free, or in one `Stack`.
unsafe impl Send for Lowest {}
#[expect(unsafe_code, reason = "see above")]
// SAFETY: see above; nothing is done with a shared one but to tell where it points.
unsafe impl Sync for Lowest {}

impl Stacks {
    /// None where the system has no guards without a map, or no room for the first stacks: then wasmtime's own stacks
    /// do, and say for themselves what is missing.
    ///
    /// `bytes` is of each stack without its guard, as the engine's `async_stack_size`.
    pub(super) fn new(bytes: usize) -> Option<Arc<Self>> {
        let page = rustix::param::page_size();
        let bytes = bytes.checked_next_multiple_of(page)?;
        let stacks = Self { bytes, page, kept: Mutex::default() };
        stacks.grow(&mut stacks.kept()).ok()?;
        Some(Arc::new(stacks))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // Each change of it is one call, so that it is whole whoever has panicked.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grow(&self, kept: &mut Kept) -> io::Result<()> {
        let each = self.page.checked_add(self.bytes).ok_or(io::ErrorKind::OutOfMemory)?;
        let slab = Slab::map(each.checked_mul(STACKS_PER_SLAB).ok_or(io::ErrorKind::OutOfMemory)?)?;
        let guards: Vec<_> = (0..STACKS_PER_SLAB).map(|nth| slab.at(nth * each)).collect();
        for guard in &guards {
            advise(*guard, self.page, MADV_GUARD_INSTALL)?;
        }
        kept.free.extend((0..STACKS_PER_SLAB).map(|nth| Lowest(slab.at(nth * each + self.page))));
        kept.slabs.push(slab);
        Ok(())
    }

    fn take(&self) -> io::Result<Lowest> {
        let mut kept = self.kept();
        if kept.free.is_empty() {
            self.grow(&mut kept)?;
        }
        kept.free.pop().ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }
}

/// What wasmtime asks: an engine has one of it, each stack another.
pub(super) struct Creator(pub(super) Arc<Stacks>);

#[expect(unsafe_code, reason = "the trait says that memory safety depends on it")]
// SAFETY: each stack is given to one guest at a time, consists of whole pages that are readable, writable and zero, and
// lies above a page that faults.
unsafe impl StackCreator for Creator {
    fn new_stack(&self, size: usize, _zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        if size > self.0.bytes {
            wasmtime::bail!("stacks have {} bytes, and {size} are asked for", self.0.bytes);
        }
        // Zero whether asked for or not: what is given back is dropped, see below.
        Ok(Box::new(Stack { lowest: self.0.take()?, of: Arc::clone(&self.0) }))
    }
}

struct Stack {
    lowest: Lowest,
    of: Arc<Stacks>,
}

impl Stack {
    fn lowest(&self) -> *mut u8 {
        self.lowest.0.as_ptr()
    }
}

#[expect(unsafe_code, reason = "the trait says that memory safety depends on it")]
// SAFETY: the ranges are those that `Stacks::grow` has laid out, whole pages each, mapped as long as `of` lives.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        self.lowest().wrapping_add(self.of.bytes)
    }

    fn range(&self) -> Range<usize> {
        self.lowest().addr()..self.top().addr()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        self.lowest().wrapping_sub(self.of.page)..self.lowest()
    }
}

impl Drop for Stack {
    /// What a guest has left on it is gone, and its pages are the system's again. One for which that fails is not given
    /// to anybody again.
    fn drop(&mut self) {
        if advise(self.lowest.0, self.of.bytes, libc::MADV_DONTNEED).is_ok() {
            self.of.kept().free.push(Lowest(self.lowest.0));
        }
    }
}

/// Memory of the system, unmapped when it is dropped.
struct Slab {
    start: NonNull<u8>,
    len: usize,
}

#[expect(unsafe_code, reason = "a pointer is not `Send` by itself")]
// SAFETY: as for `Lowest`: nothing is read or written through it.
unsafe impl Send for Slab {}

impl Slab {
    fn map(len: usize) -> io::Result<Self> {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

        // Reserved only: what is touched is there, and nothing else is counted.
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        #[expect(unsafe_code, reason = "memory of the system can be had in no other way")]
        // SAFETY: without an address of its own choice it lies where nothing else does.
        let start =
            unsafe { mmap_anonymous(std::ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, flags) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let slab = Self { start, len };
        // A stack uses a few of its pages: a huge one would make two mebibytes of them. No less works without.
        let _ = advise(slab.start, slab.len, libc::MADV_NOHUGEPAGE);
        Ok(slab)
    }

    fn at(&self, offset: usize) -> NonNull<u8> {
        debug_assert!(offset < self.len, "the offset is inside");
        NonNull::new(self.start.as_ptr().wrapping_add(offset)).unwrap_or(self.start)
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "the counterpart of the mapping")]
        // SAFETY: it was mapped with this length. Slabs end with their `Stacks`, which each `Stack` keeps alive.
        let unmapped = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "what was mapped can be unmapped");
    }
}

/// `advice` must be one that takes effect on whole pages of anonymous memory, and that nobody else reads or writes.
fn advise(start: NonNull<u8>, len: usize, advice: libc::c_int) -> io::Result<()> {
    #[expect(unsafe_code, reason = "`rustix` does not know guards")]
    // SAFETY: the callers pass parts of a slab, or a stack that its guest has left for good: what becomes inaccessible or
    // zero there is referred to by nobody.
    match unsafe { libc::madvise(start.as_ptr().cast(), len, advice) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const BYTES: usize = 256 * 1024;

    /// None on a system that has no such guards, where nothing of this is used.
    fn stacks() -> Option<Arc<Stacks>> {
        let stacks = Stacks::new(BYTES);
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("Linux");
        let mut numbers = release.split(['.', '-']).filter_map(|part| part.parse::<u32>().ok());
        if numbers.next().zip(numbers.next()) >= Some((6, 13)) {
            assert!(stacks.is_some(), "Linux {} has guards", release.trim());
        }
        stacks
    }

    fn new(stacks: &Arc<Stacks>) -> Box<dyn StackMemory> {
        Creator(Arc::clone(stacks)).new_stack(BYTES, false).expect("there is room")
    }

    /// Whether the kernel can read a byte there: it answers an error where a thread would be ended.
    fn readable(address: *mut u8) -> bool {
        let (_reader, writer) = io::pipe().expect("a pipe");
        #[expect(unsafe_code, reason = "there is no reference to memory that must not be touched")]
        // SAFETY: the kernel checks the address, and copies one byte from it.
        let written = unsafe { libc::write(std::os::fd::AsRawFd::as_raw_fd(&writer), address.cast(), 1) };
        written == 1
    }

    #[test]
    fn a_stack_is_whole_pages_above_one_that_faults() {
        let Some(stacks) = stacks() else { return };
        let all: Vec<_> = (0..=STACKS_PER_SLAB).map(|_| new(&stacks)).collect();
        let page = rustix::param::page_size();
        for stack in &all {
            assert_eq!(stack.range().len(), BYTES);
            assert_eq!(stack.range().end, stack.top().addr());
            assert_eq!(stack.top().addr() % page, 0);
            let guard = stack.guard_range();
            assert_eq!(
                (guard.end.addr(), guard.end.addr() - guard.start.addr()),
                (stack.range().start, page)
            );
            assert!(readable(guard.end) && readable(stack.top().wrapping_sub(1)));
            assert!(!readable(guard.start) && !readable(guard.end.wrapping_sub(1)), "the guard is none");
        }
        let starts: BTreeSet<_> = all.iter().map(|stack| stack.range().start).collect();
        assert_eq!(starts.len(), all.len(), "two guests have one stack");
    }

    #[test]
    fn nothing_of_a_guest_is_left_for_the_next_one_and_the_guard_stays() {
        let Some(stacks) = stacks() else { return };
        let first = new(&stacks);
        let (range, lowest) = (first.range(), first.guard_range().end);
        #[expect(unsafe_code, reason = "as a guest does")]
        // SAFETY: this test has the stack for itself.
        unsafe {
            lowest.write_bytes(0xa5, BYTES);
        }
        drop(first);
        let again = new(&stacks);
        assert_eq!(again.range(), range, "what was given back comes first");
        #[expect(unsafe_code, reason = "as a guest does")]
        // SAFETY: this test has the stack for itself.
        let bytes = unsafe { std::slice::from_raw_parts(lowest, BYTES) };
        assert!(bytes.iter().all(|byte| *byte == 0));
        assert!(!readable(lowest.wrapping_sub(1)));
    }

    #[test]
    fn stacks_live_as_long_as_one_of_them_does() {
        let Some(stacks) = stacks() else { return };
        let stack = new(&stacks);
        let top = stack.top().wrapping_sub(1);
        drop(stacks);
        assert!(readable(top));
        drop(stack);
    }

    #[test]
    fn a_stack_that_is_larger_than_what_there_is_is_refused() {
        let Some(stacks) = stacks() else { return };
        let refused = Creator(stacks).new_stack(BYTES + 1, false).err().expect("too large");
        assert_eq!(
            refused.to_string(),
            format!("stacks have {BYTES} bytes, and {} are asked for", BYTES + 1)
        );
    }
}
