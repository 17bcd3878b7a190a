//! Threads that share one piece of work at a time, split into items.
//!
//! A job is a closure and a number of items; whoever is free takes the next item, the caller included, so a pool
//! without a worker works too, and one whose workers have not come up yet. A worker joins an open job; when the items
//! run out the caller closes it and waits only for those that joined, so a worker that the system keeps waiting holds
//! up nobody. Idle workers look for work for some tens of microseconds (a decoded token has some 150 jobs) and then
//! sleep. Natively the pool starts its threads; in a browser a page's workers enter through
//! [`pool_worker_entry`](crate::engine::pool_worker_entry) over shared memory, where the standard library's locks are
//! `memory.atomic.wait32`.
//!
//! Which thread does an item never changes its result: no kernel splits a sum over items.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A job: `work(thread, item)`.
type Work<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// `gate` counts who joined in its low bits, then a bit for "open", then the job's number.
const OPEN: u32 = 1 << 8;
const NEXT: u32 = 1 << 9;

/// Looks before a worker sleeps.
const LOOKS: u32 = 20_000;

/// A thread panicked where a panic ends it, as in WebAssembly: it will never leave the job that it joined.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// To be called by the panic hook of a build whose panics can't be caught, so that nobody waits for that thread for ever.
pub fn panicked() {
    PANICKED.store(true, SeqCst);
}

/// A job's closure, whose lifetime [`Pool::run`] answers for.
type WorkPointer = *const (dyn Fn(usize, usize) + Sync);

struct Shared {
    gate: AtomicU32,
    work: UnsafeCell<Option<(WorkPointer, usize)>>,
    next_item: AtomicUsize,
    /// A worker's item panicked.
    broken: AtomicBool,
    quit: AtomicBool,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

// SAFETY: `work` is written only while the gate is closed and nobody has joined, and read only by who joined.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// A caller and its helping threads.
pub struct Pool {
    shared: Arc<Shared>,
    threads: usize,
    #[cfg(not(target_arch = "wasm32"))]
    handles: Vec<std::thread::JoinHandle<()>>,
}

impl Pool {
    /// A pool of `threads`, the caller counted; at least one.
    ///
    /// Natively the others are started; in a browser they must be sent into [`work_for`] with [`Pool::handle`].
    pub fn new(threads: usize) -> Pool {
        let threads = threads.clamp(1, (OPEN - 1) as usize);
        let shared = Arc::new(Shared {
            gate: AtomicU32::new(0),
            work: UnsafeCell::new(None),
            next_item: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            quit: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        });
        #[cfg(not(target_arch = "wasm32"))]
        let handles: Vec<_> = (1..threads)
            .filter_map(|thread| {
                let shared = Arc::clone(&shared);
                // Where the system starts no more threads, those that are there do the work.
                std::thread::Builder::new().spawn(move || shared.serve(thread)).ok()
            })
            .collect();
        Pool {
            shared,
            threads,
            #[cfg(not(target_arch = "wasm32"))]
            handles,
        }
    }

    /// Threads, the caller counted.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// What a browser's worker needs to help: pass it to [`work_for`] once, with a thread number from 1 to
    /// `threads() − 1` that no other worker has.
    pub fn handle(&self) -> usize {
        Arc::into_raw(Arc::clone(&self.shared)) as usize
    }

    /// Does `work(thread, item)` for every item below `items`, and returns when all are done.
    ///
    /// `thread` is below [`Pool::threads`], and no two calls at a time have the same.
    pub fn run(&mut self, items: usize, work: Work) {
        if self.threads == 1 || items <= 1 {
            (0..items).for_each(|item| work(0, item));
            return;
        }
        let shared = &*self.shared;
        // SAFETY: the gate is closed and nobody has joined. The lifetime is forgotten, and honoured below: this
        // function leaves only after the last who joined has left.
        unsafe {
            *shared.work.get() = Some((std::mem::transmute::<Work<'_>, Work<'static>>(work), items));
        }
        shared.next_item.store(0, SeqCst);
        let opened = shared.gate.load(SeqCst).wrapping_add(NEXT) | OPEN;
        shared.gate.store(opened, SeqCst);
        if shared.sleepers.load(SeqCst) > 0 {
            let _lock = shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
            shared.wake.notify_all();
        }
        let closing = Closing(shared);
        shared.take_items(0, work, items);
        drop(closing);
        assert!(!shared.broken.swap(false, SeqCst), "an item panicked on another thread");
    }
}

/// Closes the gate and waits for who joined, even if the caller's own item panics.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.gate.fetch_and(!OPEN, SeqCst);
        let mut looks = 0u32;
        while self.0.gate.load(SeqCst) & (OPEN - 1) != 0 {
            looks += 1;
            assert!(!PANICKED.load(SeqCst), "another thread panicked");
            // An item takes microseconds; when one takes longer its thread may need this core.
            if looks.is_multiple_of(1024) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.quit.store(true, SeqCst);
        {
            let _lock = self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
            self.shared.wake.notify_all();
        }
        #[cfg(not(target_arch = "wasm32"))]
        for handle in self.handles.drain(..) {
            // A worker never unwinds out of `serve`, so there is nothing to learn from the result.
            let _ = handle.join();
        }
    }
}

impl Shared {
    fn take_items(&self, thread: usize, work: Work, items: usize) {
        loop {
            let item = self.next_item.fetch_add(1, SeqCst);
            if item >= items {
                return;
            }
            work(thread, item);
        }
    }

    /// A worker's life: join each job once, sleep between, leave when the pool goes.
    fn serve(&self, thread: usize) {
        let mut last = 0;
        loop {
            let Some(gate) = self.wait_for_job(last) else { return };
            last = gate & !(NEXT - 1);
            if self.gate.compare_exchange(gate, gate + 1, SeqCst, SeqCst).is_err() {
                // Another joined at the same time, or it closed: look again at the same job.
                last = last.wrapping_sub(NEXT);
                continue;
            }
            let joined = Joined(self);
            // SAFETY: having joined, the job stays until this thread leaves.
            if let Some((work, items)) = unsafe { *self.work.get() } {
                // SAFETY: as above.
                let work = unsafe { &*work };
                let all = || self.take_items(thread, work, items);
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(all)).is_err() {
                    self.broken.store(true, SeqCst);
                }
            }
            drop(joined);
        }
    }

    /// The gate of an open job other than `last`; none when the pool goes.
    fn wait_for_job(&self, last: u32) -> Option<u32> {
        let job = || {
            let gate = self.gate.load(SeqCst);
            (gate & OPEN != 0 && gate & !(NEXT - 1) != last).then_some(gate)
        };
        loop {
            for _ in 0..LOOKS {
                if let Some(gate) = job() {
                    return Some(gate);
                }
                if self.quit.load(SeqCst) {
                    return None;
                }
                std::hint::spin_loop();
            }
            let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            self.sleepers.fetch_add(1, SeqCst);
            // The caller opens the gate first and looks for sleepers then; this counts first and looks then. One of
            // the two sees the other.
            if job().is_none() && !self.quit.load(SeqCst) {
                drop(self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner));
            }
            self.sleepers.fetch_sub(1, SeqCst);
        }
    }
}

struct Joined<'a>(&'a Shared);

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        self.0.gate.fetch_sub(1, SeqCst);
    }
}

/// Lets the calling thread help the pool of `handle` until that pool goes.
///
/// # Safety
/// `handle` is from [`Pool::handle`] and used once; `thread` is as told there.
pub unsafe fn work_for(handle: usize, thread: usize) {
    // SAFETY: the caller's.
    let shared = unsafe { Arc::from_raw(handle as *const Shared) };
    shared.serve(thread);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once() {
        for threads in [1, 2, 3, 8] {
            let mut pool = Pool::new(threads);
            for items in [0, 1, 2, 7, 100] {
                let counts: Vec<AtomicU32> = (0..items).map(|_| AtomicU32::new(0)).collect();
                for _ in 0..200 {
                    pool.run(items, &|thread, item| {
                        assert!(thread < threads);
                        counts[item].fetch_add(1, SeqCst);
                    });
                }
                assert!(counts.iter().all(|count| count.load(SeqCst) == 200));
            }
        }
    }

    #[test]
    fn sleeping_workers_wake_up() {
        let mut pool = Pool::new(3);
        for _ in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            let sum = AtomicUsize::new(0);
            pool.run(64, &|_, item| {
                sum.fetch_add(item, SeqCst);
            });
            assert_eq!(sum.load(SeqCst), 64 * 63 / 2);
        }
    }

    /// A pool that spins while nobody asks anything would take a laptop's battery.
    #[test]
    fn idle_workers_sleep() {
        let mut pool = Pool::new(4);
        for _ in 0..3 {
            pool.run(50, &|_, _| ());
            let begun = std::time::Instant::now();
            let asleep = || pool.shared.sleepers.load(SeqCst) == 3;
            // Some looks each, which a busy machine may make long.
            while !asleep() && begun.elapsed().as_secs() < 60 {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            assert!(asleep(), "{} of 3 sleep", pool.shared.sleepers.load(SeqCst));
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_goes_on() {
        let mut pool = Pool::new(4);
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.run(50, &|_, item| assert!(item != 25, "item 25"));
        }));
        assert!(run.is_err());
        let done = AtomicUsize::new(0);
        pool.run(50, &|_, _| {
            done.fetch_add(1, SeqCst);
        });
        assert_eq!(done.load(SeqCst), 50);
    }
}
