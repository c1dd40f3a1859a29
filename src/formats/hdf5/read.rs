//! Reads one file: its superblock, what stands behind that, the objects, and writes the document.

use super::cache_image::{self, CacheImage};
use super::context::Context;
use super::driver_info::Driver;
use super::fault::{Damage, Fault};
use super::fields::{Address, Fields, Parse};
use super::file::File;
use super::global_heap::GlobalHeap;
use super::graph::Graph;
use super::known_attributes::KnownAttributes;
use super::known_types::KnownTypes;
use super::message::Kind;
use super::model::{self, Front};
use super::netcdf_mark::{self, Deeper};
use super::object::Keep;
use super::object_header::{Message, ObjectHeader};
use super::object_text::ObjectWriter;
use super::recognise::Structures;
use super::shared_messages::SharedMessages;
use super::superblock::{self, Superblock};
use super::walk::{self, Walked};
use crate::document::builder::Output;
use crate::document::warnings::Code;
use crate::engine::source::Source;
use crate::engine::window::Stop;
use crate::error::{Error, ErrorKind};
use crate::formats::{detect, say_stopped};
use crate::options::Options;

/// What is asked for first: most small files' metadata, and what stands at the front of large ones.
const HEAD: usize = 64 << 10;
/// How much of what was read stays: structures are shared by many objects.
pub(super) const KEEP: usize = 1 << 20;
/// How much may be asked for beyond the metadata, in per cent of it.
const SPECULATION: u64 = 50;
/// Structures up to this length are mostly as long as in other places of the file, or in other files.
const USUAL: u64 = 4 << 10;
/// Files up to this size are asked for in one piece.
const SMALL_FILE: u64 = 1 << 20;

/// What the reading of a file as HDF5 came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Outcome {
    /// Everything that can be read is in the output.
    Written,
    /// The file bears the marks of netCDF-4; nothing is written.
    IsNetcdf,
}

/// Reads an HDF5 file. Everything that can be read is in `out`, unless the file bears the marks of netCDF-4, which count only
/// where no format was asked for.
///
/// An error where no superblock can be read.
pub(in crate::formats) async fn read(source: Source, out: &mut Output, options: &Options) -> Result<Outcome, Error> {
    let looks_for_netcdf = options.format.is_none();
    let keeper = ObjectWriter::new(source.budget());
    let mut file = objects(&source, out, options, keeper, looks_for_netcdf).await?;
    if file.walked == Walked::NetcdfMark {
        return Ok(Outcome::IsNetcdf);
    }
    if looks_for_netcdf {
        match netcdf_mark::deeper(&file.graph) {
            Deeper::Counts => return Ok(Outcome::IsNetcdf),
            Deeper::IsNoted => {
                let message = "objects deeper down bear marks of netCDF-4; the file is read as HDF5";
                out.warn(Code::NetcdfMarks, file.offset, "/", message);
            }
            Deeper::No => {}
        }
    }
    file.say_what_is_missing(options, out);
    let Objects { graph, superblock, offset, stop, .. } = &mut file;
    let paths = graph.paths(options.max_depth as usize);
    if model::write(
        graph,
        &paths,
        &Front { offset: *offset, version: superblock.version, base: Some(superblock.base) },
        out,
    )
    .is_err()
        && stop.is_none()
    {
        say_stopped(out, None, *offset, "/".into());
    }
    out.count("groups", graph.groups);
    out.count("datasets", graph.datasets);
    out.count("attributes", graph.attributes);
    Ok(Outcome::Written)
}

/// All objects of a file, with what was kept of each.
#[derive(Debug)]
pub(in crate::formats) struct Objects<T> {
    pub(in crate::formats) graph: Graph<T>,
    pub(in crate::formats) superblock: Superblock,
    /// Where the superblock stands.
    pub(in crate::formats) offset: u64,
    /// Why the reading ended early.
    pub(in crate::formats) stop: Option<Stop>,
    walked: Walked,
}

impl<T: Default> Objects<T> {
    /// Says why the reading ended early, and what is wrong with each object.
    pub(in crate::formats) fn say_what_is_missing(&self, options: &Options, out: &mut Output) {
        if let Some(stop) = self.stop {
            say_stopped(out, Some(stop), self.offset, "/".into());
        }
        model::warn(&self.graph, &self.graph.paths(options.max_depth as usize), out);
    }
}

/// Reads all objects of a file; `keeper` decides what is kept of them. With `until_netcdf_mark` a mark of netCDF-4 in the root
/// or its direct members ends the reading.
///
/// An error where no superblock can be read.
pub(in crate::formats) async fn objects<K: Keep>(
    source: &Source,
    out: &mut Output,
    options: &Options,
    keeper: K,
    until_netcdf_mark: bool,
) -> Result<Objects<K::Kept>, Error> {
    let nothing =
        |why: &str, offset| Error::new(ErrorKind::Malformed, format!("nothing can be read as HDF5: {why}")).at(offset);
    source.keep(KEEP);
    source.speculate(SPECULATION);
    source.trust(USUAL);
    let Some(offset) = detect::find_hdf5(source).await.map_err(crate::formats::stopped)? else {
        return Err(nothing("no signature stands at 0, 512, 1024 or further doublings", 0));
    };
    source.read_whole_if_small(SMALL_FILE).await.map_err(crate::formats::stopped)?;
    let (front, _) = source.read(offset, superblock::LONGEST, HEAD).await.map_err(crate::formats::stopped)?;
    let superblock = Superblock::decode(&front).map_err(|why| nothing(&format!("superblock: {why}"), offset))?;
    source.retain(Box::new(Structures::new(superblock.widths, offset, options.chunk_manifest)));
    let mut file = File::new(source.clone(), superblock.widths, offset);
    let mut graph = Graph::new(source.budget());
    let around = Around::read(&mut file, &superblock, out).await;
    let mut walked = Walked::All;
    let stop = match around {
        Err(Fault::Stop(stop)) => Some(stop),
        Err(Fault::Damage(damage)) => {
            warn(out, *damage);
            None
        }
        Ok(Around { shared, member, chunk_tree_k }) => {
            let chunk_tree_k = chunk_tree_k.unwrap_or(superblock.chunk_tree_k);
            let (heap, types) = (GlobalHeap::new(options.max_value_bytes), KnownTypes::new(source.budget()));
            let attributes = KnownAttributes::new(source.budget());
            let cx = Context { file, heap, types, attributes, shared, options, chunk_tree_k };
            let mut stop = None;
            match superblock.root {
                Some(root) => match source.boxed(walk::read(&cx, root, keeper, until_netcdf_mark, &mut graph)) {
                    Ok(walk) => match walk.await {
                        Ok(end) => walked = end,
                        Err(why) => stop = Some(why),
                    },
                    Err(why) => stop = Some(why),
                },
                None => out.warn(Code::Malformed, offset, "", "superblock: it has no root group"),
            }
            if let Some(message) = member {
                out.warn(Code::MemberFile, offset, "", message);
            } else if stop.is_none() && walked == Walked::All {
                stop = check_length(source, &superblock, offset, &mut graph, out).await.err();
            }
            stop
        }
    };
    Ok(Objects { graph, superblock, offset, stop, walked })
}

fn warn(out: &mut Output, damage: Damage) {
    out.warn(damage.code, damage.offset, "", damage.message);
}

/// Says where the file is shorter than its superblock says, and than its data reach.
async fn check_length<T: Default>(
    source: &Source,
    superblock: &Superblock,
    offset: u64,
    graph: &mut Graph<T>,
    out: &mut Output,
) -> Result<(), Stop> {
    // It counts from where the base address counts from, whatever was put before the file later.
    let end = superblock.end_of_file.wrapping_sub(superblock.base).saturating_add(offset);
    let last = end.max(graph.data_end()).saturating_sub(1);
    source.reach(last).await?; // a pipe tells only by going on, or ending
    let Some(length) = source.eof() else { return Ok(()) };
    if length < end {
        let message = format!("superblock: by it the file has {end} bytes; it ends before");
        out.warn(Code::Truncated, length, "", message);
    }
    graph.check_data(length);
    Ok(())
}

/// What the superblock leads to beside the root group.
#[derive(Default)]
struct Around {
    shared: Option<SharedMessages>,
    /// What stands in other files.
    member: Option<String>,
    chunk_tree_k: Option<u16>,
}

impl Around {
    async fn read(file: &mut File, superblock: &Superblock, out: &mut Output) -> Result<Around, Fault> {
        let mut around = Around::default();
        if superblock.open_for_write {
            let message =
                "superblock: a writer has the file open, or did not close it; what it had not written is not there";
            out.warn(Code::OpenForWrite, file.base, "", message);
        }
        if let Some(address) = superblock.driver_information {
            let what = "driver information block";
            let driver = async {
                let head = file.read_ahead(address, 16, 256, what).await?;
                let length = file.decode(&head, head.offset, what, |fields| {
                    fields.skip(4)?;
                    Ok(16 + u64::from(fields.u32()?))
                })?;
                let block = file.read_bounded(address, length, what).await?;
                file.decode(&block, block.offset, what, Driver::decode_block)
            };
            match driver.await {
                Ok(driver) => around.member = driver.missing(),
                Err(Fault::Damage(damage)) => warn(out, *damage),
                Err(stop) => return Err(stop),
            }
        }
        if let Some(extension) = superblock.extension {
            match ObjectHeader::read(file, extension).await {
                Ok(header) => around.extension(file, &header, out).await?,
                Err(Fault::Damage(damage)) => warn(out, *damage),
                Err(stop) => return Err(stop),
            }
        }
        Ok(around)
    }

    /// The superblock extension (II.C): messages about the whole file.
    async fn extension(&mut self, file: &mut File, header: &ObjectHeader, out: &mut Output) -> Result<(), Fault> {
        for damage in &header.damages {
            warn(out, damage.clone());
        }
        // The image comes first: what the other messages lead to may be in it.
        let is_image = |message: &&Message| message.kind == Kind::CacheImage;
        let (image, others): (Vec<_>, Vec<_>) = header.messages.iter().partition(is_image);
        for message in image.into_iter().chain(others) {
            let (body, offset) = (header.body(message), header.offset(message));
            let read = match message.kind {
                Kind::SharedMessageTable => {
                    let place = file.decode(body, offset, "shared message table message", table);
                    match place {
                        Ok((address, count)) => {
                            SharedMessages::open(file, address, count).await.map(|shared| self.shared = Some(shared))
                        }
                        Err(fault) => Err(fault),
                    }
                }
                Kind::DriverInfo => {
                    let driver = file.decode(body, offset, "driver info message", Driver::decode_message);
                    driver.map(|driver| self.member = driver.missing())
                }
                Kind::CacheImage => {
                    let place = file.decode(body, offset, "metadata cache image message", cache_image::decode_message);
                    match place {
                        Ok(Some((address, length))) => {
                            CacheImage::read(file, address, length).await.map(|image| file.overlay = Some(image))
                        }
                        Ok(None) => Ok(()),
                        Err(fault) => Err(fault),
                    }
                }
                Kind::BTreeK => {
                    let k = file.decode(body, offset, "B-tree 'K' values message", |fields| {
                        fields.version(0..=0)?;
                        fields.u16()
                    });
                    k.map(|k| self.chunk_tree_k = Some(k))
                }
                _ => Ok(()),
            };
            match read {
                Ok(()) => {}
                Err(Fault::Damage(damage)) => warn(out, *damage),
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }
}

/// The shared message table message (IV.A.2.p): where the table stands, and how many indexes it has.
fn table(fields: &mut Fields<'_>) -> Parse<(Address, u8)> {
    fields.version(0..=0)?;
    Ok((fields.address()?.ok_or("the table has no address")?, fields.u8()?))
}
