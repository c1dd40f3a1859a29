//! What stands where in a file that is being made: structures, holes, and data that is made as it is written.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::data::{Noise, make};

/// Makes the next block of some data; blocks are of any size.
pub(super) type Block = fn(&mut Noise, &mut Vec<u8>);

enum Piece {
    Bytes(Vec<u8>),
    Data(u64, Block),
}

/// The pieces of a file, one behind the other. What is between them is never written: it takes no disk, and zeros are read.
#[derive(Default)]
pub(super) struct Layout {
    end: u64,
    pieces: Vec<(u64, Piece)>,
}

impl Layout {
    /// Where the next piece will stand.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Puts a structure at the end and gives its address.
    pub(super) fn place(&mut self, bytes: Vec<u8>) -> u64 {
        let at = self.hole(bytes.len() as u64);
        self.fill(at, bytes);
        at
    }

    /// Leaves room and gives its address.
    pub(super) fn hole(&mut self, length: u64) -> u64 {
        let at = self.end;
        self.end += length;
        at
    }

    /// Puts a structure where room was left for it.
    pub(super) fn fill(&mut self, at: u64, bytes: Vec<u8>) {
        self.pieces.push((at, Piece::Bytes(bytes)));
    }

    /// Leaves room for what `block` makes.
    pub(super) fn data(&mut self, length: u64, block: Block) -> u64 {
        let at = self.hole(length);
        self.pieces.push((at, Piece::Data(length, block)));
        at
    }

    /// Writes the file, unless it stands there.
    pub(super) fn write(self, folder: &Path, name: &str) -> io::Result<PathBuf> {
        let size = self.end;
        make(folder, name, size, |out| {
            let (mut noise, mut block) = (Noise(7), Vec::new());
            for (at, piece) in self.pieces {
                out.seek(SeekFrom::Start(at))?;
                match piece {
                    Piece::Bytes(bytes) => out.write_all(&bytes)?,
                    Piece::Data(length, make) => {
                        let mut left = length;
                        while left > 0 {
                            block.clear();
                            make(&mut noise, &mut block);
                            let length = left.min(block.len() as u64);
                            out.write_all(block.get(..length as usize).unwrap_or(&block))?;
                            left -= length;
                        }
                    }
                }
            }
            out.flush()?;
            out.get_ref().set_len(size)
        })
    }
}
