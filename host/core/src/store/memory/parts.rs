//! A table by id that never stops to grow.
//!
//! A hash table that is full is copied into one twice as large, and one from which much is taken out is put in order as a
//! whole. With a hundred thousand ids that is some milliseconds, under the lock that every command wants. In parts it is
//! as much work, and one part's share at a time.

use std::collections::hash_map::Entry;

use foldhash::HashMap;

use crate::ids::{ActivationId, RunId};

/// With a hundred thousand ids, under two thousand each.
const PARTS: usize = 64;

/// An id, of which the last bits are as good as random, or count up.
pub(super) trait Id: Copy + Eq + std::hash::Hash {
    fn last_byte(&self) -> u8;
}

impl Id for ActivationId {
    fn last_byte(&self) -> u8 {
        self.as_uuid().as_bytes()[15]
    }
}

impl Id for RunId {
    fn last_byte(&self) -> u8 {
        self.as_uuid().as_bytes()[15]
    }
}

#[derive(Debug)]
pub(super) struct Parts<K, V>([HashMap<K, V>; PARTS]);

impl<K, V> Default for Parts<K, V> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| HashMap::default()))
    }
}

impl<K: Id, V> Parts<K, V> {
    const fn index(byte: u8) -> usize {
        byte as usize % PARTS
    }

    fn part(&self, id: &K) -> &HashMap<K, V> {
        &self.0[Self::index(id.last_byte())]
    }

    fn part_mut(&mut self, id: &K) -> &mut HashMap<K, V> {
        &mut self.0[Self::index(id.last_byte())]
    }

    pub(super) fn get(&self, id: &K) -> Option<&V> {
        self.part(id).get(id)
    }

    pub(super) fn get_mut(&mut self, id: &K) -> Option<&mut V> {
        self.part_mut(id).get_mut(id)
    }

    pub(super) fn contains_key(&self, id: &K) -> bool {
        self.part(id).contains_key(id)
    }

    pub(super) fn insert(&mut self, id: K, value: V) -> Option<V> {
        self.part_mut(&id).insert(id, value)
    }

    pub(super) fn remove(&mut self, id: &K) -> Option<V> {
        self.part_mut(id).remove(id)
    }

    pub(super) fn entry(&mut self, id: K) -> Entry<'_, K, V> {
        self.part_mut(&id).entry(id)
    }
}

#[cfg(test)]
impl<K, V> Parts<K, V> {
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(HashMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn no_part_is_much_larger_than_the_others() {
        let mut counting = Parts::default();
        let mut random = Parts::default();
        for n in 0..64_000 {
            counting.insert(RunId::from_uuid(Uuid::from_u128(n)), ());
            // As those of a host are made: in order of time, and random at their end.
            let scattered = (n << 64) | u128::from((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8);
            random.insert(RunId::from_uuid(Uuid::from_u128(scattered)), ());
        }
        for parts in [counting, random] {
            assert_eq!(parts.len(), 64_000);
            let largest = parts.0.iter().map(HashMap::len).max();
            assert!(largest.is_some_and(|largest| largest < 1_200), "{largest:?}");
        }
    }
}
