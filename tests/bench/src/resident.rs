//! Where the memory of a process is.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::ops::{AddAssign, Sub};

use crate::STACK_BYTES;

/// Bytes that are resident, by what they are for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resident {
    /// Pages of linear memories that a guest wrote.
    pub memory: u64,
    /// Pages of linear memories that it only read: the image of its data, which all instances have in common.
    pub image: u64,
    /// Guests' stacks.
    pub stacks: u64,
    /// What the host has beside: the heap, and guests' tables.
    pub rest: u64,
    /// Memory maps.
    pub maps: u64,
}

impl Resident {
    /// Of what is in use: what was freed is given back first. Nothing large is taken for it, which would be counted.
    ///
    /// # Panics
    ///
    /// The kernel does not list it.
    #[must_use]
    pub fn now() -> Self {
        give_back();
        Self::of("self").unwrap()
    }

    /// Of the process with this id, with what it keeps of what was freed.
    ///
    /// # Errors
    ///
    /// There is no such process, or it is somebody else's.
    pub fn of(process: &str) -> io::Result<Self> {
        let mut all = Self::default();
        // The entry that is being read, and the two before it.
        let mut last: [Option<Map>; 3] = [None, None, None];
        for line in BufReader::new(File::open(format!("/proc/{process}/smaps"))?).lines() {
            let line = line?;
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            match (first, &mut last[2]) {
                ("Rss:", Some(map)) => map.rss = kib(words.next()),
                ("Anonymous:", Some(map)) => map.own = kib(words.next()),
                // What is never made of huge pages: stacks that lie side by side in one map.
                ("VmFlags:", Some(map)) => map.is_slab = words.any(|flag| flag == "nh"),
                (range, _) => {
                    if let Some(next) = Map::new(range, words) {
                        all += Self::of_map(&last);
                        last.rotate_left(1);
                        last[2] = Some(next);
                    }
                }
            }
        }
        for _ in 0..2 {
            all += Self::of_map(&last);
            last.rotate_left(1);
            last[2] = None;
        }
        Ok(all)
    }

    /// Of the middle one of three. What a map is for shows where it is: the image of a linear memory lies in the middle of
    /// that, what it may grow into behind it, and each stack behind a page that is not to be touched.
    fn of_map([before, map, after]: &[Option<Map>; 3]) -> Self {
        let Some(map) = map else { return Self::default() };
        let before = before.as_ref().filter(|other| other.end == map.start);
        let after = after.as_ref().filter(|other| other.start == map.end);
        let of_guest = map.is_image
            || map.is_writable && [before, after].into_iter().flatten().any(|other| other.is_image)
            || map.is_writable && after.is_some_and(Map::is_room);
        let is_stack = map.is_slab
            || map.is_writable
                && map.end - map.start == STACK_BYTES
                && before.is_some_and(|guard| !guard.is_writable);
        let none = Self { maps: 1, ..Self::default() };
        if of_guest {
            Self { memory: map.own, image: map.rss - map.own, ..none }
        } else if is_stack {
            Self { stacks: map.own, ..none }
        } else {
            // Without the program's own pages, which the kernel drops and reads again as it likes.
            Self { rest: map.own, ..none }
        }
    }

    /// Bytes, of all kinds together.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.memory + self.image + self.stacks + self.rest
    }
}

impl AddAssign for Resident {
    fn add_assign(&mut self, more: Self) {
        self.memory += more.memory;
        self.image += more.image;
        self.stacks += more.stacks;
        self.rest += more.rest;
        self.maps += more.maps;
    }
}

/// What has come to it since; nothing where it has become less.
impl Sub for Resident {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            memory: self.memory.saturating_sub(before.memory),
            image: self.image.saturating_sub(before.image),
            stacks: self.stacks.saturating_sub(before.stacks),
            rest: self.rest.saturating_sub(before.rest),
            maps: self.maps.saturating_sub(before.maps),
        }
    }
}

/// Gives whole pages of what was freed back to the kernel, or what is taken next would not be seen.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "it is a function of C's library")]
pub fn give_back() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> i32;
    }
    // SAFETY: it may be called at any time, by any thread, and touches nothing that is in use.
    unsafe {
        malloc_trim(0);
    }
}

/// Other allocators keep what they keep.
#[cfg(not(target_env = "gnu"))]
pub const fn give_back() {}

/// One entry of the kernel's list.
struct Map {
    start: usize,
    end: usize,
    is_writable: bool,
    is_image: bool,
    is_slab: bool,
    /// Bytes that are resident.
    rss: u64,
    /// Of these, what is no file's.
    own: u64,
}

impl Map {
    /// None if the line is not the first of an entry.
    fn new<'a>(range: &str, mut words: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (start, end) = range.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).ok();
        let is_writable = words.next()?.starts_with("rw");
        let is_image = words.nth(3).is_some_and(|name| name.starts_with("/memfd:wasm-memory-image"));
        Some(Self {
            start: address(start)?,
            end: address(end)?,
            is_writable,
            is_image,
            is_slab: false,
            rss: 0,
            own: 0,
        })
    }

    /// Address space for a linear memory. Nothing else keeps gibibytes that nobody may touch behind what it uses.
    const fn is_room(&self) -> bool {
        !self.is_writable && self.end - self.start > 1 << 30
    }
}

fn kib(word: Option<&str>) -> u64 {
    word.unwrap().parse::<u64>().unwrap() << 10
}
