//! Text in a list of chunks: it grows without ever being copied, and can be spliced.

use std::io;

use crate::budget::Budget;

const SMALLEST: usize = 256;
const FIRST: usize = 1 << 10;
const LARGEST: usize = 64 << 10;

/// UTF-8 text in chunks, charged to a budget.
///
/// A write that the budget refuses is an [`io::Error`] of kind `OutOfMemory`, and writes nothing of its piece.
#[derive(Debug)]
pub(crate) struct Text {
    chunks: Vec<Vec<u8>>,
    charged: usize,
    budget: Budget,
}

/// A place in a [`Text`]: between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    chunk: usize,
    at: usize,
}

impl Position {
    /// Before the first byte.
    pub(crate) const START: Position = Position { chunk: 0, at: 0 };
}

impl Text {
    pub(crate) fn new(budget: &Budget) -> Self {
        Text { chunks: Vec::new(), charged: 0, budget: budget.clone() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.iter().all(Vec::is_empty)
    }

    /// What is charged for it.
    pub(crate) fn held(&self) -> usize {
        self.charged
    }

    pub(crate) fn len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    /// The pieces in order; together they are the text.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.chunks.iter().map(Vec::as_slice).filter(|piece| !piece.is_empty())
    }

    /// The place behind the last byte.
    pub(crate) fn end(&self) -> Position {
        match self.chunks.last() {
            Some(last) => Position { chunk: self.chunks.len() - 1, at: last.len() },
            None => Position { chunk: 0, at: 0 },
        }
    }

    /// Drops everything behind `place`.
    pub(crate) fn truncate(&mut self, place: Position) {
        let keep = (place.chunk + 1).min(self.chunks.len());
        for gone in self.chunks.drain(keep..) {
            self.charged -= gone.capacity();
            self.budget.release(gone.capacity());
        }
        if let Some(last) = self.chunks.get_mut(place.chunk) {
            last.truncate(place.at);
        }
    }

    /// Takes the last byte away if it is `byte`.
    pub(crate) fn pop_if(&mut self, byte: u8) {
        if let Some(last) = self.chunks.iter_mut().rev().find(|chunk| !chunk.is_empty())
            && last.last() == Some(&byte)
        {
            last.pop();
        }
    }

    /// Puts `other` in at `place`. Places before it stay valid, places behind it do not.
    pub(crate) fn insert(&mut self, place: Position, other: Text) -> io::Result<()> {
        self.insert_all(std::iter::once((place, other)))
    }

    /// Puts texts in at their places, which ascend; in one pass, as there may be many.
    pub(crate) fn insert_all(&mut self, texts: impl DoubleEndedIterator<Item = (Position, Text)>) -> io::Result<()> {
        let (mut behind, mut refused) = (Vec::new(), false); // from the last chunk to the first
        for (place, mut other) in texts.rev().filter(|(_, other)| !other.is_empty()) {
            behind.extend(self.chunks.drain((place.chunk + 1).min(self.chunks.len())..).rev());
            if let Some(chunk) = self.chunks.get_mut(place.chunk)
                && place.at < chunk.len()
            {
                let tail = &chunk[place.at..];
                refused = self.budget.charge(tail.len()).is_err();
                if refused {
                    break;
                }
                self.charged += tail.len();
                behind.push(tail.to_vec());
                chunk.truncate(place.at);
            }
            self.charged += std::mem::take(&mut other.charged);
            behind.extend(other.chunks.drain(..).rev());
        }
        self.chunks.extend(behind.into_iter().rev());
        if refused { Err(io::ErrorKind::OutOfMemory.into()) } else { Ok(()) }
    }

    /// Gives back the room behind the last byte: the text is complete.
    pub(crate) fn shrink(&mut self) {
        if let Some(last) = self.chunks.last_mut() {
            let before = last.capacity();
            last.shrink_to_fit();
            self.charged -= before - last.capacity();
            self.budget.release(before - last.capacity());
        }
    }

    /// Puts `other` behind the last byte: a short one is copied, so that many of them fill few chunks.
    pub(crate) fn append(&mut self, other: Text) -> io::Result<()> {
        if other.len() > LARGEST {
            return self.insert(self.end(), other);
        }
        other.pieces().try_for_each(|piece| io::Write::write_all(self, piece))
    }

    /// Makes room for `bytes` in one chunk: a write of so many can't be refused then.
    pub(crate) fn reserve(&mut self, bytes: usize) -> io::Result<()> {
        let room = self.chunks.last().map_or(0, |last| last.capacity() - last.len());
        if room >= bytes { Ok(()) } else { self.grow() }
    }

    /// Adds a chunk, each twice the one before; a small one where the budget has no more.
    #[cold]
    fn grow(&mut self) -> io::Result<()> {
        let size = self.chunks.last().map_or(FIRST, |last| (last.capacity() * 2).clamp(FIRST, LARGEST));
        let size = [size, SMALLEST].into_iter().find(|size| self.budget.charge(*size).is_ok());
        let size = size.ok_or(io::ErrorKind::OutOfMemory)?;
        self.charged += size;
        self.chunks.push(Vec::with_capacity(size));
        Ok(())
    }
}

impl io::Write for Text {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_all(data)?;
        Ok(data.len())
    }

    #[inline]
    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        if let Some(last) = self.chunks.last_mut()
            && last.capacity() - last.len() >= data.len()
        {
            last.extend_from_slice(data);
            return Ok(());
        }
        self.write_across(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Text {
    /// Writes what does not fit in the last chunk.
    fn write_across(&mut self, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() {
            let room = self.chunks.last().map_or(0, |last| last.capacity() - last.len());
            if room == 0 {
                self.grow()?;
                continue;
            }
            let (now, later) = data.split_at(room.min(data.len()));
            if let Some(last) = self.chunks.last_mut() {
                last.extend_from_slice(now);
            }
            data = later;
        }
        Ok(())
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        self.budget.release(self.charged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn all(text: &Text) -> String {
        String::from_utf8(text.pieces().flatten().copied().collect()).expect("UTF-8")
    }

    #[test]
    fn insert_and_truncate_keep_earlier_places() {
        let budget = Budget::new(1 << 20);
        let mut text = Text::new(&budget);
        text.write_all(&[b'a'; 3000]).expect("room");
        let place = text.end();
        text.write_all(b"tail").expect("room");
        let mut other = Text::new(&budget);
        other.write_all(b"IN").expect("room");
        text.insert(place, other).expect("room");
        assert_eq!(all(&text), "a".repeat(3000) + "INtail");
        text.truncate(place);
        assert_eq!(all(&text), "a".repeat(3000));
        text.shrink();
        assert!(budget.used() < 3000 + SMALLEST as u64, "{}", budget.used());
        drop(text);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn many_are_inserted_in_order() {
        let budget = Budget::new(1 << 20);
        let mut text = Text::new(&budget);
        let mut places = Vec::new();
        for _ in 0..500 {
            places.push(text.end());
            text.write_all(b"old").expect("room");
        }
        places.push(text.end());
        let part = |mark: &str| {
            let mut part = Text::new(&budget);
            part.write_all(mark.as_bytes()).expect("room");
            part.shrink();
            part
        };
        let parts: Vec<_> = places.into_iter().flat_map(|place| [(place, part("1")), (place, part("2"))]).collect();
        text.insert_all(parts.into_iter()).expect("room");
        assert_eq!(all(&text), "12old".repeat(500) + "12");
    }
}
