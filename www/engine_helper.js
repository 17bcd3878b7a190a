// A thread that helps the engine's worker: enters its pool over the shared memory and stays there.
self.onmessage = async ({ data: { name, module, memory, handle, thread } }) => {
  let build;
  try {
    build = await import(`./engine/${name}.js`);
    await build.default({ module_or_path: module, memory });
  } finally {
    self.postMessage("up"); // Or it never will be: nobody shall wait for it.
  }
  try {
    build.help(handle, thread);
  } catch (trap) {
    build.trapped();
    throw trap;
  }
  self.close(); // The pool is gone: another model takes its place.
};
