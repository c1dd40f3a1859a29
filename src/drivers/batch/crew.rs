//! The threads of a batch, and the memory that they share.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Settings;
use super::attempt::{Attempt, Own, Seat};
use super::plan::{Call, Draw, Memory, Numbered, Plan};
use crate::budget::{Budget, THREAD_HEAP, system_has};
use crate::document::home::Home;
use crate::drivers::file;
use crate::error::{Error, ErrorKind, Result};

/// As much as a program's first thread has: what can be parsed there can be parsed here.
const STACK: usize = 8 << 20;
/// So long the one who takes lets results gather before it is woken for each: waking takes longer than reading a small file.
pub(super) const GATHER: Duration = Duration::from_micros(300);

/// Who reads where there is no thread.
const NO_THREAD: usize = usize::MAX;

type Planned<'a, J, R> = MutexGuard<'a, Plan<J, thread::Result<R>>>;
type Work<J, R> = Box<dyn Fn(&J, &mut Attempt<'_>) -> R + Send + Sync>;

/// Threads that read many files: what [`super::Batch`] is made of, for hosts that read each file in a way of their own.
///
/// `J` says which file, `R` is what becomes of it. `work` is called on one of the threads for each `J`, or where there are
/// none on that which takes the results, and reads through the [`Extractor`](crate::Extractor) that [`Attempt::open`]
/// gives: so all of them together stay within the memory limit. Where it is called again for the same `J` ([`Attempt`]
/// says why) what it returned before is dropped unseen.
///
/// ```
/// use metaextract::drivers::batch::{Crew, Settings};
/// use metaextract::{Options, Result};
/// use std::path::PathBuf;
///
/// # let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample.dcm"));
/// let lengths = Crew::open(&Settings::default(), |path: &PathBuf, attempt| -> Result<usize> {
///     let mut extractor = attempt.open(&Options::default())?;
///     attempt.read_file(&mut extractor, path)?;
///     Ok(extractor.finish()?.len())
/// });
/// lengths.add(path)?;
/// lengths.end();
/// while let Some((path, length)) = lengths.next() {
///     println!("{}: {} bytes of JSON", path.display(), length?);
/// }
/// # Ok::<(), metaextract::Error>(())
/// ```
pub struct Crew<J: Send + 'static, R: Send + 'static> {
    shared: Arc<Shared<J, R>>,
    threads: usize,
    hands: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared<J, R> {
    plan: Mutex<Plan<J, thread::Result<R>>>,
    /// There is something to do, or nothing will come.
    work: Bell,
    /// A result can be taken, or none will come; a thread has ended.
    done: Bell,
    /// There is room to add.
    room: Bell,
    /// Memory was given back.
    freed: Bell,
    /// Calls that add, and calls that take.
    adding: AtomicUsize,
    taking: AtomicUsize,
    memory: Arc<Memory>,
    call: Work<J, R>,
}

impl<J, R> Shared<J, R> {
    fn plan(&self) -> Planned<'_, J, R> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until memory was given back, unless so much is there since the last look.
    fn wait_for_memory<'a>(&self, plan: Planned<'a, J, R>, bytes: u64) -> Planned<'a, J, R> {
        self.freed.wait_unless(plan, || self.memory.has(bytes))
    }
}

/// A call that adds, or one that takes, while it runs.
struct Side<'a> {
    own: &'a AtomicUsize,
    /// One of the other kind is running too: they are of two threads.
    is_beside: bool,
}

impl<'a> Side<'a> {
    /// Each enters before it looks: of two that run at once, one at least sees the other.
    fn enter(own: &'a AtomicUsize, other: &AtomicUsize) -> Self {
        own.fetch_add(1, SeqCst);
        Side { own, is_beside: other.load(SeqCst) > 0 }
    }
}

impl Drop for Side<'_> {
    fn drop(&mut self) {
        self.own.fetch_sub(1, SeqCst);
    }
}

/// A condition that is told to those who wait for it only: to tell nobody is a system call too.
#[derive(Default)]
struct Bell {
    condition: Condvar,
    waiting: AtomicUsize,
}

impl Bell {
    fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.wait_unless(guard, || false)
    }

    /// Waits unless something is so by now that changes without the lock. Whoever changes it looks whether this is heard.
    fn wait_unless<'a, T>(&self, guard: MutexGuard<'a, T>, is_so: impl FnOnce() -> bool) -> MutexGuard<'a, T> {
        self.waiting.fetch_add(1, SeqCst);
        let guard = match is_so() {
            true => guard,
            false => self.condition.wait(guard).unwrap_or_else(PoisonError::into_inner),
        };
        self.waiting.fetch_sub(1, SeqCst);
        guard
    }

    /// Waits no longer than that.
    fn wait_for<'a, T>(&self, guard: MutexGuard<'a, T>, time: Duration) -> MutexGuard<'a, T> {
        self.waiting.fetch_add(1, SeqCst);
        let (guard, _) = self.condition.wait_timeout(guard, time).unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, SeqCst);
        guard
    }

    fn is_heard(&self) -> bool {
        self.waiting.load(SeqCst) > 0
    }

    fn ring(&self) {
        if self.is_heard() {
            self.condition.notify_one();
        }
    }

    fn ring_all(&self) {
        if self.is_heard() {
            self.condition.notify_all();
        }
    }
}

impl<J: Send + 'static, R: Send + 'static> Crew<J, R> {
    /// Makes a crew. Its threads begin with the first files.
    pub fn open(settings: &Settings, work: impl Fn(&J, &mut Attempt<'_>) -> R + Send + Sync + 'static) -> Self {
        let available = || thread::available_parallelism().map_or(1, usize::from);
        Crew::of(if settings.threads == 0 { available() } else { settings.threads }, settings, work)
    }

    /// Makes a crew without threads: whoever takes a result reads the files for it, as where the system gives no thread. For
    /// one file that is sooner done than a thread is begun. [`Settings::threads`] is not looked at.
    pub fn without_threads(
        settings: &Settings,
        work: impl Fn(&J, &mut Attempt<'_>) -> R + Send + Sync + 'static,
    ) -> Self {
        Crew::of(0, settings, work)
    }

    fn of(
        threads: usize,
        settings: &Settings,
        work: impl Fn(&J, &mut Attempt<'_>) -> R + Send + Sync + 'static,
    ) -> Self {
        let memory = Arc::new(Memory::new(settings.memory_limit));
        let shared = Shared {
            plan: Mutex::new(Plan::new(memory.clone(), settings.order)),
            work: Bell::default(),
            done: Bell::default(),
            room: Bell::default(),
            freed: Bell::default(),
            adding: AtomicUsize::new(0),
            taking: AtomicUsize::new(0),
            memory,
            call: Box::new(work),
        };
        Crew { shared: Arc::new(shared), threads, hands: Mutex::default() }
    }

    /// Adds a file; waits while enough of them wait to be read. After [`Crew::end`]: [`ErrorKind::State`].
    ///
    /// Where no other thread takes the results it never waits for one to be taken, but keeps what is added: so one thread
    /// may add all files and then take all results, in memory for the paths. Another thread takes once a call that takes has
    /// run beside one that adds; which thread calls does not matter, so a task that moves between threads is one.
    pub fn add(&self, job: J) -> Result<()> {
        self.more_hands();
        let unread = self.hands().is_empty();
        let side = Side::enter(&self.shared.adding, &self.shared.taking);
        let mut plan = self.shared.plan();
        plan.taken_beside |= side.is_beside;
        while !plan.has_room(unread) {
            plan.adder_waits = true;
            plan = self.shared.room.wait(plan);
            plan.adder_waits = false;
        }
        if plan.ended {
            return Err(Error::new(ErrorKind::State, "the batch has been ended: nothing more can be added"));
        }
        plan.add(job);
        drop(plan);
        self.shared.work.ring();
        if self.hands().is_empty() {
            self.shared.done.ring_all();
        }
        Ok(())
    }

    /// True while few files wait to be read: adding one keeps the threads busy.
    pub fn is_hungry(&self) -> bool {
        self.shared.plan().is_hungry()
    }

    /// Says that no more files come; those that were added are still read. A waiting [`Crew::add`] ends in an error.
    pub fn end(&self) {
        self.shared.plan().ended = true;
        self.shared.room.ring_all();
        self.shared.done.ring_all();
    }

    /// Takes a result; waits for it, and before [`Crew::end`] for files too. `None`: none will come. A panic of `work`
    /// goes on here.
    pub fn next(&self) -> Option<(J, R)> {
        let (_side, mut plan) = self.take_side();
        if !plan.is_deliverable() && !plan.is_over() && !self.hands().is_empty() {
            plan.gathering = true;
            plan = self.shared.done.wait_for(plan, GATHER);
            plan.gathering = false;
        }
        while !plan.is_deliverable() && !plan.is_over() {
            let (waiting, has_read) = self.read_here(plan);
            plan = if has_read { waiting } else { self.shared.done.wait(waiting) };
        }
        self.taken(plan)
    }

    /// Takes a result where one is there; without threads a file is read for it.
    pub fn try_next(&self) -> Option<(J, R)> {
        let (_side, mut plan) = self.take_side();
        if !plan.is_deliverable() {
            (plan, _) = self.read_here(plan);
        }
        self.taken(plan)
    }

    fn take_side(&self) -> (Side<'_>, Planned<'_, J, R>) {
        let side = Side::enter(&self.shared.taking, &self.shared.adding);
        let mut plan = self.shared.plan();
        plan.taken_beside |= side.is_beside;
        (side, plan)
    }

    fn taken(&self, mut plan: Planned<'_, J, R>) -> Option<(J, R)> {
        let taken = plan.take();
        let over = plan.is_over();
        drop(plan);
        let taken = taken?;
        if let Some(account) = &taken.account {
            account.leave();
        }
        self.shared.work.ring();
        if over {
            self.shared.done.ring_all();
        }
        match taken.result {
            Ok(result) => Some((taken.job, result)),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Begins a thread for each file until all are there. Where the system gives fewer, those do; where it gives none, who takes
    /// the results reads the files.
    fn more_hands(&self) {
        let mut hands = self.hands();
        if hands.len() >= self.threads {
            return;
        }
        let (shared, worker) = (self.shared.clone(), hands.len());
        let thread = thread::Builder::new().name("metaextract".into()).stack_size(STACK);
        if system_has(STACK as u64 + THREAD_HEAP)
            && let Ok(hand) = thread.spawn(move || work(&shared, worker))
        {
            hands.push(hand);
        }
    }

    fn hands(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a file here where there is no thread that could; false: nothing was done.
    fn read_here<'a>(&'a self, mut plan: Planned<'a, J, R>) -> (Planned<'a, J, R>, bool) {
        if !self.hands().is_empty() {
            return (plan, false);
        }
        let Some(picked) = plan.pick(NO_THREAD) else { return (plan, false) };
        let call = plan.call(picked.number);
        drop(plan);
        self.shared.room.ring_all();
        (read(&self.shared, picked, call, &mut Own::default()), true)
    }

    /// Cancels what is left, and waits for the threads: no longer than one of them takes between two reads. A thread that
    /// waits for a pipe is left to itself; it ends when its read does.
    fn close(&mut self) {
        let mut plan = self.shared.plan();
        let left = plan.close();
        drop(plan);
        drop(left); // documents give their memory back to the plan
        for bell in [&self.shared.work, &self.shared.done, &self.shared.room, &self.shared.freed] {
            bell.ring_all();
        }
        let mut plan = self.shared.plan();
        while plan.active.iter().any(|active| !active.stuck) {
            plan = self.shared.done.wait(plan);
        }
        let stuck: Vec<usize> = plan.active.iter().map(|active| active.worker).collect();
        drop(plan);
        let hands = std::mem::take(self.hands.get_mut().unwrap_or_else(PoisonError::into_inner));
        for (_, hand) in hands.into_iter().enumerate().filter(|(worker, _)| !stuck.contains(worker)) {
            let _ = hand.join(); // no panic leaves `work`
        }
    }
}

impl<J: Send + 'static, R: Send + 'static> Drop for Crew<J, R> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<J: Send + 'static, R: Send + 'static> fmt::Debug for Crew<J, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("threads", &self.threads).finish_non_exhaustive()
    }
}

/// What each thread does.
fn work<J: Send + 'static, R: Send + 'static>(shared: &Arc<Shared<J, R>>, worker: usize) {
    let mut own = Own { buffer: Vec::new(), home: Some(Arc::new(Home::new())) };
    let mut plan = shared.plan();
    while !plan.closing {
        let Some(picked) = plan.pick(worker) else {
            plan = shared.work.wait(plan);
            continue;
        };
        let (wants_more, call) = (plan.wants_more(), plan.call(picked.number));
        drop(plan);
        if wants_more {
            shared.room.ring_all();
        }
        own.home.iter().for_each(|home| home.clear());
        plan = read(shared, picked, call, &mut own);
        if own.buffer.len() > file::LARGEST_BUFFER {
            own.buffer = Vec::new();
        }
    }
    drop(plan);
    own.home.iter().for_each(|home| home.close());
}

/// Reads one file, and leaves the plan locked for what comes next.
fn read<'a, J: Send + 'static, R: Send + 'static>(
    shared: &'a Arc<Shared<J, R>>,
    picked: Numbered<J>,
    call: Arc<Call>,
    own: &mut Own,
) -> Planned<'a, J, R> {
    let seat: Arc<dyn Seat> = Arc::new(Place { shared: shared.clone(), number: picked.number, call });
    let mut attempt = Attempt { seat, own, account: None };
    // What a panic may have left half done is in the extractor, which is gone then.
    let result = catch_unwind(AssertUnwindSafe(|| (shared.call)(&picked.job, &mut attempt)));
    let account = attempt.account.take();
    // Before the account is settled, and never under the lock: with it goes what the extractor held.
    drop(attempt.seat.call().unregister());
    let bytes = account.as_ref().map_or(0, Budget::settle);
    let mut plan = shared.plan();
    if plan.is_withdrawn(picked.number) {
        drop(plan);
        drop((result, account)); // before another takes its place, and not under the lock: they give back to the plan
        plan = shared.plan();
        plan.put_off(picked);
        shared.work.ring_all();
        shared.done.ring_all();
    } else {
        plan.finish(picked, result, account, bytes);
        if plan.has_postponed() {
            shared.work.ring_all(); // one of them may be the first now
        }
        if plan.wakes_taker() {
            shared.done.ring_all();
        }
        if plan.wants_more() {
            shared.room.ring_all();
        }
    }
    plan
}

/// Where a file stands in the plan.
struct Place<J, R> {
    shared: Arc<Shared<J, R>>,
    number: u64,
    call: Arc<Call>,
}

impl<J: Send, R: Send> Seat for Place<J, R> {
    fn limit(&self) -> u64 {
        self.shared.memory.limit()
    }

    fn call(&self) -> &Call {
        &self.call
    }

    fn stuck(&self, stuck: bool) {
        if let Some(active) = self.shared.plan().active(self.number) {
            active.stuck = stuck;
        }
        self.shared.done.ring_all(); // whoever closes need not wait for this one
    }

    fn withdraw(&self) -> bool {
        self.shared.plan().withdraw(self.number)
    }

    fn draw(&self, bytes: u64) -> bool {
        if !self.call.is_withdrawn() && self.shared.memory.take(bytes) {
            return true;
        }
        let mut plan = self.shared.plan();
        let mut waited = false;
        loop {
            match plan.draw(self.number, bytes) {
                Draw::Wait => {
                    waited = true;
                    let sacrificed = plan.sacrifice();
                    if sacrificed.is_empty() {
                        plan = self.shared.wait_for_memory(plan, bytes);
                    } else {
                        drop(plan);
                        drop(sacrificed); // documents give their memory back to the plan
                        plan = self.shared.plan();
                    }
                }
                answer => {
                    if waited {
                        plan.enough();
                        self.shared.work.ring_all();
                    }
                    return answer == Draw::Taken;
                }
            }
        }
    }

    fn drawn(&self) -> u64 {
        self.shared.memory.used()
    }

    fn give_back(&self, bytes: u64) {
        self.shared.memory.give_back(bytes);
        if self.shared.freed.is_heard() {
            drop(self.shared.plan()); // whoever looked before this is waiting by now
            self.shared.freed.ring_all();
        }
    }
}
