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
use super::object_header::{ObjectHeader, Rest};
use super::read::KEEP;
use super::run::Run;
use crate::engine::join::Join;
use crate::engine::now::now;
use crate::engine::window::Stop;

/// The most objects that are read at once.
const MOST_AT_ONCE: u64 = 2048;
/// What one of them may take meanwhile: a share of the budget is for this.
const COST_OF_ONE: u64 = 4096;

/// What is waited for.
enum Step {
    Object(Id, Address),
    Begun(Id, ObjectHeader, Rest),
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

/// How the reading of an object begins.
enum Begun<T> {
    /// It is read: it was at hand.
    Done(Done<T>),
    /// It waits for this.
    Step(Step),
    /// It waits with others for what they lack.
    Lacking,
}

/// Objects that have been read but for what they have in the global heap: they wait for that together.
#[derive(Default)]
struct Lacking {
    objects: Vec<(Id, ObjectHeader)>,
    heaps: Vec<Address>,
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
    let keeper = Mutex::new(keeper);
    let mut queue = Queue::new(cx, root);
    let mut join = Join::new(cx.file.source.budget());
    loop {
        let mut done = None;
        while done.is_none()
            && let Some(begun) = queue.begin(&keeper)
        {
            match begun {
                Begun::Done(read) => done = Some(read),
                Begun::Step(header @ Step::Header(..)) => {
                    let mut object = Box::pin(step(cx, &keeper, header));
                    match now(object.as_mut()) {
                        Some(read) => done = Some(queue.came(read)),
                        None => join.push_pinned(object)?,
                    }
                }
                Begun::Step(wait) => join.push(step(cx, &keeper, wait))?,
                Begun::Lacking => {}
            }
        }
        let done = match done {
            Some(done) => done,
            None => {
                if let Some(lacking) = queue.lacking() {
                    join.push(step(cx, &keeper, lacking))?;
                }
                let Some(done) = join.next().await else { return Ok(Walked::All) };
                queue.came(done)
            }
        };
        match done {
            Done::Read(id, read) => {
                queue.waiting.extend(take(cx, graph, id, read)?);
                if until_netcdf_mark && graph.nodes.get(id as usize).is_some_and(|node| node.makes_netcdf(id)) {
                    return Ok(Walked::NetcdfMark);
                }
            }
            Done::Arrived(run) => queue.arrived.extend(run.objects),
            Done::Fetched(objects) => queue.resumed.extend(objects),
        }
    }
}

/// The objects that are to be read, and how much is waited for at once.
struct Queue<'a> {
    cx: &'a Context<'a>,
    /// Known, and not asked for.
    waiting: VecDeque<(Id, Address)>,
    /// Their bytes came in a run.
    arrived: VecDeque<(Id, Address)>,
    /// What they lacked came.
    resumed: VecDeque<(Id, ObjectHeader)>,
    lacking: Lacking,
    /// Objects that are being read, and runs that are waited for.
    running: usize,
    most: usize,
    /// Bytes of the runs that are waited for: what has arrived must stay until it is read.
    in_runs: u64,
    most_in_runs: u64,
    /// The buffer of the last header.
    header: ObjectHeader,
}

impl<'a> Queue<'a> {
    fn new(cx: &'a Context<'a>, root: Address) -> Self {
        let limit = cx.file.source.budget().limit();
        Queue {
            cx,
            waiting: VecDeque::from([(ROOT, root)]),
            arrived: VecDeque::new(),
            resumed: VecDeque::new(),
            lacking: Lacking::default(),
            running: 0,
            most: (limit / 4 / COST_OF_ONE).clamp(1, MOST_AT_ONCE) as usize,
            in_runs: 0,
            most_in_runs: (KEEP as u64).min(limit / 8),
            header: ObjectHeader::empty(),
        }
    }

    /// Begins to read the next object; `None`: there is none, or enough is waited for.
    fn begin<K: Keep>(&mut self, keeper: &Mutex<K>) -> Option<Begun<K::Kept>> {
        if self.running >= self.most {
            return None;
        }
        let (id, start) = if let Some((id, header)) = self.resumed.pop_front() {
            (id, object::resume(self.cx, keeper, header))
        } else {
            let came = !self.arrived.is_empty();
            let (id, address) = self.arrived.pop_front().or_else(|| self.waiting.pop_front())?;
            match object::start(self.cx, keeper, address, &mut self.header).transpose() {
                Some(start) => (id, start),
                None => return self.wait(id, address, came).map(Begun::Step),
            }
        };
        let step = match start {
            Err(fault) => return Some(Begun::Done(Done::Read(id, Err(fault)))),
            Ok(Start::Read(object)) => return Some(Begun::Done(Done::Read(id, Ok((Some(object), Vec::new()))))),
            Ok(Start::Begun(header, rest)) => Begun::Step(Step::Begun(id, header, rest)),
            Ok(Start::Header(header)) => Begun::Step(Step::Header(id, header)),
            Ok(Start::Lacks(mut header, heaps)) => {
                header.detach(self.cx.file.source.budget());
                self.lacking.objects.push((id, header));
                self.lacking.heaps.extend(heaps);
                Begun::Lacking
            }
        };
        self.running += 1;
        Some(step)
    }

    /// What an object waits for of which too little is at hand: a run that begins with it; itself where it is begun or its bytes
    /// `came`, or where a cache image may have it.
    fn wait(&mut self, id: Id, address: Address, came: bool) -> Option<Step> {
        let file = &self.cx.file;
        if came || file.overlay.is_some() || file.is_at_hand(address, 1) {
            self.running += 1;
            return Some(Step::Object(id, address));
        }
        if self.in_runs >= self.most_in_runs {
            self.waiting.push_front((id, address));
            return None;
        }
        let header = file.header_ahead.load(Ordering::Relaxed);
        let is_at_hand = |address| file.is_at_hand(address, 1);
        let run = Run::take((id, address), &mut self.waiting, header, file.source.budget().limit(), is_at_hand);
        self.running += 1;
        self.in_runs += run.length;
        Some(Step::Run(run))
    }

    /// The step for all that is lacking.
    fn lacking(&mut self) -> Option<Step> {
        let lacking = std::mem::take(&mut self.lacking);
        (!lacking.objects.is_empty()).then_some(Step::Lacking(lacking))
    }

    /// Counts off what was waited for.
    fn came<T>(&mut self, done: Done<T>) -> Done<T> {
        match &done {
            Done::Read(..) => self.running -= 1,
            Done::Arrived(run) => {
                self.running -= 1;
                self.in_runs -= run.length;
            }
            Done::Fetched(objects) => self.running -= objects.len(),
        }
        done
    }
}

async fn step<K: Keep>(cx: &Context<'_>, keeper: &Mutex<K>, step: Step) -> Done<K::Kept> {
    match step {
        // In boxes, so that a step whose object is not there yet stays small: there are thousands of them.
        Step::Object(id, address) => match cx.file.source.boxed(object::read(cx, keeper, address)) {
            Ok(reading) => Done::Read(id, reading.await),
            Err(stop) => Done::Read(id, Err(stop.into())),
        },
        Step::Begun(id, header, rest) => match cx.file.source.boxed(object::complete(cx, keeper, header, rest)) {
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
