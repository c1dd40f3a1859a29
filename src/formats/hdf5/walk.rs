//! The walk over a file: from the superblock to every object that a hard link leads to.
//!
//! Objects are read beside each other, as many as the budget allows, so that a level of the tree is one round for the host.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::context::Context;
use super::fault::{Damage, Fault};
use super::fields::Address;
use super::graph::{Graph, Id, ROOT};
use super::object::{self, Keep, Reading};
use crate::engine::join::Join;
use crate::engine::window::Stop;

/// The most objects that are read at once.
const MOST_AT_ONCE: u64 = 2048;
/// What one of them may take meanwhile: a share of the budget is for this.
const COST_OF_ONE: u64 = 4096;

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
    let most = (cx.file.source.budget().limit() / 4 / COST_OF_ONE).clamp(1, MOST_AT_ONCE);
    let keeper = Mutex::new(keeper);
    let mut waiting = VecDeque::from([(ROOT, root)]);
    let mut join = Join::new();
    let mut running = 0;
    loop {
        while running < most
            && let Some((id, address)) = waiting.pop_front()
        {
            join.push(one(cx, &keeper, id, address));
            running += 1;
        }
        let Some((id, read)) = join.next().await else { return Ok(Walked::All) };
        running -= 1;
        let (object, damages) = match read {
            Ok(reading) => reading,
            Err(Fault::Stop(stop)) => return Err(stop),
            Err(Fault::Damage(damage)) => (None, vec![*damage]),
        };
        damages.into_iter().for_each(|damage: Damage| graph.damage(id, damage));
        if let Some(object) = object {
            let counts = id == ROOT || graph.nodes.get(id as usize).is_some_and(|node| node.in_root);
            if until_netcdf_mark && object.netcdf_mark && counts {
                return Ok(Walked::NetcdfMark);
            }
            let new = graph.place(id, object, |address| cx.file.offset(address)).map_err(|_| Stop::Limit)?;
            waiting.extend(new);
        }
    }
}

async fn one<K: Keep>(
    cx: &Context<'_>,
    keeper: &Mutex<K>,
    id: Id,
    address: Address,
) -> (Id, Result<Reading<K::Kept>, Fault>) {
    (id, object::read(cx, keeper, address).await)
}
