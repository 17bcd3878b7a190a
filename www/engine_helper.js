// A thread that helps the engine's worker: enters its pool over the shared memory and stays there.
self.onmessage = async ({ data: { name, module, memory, handle, thread } }) => {
  const build = await import(`./engine/${name}.js`);
  await build.default({ module_or_path: module, memory });
  build.help(handle, thread);
  self.close(); // The pool is gone: another model takes its place.
};
