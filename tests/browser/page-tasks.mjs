// Finds the tasks that keep a page from answering: those with over 50 ms of work on its main thread.
//
// `PerformanceObserver` counts by the clock, so where every core is taken (a search takes one, other programs the
// rest) it counts the time that a task waited for a core too. Each task's own time is in the browser's trace: that
// decides, and what the observer saw is told beside it.

const BOUND_MS = 50;

/** Collects what the browser calls long tasks. Runs in the page. */
function observe() {
  if (window.longTasks) return;
  window.longTasks = [];
  const seen = (list) => window.longTasks.push(...list.getEntries().map((entry) => Math.round(entry.duration)));
  new PerformanceObserver(seen).observe({ type: "longtask" });
}

/** Starts to watch; what comes back ends that, and gives the long tasks by their own time and by the clock, in ms. */
export async function watchTasks(page) {
  const session = await page.context().newCDPSession(page);
  const [tasks, mainThreads] = [[], new Set()];
  const thread = ({ pid, tid }) => `${pid}/${tid}`;
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const event of value) {
      if (event.name === "thread_name" && event.args.name === "CrRendererMain") mainThreads.add(thread(event));
      if (event.name === "ThreadControllerImpl::RunTask" && event.ph === "X") tasks.push(event);
    }
  });
  await page.evaluate(observe);
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel"] } });
  return async () => {
    const byTheClock = await page.evaluate(() => window.longTasks.splice(0));
    const ended = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await ended;
    await session.detach();
    // What was under way when the trace began has no time of its own.
    const onPages = tasks.filter((event) => mainThreads.has(thread(event)) && event.tdur !== undefined);
    if (!onPages.some((event) => event.tdur > 0)) throw new Error("the trace holds no task of a page");
    const own = onPages.map((event) => Math.round(event.tdur / 1000));
    return { own: own.filter((ms) => ms > BOUND_MS), longest: Math.max(...own), byTheClock };
  };
}

/** The figures in words. */
export function tasksText({ own, longest, byTheClock }) {
  const list = (all) => (all.length ? `${all.join(", ")} ms` : "none");
  return `longest task on the page ${longest} ms, over ${BOUND_MS} ms: ${list(own)} (by the clock: ${list(byTheClock)})`;
}
