// A service worker that sends to the address in its own.
const to = new URL(self.location.href).searchParams.get("to");
self.addEventListener("install", (event) => event.waitUntil(fetch(to, { mode: "no-cors" })));
