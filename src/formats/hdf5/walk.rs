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
use super::fragment::FragmentWriter;
use super::graph::{Graph, Id, ROOT};
use super::object::{self, Reading};
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
    Run(Run),
}

/// What came of it.
enum Done {
    Read(Id, Result<Reading, Fault>),
    /// The bytes of these objects are there, as far as they come.
    Arrived(Vec<(Id, Address)>),
}

/// Reads every object into the graph; what is wrong with them stands there too.
pub(super) async fn read(cx: &Context<'_>, root: Address, graph: &mut Graph) -> Result<(), Stop> {
    graph.object_at(root, cx.file.offset(root)).map_err(|_| Stop::Limit)?;
    let most = (cx.file.source.budget().limit() / 4 / COST_OF_ONE).clamp(1, MOST_AT_ONCE) as usize;
    let writer = Mutex::new(FragmentWriter::new(cx.file.source.budget()));
    let mut waiting = VecDeque::from([(ROOT, root)]);
    let mut arrived = VecDeque::new();
    let (mut join, mut running) = (Join::new(), 0);
    loop {
        let mut done = None;
        while done.is_none() && running < most {
            let (next, came) = match arrived.pop_front() {
                Some(next) => (next, true),
                None => match waiting.pop_front() {
                    Some(next) => (next, false),
                    None => break,
                },
            };
            let (id, address) = next;
            if cx.file.is_at_hand(address, 1) {
                done = now(step(cx, &writer, Step::Object(id, address)));
            }
            if done.is_none() {
                let run = if came { None } else { run(cx, next, &mut waiting, most - running) };
                running += run.as_ref().map_or(1, |run| run.objects.len());
                join.push(step(cx, &writer, run.map_or(Step::Object(id, address), Step::Run)));
            }
        }
        let done = match done {
            Some(done) => done,
            None => {
                let Some(done) = join.next().await else { return Ok(()) };
                running -= if let Done::Arrived(objects) = &done { objects.len() } else { 1 };
                done
            }
        };
        match done {
            Done::Read(id, read) => waiting.extend(take(cx, graph, id, read)?),
            Done::Arrived(objects) => arrived.extend(objects),
        }
    }
}

async fn step(cx: &Context<'_>, writer: &Mutex<FragmentWriter>, step: Step) -> Done {
    match step {
        Step::Object(id, address) => Done::Read(id, object::read(cx, writer, address).await),
        Step::Run(run) => {
            if let Some((_, first)) = run.objects.first() {
                cx.file.source.arrival(cx.file.offset(*first), run.length).await;
            }
            Done::Arrived(run.objects)
        }
    }
}

/// The objects that are waited for together with the first, if there are such.
fn run(cx: &Context<'_>, first: (Id, Address), waiting: &mut VecDeque<(Id, Address)>, most: usize) -> Option<Run> {
    let header = cx.file.header_ahead.load(Ordering::Relaxed);
    if cx.file.overlay.is_some() {
        None
    } else {
        Run::take(first, waiting, header, most, cx.file.source.budget().limit())
    }
}

/// Takes an object into the graph; gives those that it leads to and that were not known before.
fn take(cx: &Context<'_>, graph: &mut Graph, id: Id, read: Result<Reading, Fault>) -> Result<Vec<(Id, Address)>, Stop> {
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
