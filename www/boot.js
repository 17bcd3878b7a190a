// Starts the app. In a file of its own, since the content policy allows no inline script.
// What the browser brings along is looked at before any other script runs; then the service worker is registered, and
// nothing waits for it.
import "./built_in.js";
import "./policy.js";
import init from "./app.js";

for (const link of document.querySelectorAll("link[data-href]")) {
  link.href = new URL(link.dataset.href, import.meta.url).href;
}

init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) }).catch((error) => {
  document.getElementById("loading")?.remove();
  const notice = document.createElement("p");
  notice.setAttribute("role", "alert");
  notice.textContent =
    `Likeness could not start: ${error}. It needs a browser with WebAssembly SIMD and module workers: ` +
    "Chrome or Edge 114, Firefox 114, Safari 16.4, or later.";
  document.body.append(notice);
  throw error;
});
