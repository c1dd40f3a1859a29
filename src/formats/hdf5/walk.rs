//! The walk over a file: from the superblock to every object that a hard link leads to.
//!
//! Objects are read beside each other, as many as the budget allows, so that a level of the tree is one round for the host.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::context::Context;
use super::fault::{Damage, Fault};
use super::fields::Address;
use super::fragment::FragmentWriter;
use super::graph::{Graph, Id, ROOT};
use super::object::{self, Reading};
use crate::engine::join::Join;
use crate::engine::now::now;
use crate::engine::window::Stop;

/// The most objects that are read at once.
const MOST_AT_ONCE: u64 = 2048;
/// With so much of a header at hand it is worth a try to read all of an object at once.
const PREFIX: u64 = 16;
/// What one of them may take meanwhile: a share of the budget is for this.
const COST_OF_ONE: u64 = 4096;

/// Reads every object into the graph; what is wrong with them stands there too.
pub(super) async fn read(cx: &Context<'_>, root: Address, graph: &mut Graph) -> Result<(), Stop> {
    graph.object_at(root, cx.file.offset(root)).map_err(|_| Stop::Limit)?;
    let most = (cx.file.source.budget().limit() / 4 / COST_OF_ONE).clamp(1, MOST_AT_ONCE);
    let writer = Mutex::new(FragmentWriter::new(cx.file.source.budget()));
    let mut waiting = VecDeque::from([(ROOT, root)]);
    let mut join = Join::new();
    let mut running = 0;
    let mut done: Vec<(Id, Result<Reading, Fault>)> = Vec::new();
    loop {
        while running < most
            && let Some((id, address)) = waiting.pop_front()
        {
            // What stands where bytes were just read needs no place among those that wait.
            if cx.file.is_at_hand(address, PREFIX)
                && let Some(read) = now(one(cx, &writer, id, address))
            {
                done.push(read);
                break;
            }
            join.push(one(cx, &writer, id, address));
            running += 1;
        }
        let (id, read) = match done.pop() {
            Some(read) => read,
            None => {
                let Some(read) = join.next().await else { return Ok(()) };
                running -= 1;
                read
            }
        };
        let (object, damages) = match read {
            Ok(reading) => reading,
            Err(Fault::Stop(stop)) => return Err(stop),
            Err(Fault::Damage(damage)) => (None, vec![*damage]),
        };
        damages.into_iter().for_each(|damage: Damage| graph.damage(id, damage));
        if let Some(object) = object {
            let new = graph.place(id, object, |address| cx.file.offset(address)).map_err(|_| Stop::Limit)?;
            waiting.extend(new);
        }
    }
}

async fn one(
    cx: &Context<'_>,
    writer: &Mutex<FragmentWriter>,
    id: Id,
    address: Address,
) -> (Id, Result<Reading, Fault>) {
    (id, object::read(cx, writer, address).await)
}
