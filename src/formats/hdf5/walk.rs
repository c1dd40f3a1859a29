//! The walk over a file: from the superblock to every object that a hard link leads to.
//!
//! Objects are read beside each other, as many as the budget allows, so that a level of the tree is one round for the host.
//! What is at hand is read at once; what stands close together is waited for in one piece, and read at once then.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::context::Context;
use super::fault::{Damage, Fault};
use super::fields::Address;
use super::graph::{Graph, Id, ROOT};
use super::object::{self, Keep, Reading, Start};
use super::object_header::ObjectHeader;
use super::read::KEEP;
use super::run::Run;
use crate::engine::join::Join;
use crate::engine::now::now;
use crate::engine::window::Stop;

/// The most objects that are read at once.
const MOST_AT_ONCE: u64 = 2048;
/// What one of them may take meanwhile: a share of the budget is for this. A run of objects takes its bytes until it is there.
const COST_OF_ONE: u64 = 4096;

/// What is waited for.
enum Step {
    Object(Id, Address),
    Header(Id, ObjectHeader),
    Run(Run),
    Lacking(Lacking),
}

/// What came of it.
enum Done<T> {
    Read(Id, Result<Reading<T>, Fault>),
    /// The bytes of these objects are there, as far as they come.
    Arrived(Run),
    /// What these objects lacked is there.
    Fetched(Vec<(Id, ObjectHeader)>),
}

/// Objects that have been read but for what they have in the global heap: they wait for that together.
#[derive(Default)]
struct Lacking {
    objects: Vec<(Id, ObjectHeader)>,
    heaps: Vec<Address>,
}

/// The next object to be read.
enum Next {
    Resumed(Id, ObjectHeader),
    /// True: it was waited for already.
    At(Id, Address, bool),
}

/// Whether the walk came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walked {
    /// Every object was read, as far as that can be.
    All,
    /// The root or one of its direct members bears a mark of netCDF-4, at which the walk was to end.
    NetcdfMark,
}

/// Reads every object into the graph; what is wrong with them stands there too.
pub(super) async fn read<K: Keep>(
    cx: &Context<'_>,
    root: Address,
    keeper: K,
    until_netcdf_mark: bool,
    graph: &mut Graph<K::Kept>,
) -> Result<Walked, Stop> {
    graph.object_at(root, cx.file.offset(root)).map_err(|_| Stop::Limit)?;
    let most = (cx.file.source.budget().limit() / 4 / COST_OF_ONE).clamp(1, MOST_AT_ONCE) as usize;
    let keeper = Mutex::new(keeper);
    let mut waiting = VecDeque::from([(ROOT, root)]);
    let (mut arrived, mut resumed) = (VecDeque::new(), VecDeque::new());
    let mut lacking = Lacking::default();
    // What has arrived must stay until it is read.
    let (mut in_runs, most_in_runs) = (0, (KEEP as u64).min(cx.file.source.budget().limit() / 8));
    let (mut join, mut running) = (Join::new(cx.file.source.budget()), 0);
    let mut header = ObjectHeader::empty();
    loop {
        let mut done = None;
        while done.is_none() && running < most {
            let next = (resumed.pop_front().map(|(id, header)| Next::Resumed(id, header)))
                .or_else(|| arrived.pop_front().map(|(id, address)| Next::At(id, address, true)))
                .or_else(|| waiting.pop_front().map(|(id, address)| Next::At(id, address, false)));
            let (id, start) = match next {
                None => break,
                Some(Next::Resumed(id, header)) => (id, object::resume(cx, &keeper, header)),
                Some(Next::At(id, address, came)) => match object::start(cx, &keeper, address, &mut header).transpose()
                {
                    Some(start) => (id, start),
                    None => {
                        let here = came || cx.file.is_at_hand(address, 1);
                        if !here && in_runs >= most_in_runs {
                            waiting.push_front((id, address));
                            break;
                        }
                        let run = if here { None } else { run(cx, (id, address), &mut waiting) };
                        in_runs += run.as_ref().map_or(0, |run| run.length);
                        running += run.as_ref().map_or(1, cost);
                        join.push(step(cx, &keeper, run.map_or(Step::Object(id, address), Step::Run)))?;
                        continue;
                    }
                },
            };
            match start {
                Err(fault) => done = Some(Done::Read(id, Err(fault))),
                Ok(Start::Read(object)) => done = Some(Done::Read(id, Ok((Some(object), Vec::new())))),
                Ok(Start::Header(header)) => {
                    let mut object = Box::pin(step(cx, &keeper, Step::Header(id, header)));
                    done = now(object.as_mut());
                    if done.is_none() {
                        running += 1;
                        join.push_pinned(object)?;
                    }
                }
                Ok(Start::Lacks(mut header, heaps)) => {
                    running += 1;
                    header.detach(cx.file.source.budget());
                    lacking.objects.push((id, header));
                    lacking.heaps.extend(heaps);
                }
            }
        }
        let done = match done {
            Some(done) => done,
            None => {
                if !lacking.objects.is_empty() {
                    join.push(step(cx, &keeper, Step::Lacking(std::mem::take(&mut lacking))))?;
                }
                let Some(done) = join.next().await else { return Ok(Walked::All) };
                running -= match &done {
                    Done::Read(..) => 1,
                    Done::Arrived(run) => {
                        in_runs -= run.length;
                        cost(run)
                    }
                    Done::Fetched(objects) => objects.len(),
                };
                done
            }
        };
        match done {
            Done::Read(id, read) => {
                waiting.extend(take(cx, graph, id, read)?);
                if until_netcdf_mark && graph.nodes.get(id as usize).is_some_and(|node| node.makes_netcdf(id)) {
                    return Ok(Walked::NetcdfMark);
                }
            }
            Done::Arrived(run) => arrived.extend(run.objects),
            Done::Fetched(objects) => resumed.extend(objects),
        }
    }
}

async fn step<K: Keep>(cx: &Context<'_>, keeper: &Mutex<K>, step: Step) -> Done<K::Kept> {
    match step {
        // In boxes, so that a step whose object is not there yet stays small: there are thousands of them.
        Step::Object(id, address) => match cx.file.source.boxed(object::read(cx, keeper, address)) {
            Ok(reading) => Done::Read(id, reading.await),
            Err(stop) => Done::Read(id, Err(stop.into())),
        },
        Step::Header(id, header) => match cx.file.source.boxed(object::describe(cx, keeper, header)) {
            Ok(reading) => Done::Read(id, reading.await),
            Err(stop) => Done::Read(id, Err(stop.into())),
        },
        Step::Run(run) => {
            if let Some((_, first)) = run.objects.first() {
                cx.file.source.arrival(cx.file.offset(*first), run.length).await;
            }
            Done::Arrived(run)
        }
        Step::Lacking(Lacking { objects, heaps }) => match Box::pin(cx.heap.fetch(&cx.file, heaps)).await {
            Ok(()) => Done::Fetched(objects),
            Err(stop) => Done::Read(ROOT, Err(stop)),
        },
    }
}

/// As how many objects that are read a run counts.
fn cost(run: &Run) -> usize {
    run.length.div_ceil(COST_OF_ONE).max(1) as usize
}

/// The bytes that are waited for so that the first can be read at once, and others with it; `None`: it is waited for as it
/// is read.
fn run(cx: &Context<'_>, first: (Id, Address), waiting: &mut VecDeque<(Id, Address)>) -> Option<Run> {
    let header = cx.file.header_ahead.load(Ordering::Relaxed);
    if cx.file.overlay.is_some() {
        None
    } else {
        let is_at_hand = |address| cx.file.is_at_hand(address, 1);
        Some(Run::take(first, waiting, header, cx.file.source.budget().limit(), is_at_hand))
    }
}

/// Takes an object into the graph; gives those that it leads to and that were not known before.
fn take<T: Default>(
    cx: &Context<'_>,
    graph: &mut Graph<T>,
    id: Id,
    read: Result<Reading<T>, Fault>,
) -> Result<Vec<(Id, Address)>, Stop> {
    let (object, damages) = match read {
        Ok(reading) => reading,
        Err(Fault::Stop(stop)) => return Err(stop),
        Err(Fault::Damage(damage)) => (None, vec![*damage]),
    };
    damages.into_iter().for_each(|damage: Damage| graph.damage(id, damage));
    match object {
        Some(object) => graph.place(id, object, |address| cx.file.offset(address)).map_err(|_| Stop::Limit),
        None => Ok(Vec::new()),
    }
}
