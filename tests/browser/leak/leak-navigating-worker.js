// A service worker that sends a page of its scope to the address it is told.
self.addEventListener("message", (event) => {
  const { data: to, source } = event;
  const navigate = async () => {
    for (let tried = 0; tried < 50; tried += 1) {
      const pages = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
      const page = pages.find(({ url }) => url.startsWith(self.registration.scope));
      if (page) {
        await page.navigate(to).catch(() => {});
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    source.postMessage("done");
  };
  event.waitUntil(navigate());
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
