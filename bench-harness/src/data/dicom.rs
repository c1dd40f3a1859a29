//! DICOM files in explicit VR little endian, element by element (PS3.5 7.1.2).

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Noise, make};

const ENHANCED_CT: &str = "1.2.840.10008.5.1.4.1.1.2.1";
const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";

/// Writes a native image of 1000 frames of 512 x 512 words: 500 MB of pixels, and all of them real bytes.
pub fn native_500mb(folder: &Path) -> io::Result<PathBuf> {
    image(folder, "ct500.dcm", Image { frames: 1000, rows: 512, columns: 512, groups: false })
}

/// Writes 10,000 small frames with functional groups for each: 1.7 MB of pixels, 5 MB of metadata.
pub fn frames_10k(folder: &Path) -> io::Result<PathBuf> {
    image(folder, "frames10k.dcm", Image { frames: 10_000, rows: 16, columns: 16, groups: true })
}

/// Writes a native image of 1 MB.
pub fn native_1mb(folder: &Path) -> io::Result<PathBuf> {
    native_of(folder, 1 << 20)
}

/// Writes frames of 512 KiB that take so many bytes, at most 4 GiB.
pub fn native_of(folder: &Path, bytes: u64) -> io::Result<PathBuf> {
    let frames = u32::try_from(bytes >> 19).map_err(io::Error::other)?;
    image(folder, &format!("native_{bytes}.dcm"), Image { frames, rows: 512, columns: 512, groups: false })
}

/// A CT slice of 64 x 64 words, as pydicom has written it.
const SLICE: &[u8] = include_bytes!("../../../tests/fixtures/sample.dcm");

/// Writes 10,000 small files, each a CT slice, in 100 folders, and a list of their names.
pub fn slices_10k(folder: &Path) -> io::Result<PathBuf> {
    let slices = folder.join("slices10k");
    let paths: Vec<_> = (0..10_000).map(|index| slices.join(format!("{:02}/{index:04}.dcm", index / 100))).collect();
    let names: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    make(folder, "slices10k.txt", names.len() as u64, |out| {
        for path in &paths {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, SLICE)?;
        }
        out.write_all(names.as_bytes())
    })
}

/// Writes these files, and a list that names each of them five times.
pub fn paths_50k(folder: &Path) -> io::Result<PathBuf> {
    let names = fs::read(slices_10k(folder)?)?;
    make(folder, "paths50k.txt", names.len() as u64 * 5, |out| (0..5).try_for_each(|_| out.write_all(&names)))
}

struct Image {
    frames: u32,
    rows: u16,
    columns: u16,
    groups: bool,
}

fn image(folder: &Path, name: &str, image: Image) -> io::Result<PathBuf> {
    let pixels = u32::from(image.rows) * u32::from(image.columns);
    let length = pixels * 2 * image.frames;
    let mut head = header(&image);
    element_header(&mut head, 0x7FE0_0010, b"OW", length);
    make(folder, name, head.len() as u64 + u64::from(length), |out| {
        out.write_all(&head)?;
        let mut noise = Noise(7);
        let mut frame = Vec::with_capacity(pixels as usize * 2);
        for _ in 0..image.frames {
            frame.clear();
            for _ in 0..pixels / 4 {
                let words = noise.next() & 0x0FFF_0FFF_0FFF_0FFF; // 12 bits stored
                frame.extend_from_slice(&words.to_le_bytes());
            }
            out.write_all(&frame)?;
        }
        Ok(())
    })
}

/// Everything before the pixel data.
fn header(image: &Image) -> Vec<u8> {
    let mut meta = Vec::new();
    element(&mut meta, 0x0002_0001, b"OB", &[0, 1]);
    text(&mut meta, 0x0002_0002, b"UI", ENHANCED_CT);
    text(&mut meta, 0x0002_0003, b"UI", "2.25.1");
    text(&mut meta, 0x0002_0010, b"UI", EXPLICIT_LITTLE);
    text(&mut meta, 0x0002_0012, b"UI", "2.25.2");

    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    element(&mut out, 0x0002_0000, b"UL", &(meta.len() as u32).to_le_bytes());
    out.extend_from_slice(&meta);
    text(&mut out, 0x0008_0016, b"UI", ENHANCED_CT);
    text(&mut out, 0x0008_0018, b"UI", "2.25.1");
    text(&mut out, 0x0008_0060, b"CS", "CT");
    text(&mut out, 0x0010_0010, b"PN", "Big^File");
    text(&mut out, 0x0010_0020, b"LO", "BIG-1");
    text(&mut out, 0x0020_000D, b"UI", "2.25.3");
    text(&mut out, 0x0020_000E, b"UI", "2.25.4");
    element(&mut out, 0x0028_0002, b"US", &1u16.to_le_bytes());
    text(&mut out, 0x0028_0004, b"CS", "MONOCHROME2");
    text(&mut out, 0x0028_0008, b"IS", &image.frames.to_string());
    for (tag, value) in [
        (0x0028_0010, image.rows),
        (0x0028_0011, image.columns),
        (0x0028_0100, 16),
        (0x0028_0101, 12),
        (0x0028_0102, 11),
        (0x0028_0103, 0),
    ] {
        element(&mut out, tag, b"US", &value.to_le_bytes());
    }
    if image.groups {
        sequence(&mut out, 0x5200_9230, (1..=image.frames).map(frame_groups));
    }
    out
}

/// One item of the Per-frame Functional Groups Sequence.
fn frame_groups(frame: u32) -> Vec<u8> {
    let mut content = Vec::new();
    text(&mut content, 0x0020_9056, b"SH", "1");
    element(&mut content, 0x0020_9057, b"UL", &frame.to_le_bytes());
    element(&mut content, 0x0020_9156, b"US", &(frame as u16).to_le_bytes());
    element(&mut content, 0x0020_9157, b"UL", &[1u32.to_le_bytes(), frame.to_le_bytes()].concat());
    let mut position = Vec::new();
    text(&mut position, 0x0020_0032, b"DS", &format!("0.0\\0.0\\{}.0", frame - 1));
    let mut orientation = Vec::new();
    text(&mut orientation, 0x0020_0037, b"DS", "1\\0\\0\\0\\1\\0");

    let mut item = Vec::new();
    sequence(&mut item, 0x0020_9111, [content]);
    sequence(&mut item, 0x0020_9113, [position]);
    sequence(&mut item, 0x0020_9116, [orientation]);
    item
}

fn text(out: &mut Vec<u8>, tag: u32, vr: &[u8; 2], value: &str) {
    let mut value = value.as_bytes().to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == b"UI" { 0 } else { b' ' });
    }
    element(out, tag, vr, &value);
}

fn sequence(out: &mut Vec<u8>, tag: u32, items: impl IntoIterator<Item = Vec<u8>>) {
    let mut value = Vec::new();
    for item in items {
        tag_bytes(&mut value, 0xFFFE_E000);
        value.extend_from_slice(&(item.len() as u32).to_le_bytes());
        value.extend_from_slice(&item);
    }
    element(out, tag, b"SQ", &value);
}

fn element(out: &mut Vec<u8>, tag: u32, vr: &[u8; 2], value: &[u8]) {
    element_header(out, tag, vr, value.len() as u32);
    out.extend_from_slice(value);
}

fn element_header(out: &mut Vec<u8>, tag: u32, vr: &[u8; 2], length: u32) {
    tag_bytes(out, tag);
    out.extend_from_slice(vr);
    if matches!(vr, b"OB" | b"OW" | b"SQ") {
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&length.to_le_bytes());
    } else {
        out.extend_from_slice(&(length as u16).to_le_bytes());
    }
}

fn tag_bytes(out: &mut Vec<u8>, tag: u32) {
    out.extend_from_slice(&((tag >> 16) as u16).to_le_bytes());
    out.extend_from_slice(&(tag as u16).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaextract::{Options, Status, drivers};

    /// What is measured must be a sound file: one that fails early would be fast.
    #[test]
    fn what_is_written_is_sound_and_used_again() -> Result<(), Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("bench-harness-{}", std::process::id()));
        let small = || image(&folder, "small.dcm", Image { frames: 3, rows: 4, columns: 4, groups: true });
        let path = small()?;
        let document = drivers::extract_file(&path, &Options::default())?;
        let written = std::fs::metadata(&path)?.modified()?;
        let again = std::fs::metadata(small()?)?.modified()?;
        std::fs::remove_dir_all(&folder)?;
        assert_eq!(written, again);
        assert_eq!(document.status(), Status::Done);
        assert_eq!(document.get_json("/warnings")?, "[]");
        assert_eq!(document.get_json("/properties/arrays/0/shape")?, "[3,4,4]");
        let position = "/headers/dataset/52009230/Value/2/00209113/Value/0/00200032/Value/2";
        assert_eq!(document.get_f64(position)?, 2.0);
        Ok(())
    }
}
