//! netCDF-4 files: HDF5 of the new format with dimension scales and what else netCDF needs.

use std::io;
use std::path::{Path, PathBuf};

use super::messages::{Message, array, attribute, contiguous, dataset, float, in_heap, int32, references, string};
use super::{Collection, File, Format};

const DIMENSIONS: [(&str, u64); 3] = [("lat", 512), ("lon", 512), ("time", 256)];
/// Dimensions of a variable, by their places above.
const ORDER: [usize; 3] = [2, 0, 1];

/// Writes four variables of 256 x 512 x 512 32-bit floats, all of them holes: 1 GB.
pub fn netcdf4_1gb(folder: &Path) -> io::Result<PathBuf> {
    netcdf4(folder, "netcdf4_1g.nc", 4, 1)
}

/// Writes 10,000 variables of 512 x 512 32-bit floats, with four attributes each.
pub fn netcdf4_10k_variables(folder: &Path) -> io::Result<PathBuf> {
    netcdf4(folder, "netcdf4_10k.nc", 10_000, 256)
}

/// Variables have a `share` of the time steps each.
fn netcdf4(folder: &Path, name: &str, variables: usize, share: u64) -> io::Result<PathBuf> {
    let mut file = File::new(Format::New);
    let properties = [text("_NCProperties", "version=2,netcdf=4.9.3,hdf5=1.14.6")];
    let root = file.reserve(&properties);
    let mut members = Vec::new();
    let mut scales = Vec::new();
    for (id, (name, length)) in DIMENSIONS.iter().enumerate() {
        let data = file.layout.hole(length * 4);
        let mut messages = dataset(&[*length], float(32), contiguous(data, length * 4));
        messages.extend([text("CLASS", "DIMENSION_SCALE"), text("NAME", name)]);
        messages.push(attribute(3, "_Netcdf4Dimid", &int32(), &(id as u32).to_le_bytes()));
        let scale = file.dataset(&messages);
        scales.push(scale.header);
        members.push(((*name).to_owned(), scale));
    }
    let shape = ORDER
        .map(|dimension| DIMENSIONS[dimension].1)
        .map(|length| if length == 256 { length / share } else { length });
    let bytes = shape.iter().product::<u64>() * 4;
    let mut collection = Collection::default();
    let address = file.layout.end();
    let lists: Vec<u8> = ORDER
        .iter()
        .flat_map(|dimension| in_heap(1, address, collection.add(&scales[*dimension].to_le_bytes())))
        .collect();
    file.layout.place(collection.take());
    for index in 0..variables {
        let data = file.layout.hole(bytes);
        let mut messages = dataset(&shape, float(32), contiguous(data, bytes));
        messages.push(array(3, "DIMENSION_LIST", &references(), &[3], &lists));
        messages.extend([text("units", "K"), text("long_name", &format!("quantity number {index}"))]);
        messages.push(attribute(3, "scale_factor", &float(32), &0.01f32.to_le_bytes()));
        let range = [0f32, 400.0].map(f32::to_le_bytes).concat();
        messages.push(array(3, "valid_range", &float(32), &[2], &range));
        members.push((format!("variable_{index:05}"), file.dataset(&messages)));
    }
    let root = file.group(&root, &members, &properties);
    file.finish(&root, folder, name)
}

fn text(name: &str, value: &str) -> Message {
    attribute(3, name, &string(value.len() + 1), &[value.as_bytes(), b"\0"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaextract::{Options, Status, drivers};

    /// What is measured must be a sound file: one that fails early would be fast.
    #[test]
    fn what_is_written_is_netcdf() -> Result<(), Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("bench-harness-netcdf4-{}", std::process::id()));
        let path = netcdf4(&folder, "small.nc", 300, 256)?;
        let document = drivers::extract_file(&path, &Options::default())?;
        assert_eq!((document.status(), document.get_json("/warnings")?), (Status::Done, "[]".into()));
        assert_eq!(document.get_str("/format")?, "netcdf");
        assert_eq!(document.get_u64("/properties/counts/variables")?, 303);
        let last = document.get_json("/headers/variables/variable_00299/dimensions")?;
        assert_eq!(last, "[\"time\",\"lat\",\"lon\"]");
        std::fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
