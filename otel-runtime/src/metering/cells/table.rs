//! [`Table`]: a list that grows, and whose elements stay where they are.

use std::sync::OnceLock;

/// The first chunk has so many elements, as a power of two, and each further one twice as many as the one before.
const FIRST: u32 = 2;

/// Where an element is. It is worked out once, and not whenever somebody asks for the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    chunk: u32,
    at: u32,
}

impl Place {
    pub(super) const fn of(index: u32) -> Self {
        let index = index.saturating_add(1 << FIRST);
        let size = index.ilog2();
        Self { chunk: size - FIRST, at: index - (1 << size) }
    }
}

/// Elements that are made when they are asked for. Nobody who reads one waits for somebody who has another made.
#[derive(Debug)]
pub(super) struct Table<T> {
    chunks: [OnceLock<Box<[T]>>; (u32::BITS - FIRST) as usize],
}

impl<T> Table<T> {
    pub(super) const fn new() -> Self {
        Self { chunks: [const { OnceLock::new() }; (u32::BITS - FIRST) as usize] }
    }

    #[inline]
    pub(super) fn get(&self, Place { chunk, at }: Place) -> Option<&T> {
        self.chunks[chunk as usize].get()?.get(at as usize)
    }
}

impl<T: Default> Table<T> {
    #[inline]
    pub(super) fn at(&self, Place { chunk, at }: Place) -> &T {
        match self.chunks[chunk as usize].get() {
            Some(made) => &made[at as usize],
            None => &self.make(chunk as usize)[at as usize],
        }
    }

    #[cold]
    fn make(&self, chunk: usize) -> &[T] {
        self.chunks[chunk].get_or_init(|| (0..1_usize << (chunk + FIRST as usize)).map(|_| T::default()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_has_a_place_of_its_own() {
        let place = |chunk, at| Place { chunk, at };
        let places: Vec<_> = (0..30).map(Place::of).collect();
        assert_eq!(places[..5], [place(0, 0), place(0, 1), place(0, 2), place(0, 3), place(1, 0)]);
        assert_eq!(places[11..13], [place(1, 7), place(2, 0)]);
        assert_eq!(places[27..29], [place(2, 15), place(3, 0)]);
        assert_eq!(Place::of(u32::MAX - 4), place(29, (1 << 31) - 1));
    }

    #[test]
    fn elements_are_made_with_their_chunk_and_stay() {
        let table: Table<OnceLock<u32>> = Table::new();
        assert!(table.get(Place::of(5)).is_none());
        let fifth = table.at(Place::of(5));
        assert_eq!(fifth.set(5), Ok(()));
        (0..10_000).for_each(|index| assert!(table.at(Place::of(index)).get().is_none_or(|_| index == 5)));
        assert!(std::ptr::eq(fifth, table.at(Place::of(5))) && table.get(Place::of(5)).and_then(OnceLock::get) == Some(&5));
    }
}
