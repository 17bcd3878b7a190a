// The ways in which a page can make a browser send something, each as a function of the address to send to.
// leak.test.mjs calls them, in pages with our policies and in one without.

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  document.head.append(made);
  return made;
}

function speculate(kind, to) {
  const rules = document.createElement("script");
  rules.type = "speculationrules";
  rules.textContent = JSON.stringify({ [kind]: [{ urls: [to], eagerness: "immediate" }] });
  document.head.append(rules);
}

/** A click, as a person's: of a link with these attributes. */
function click(attributes) {
  element("a", attributes).click();
}

window.channels = {
  fetch: (to) => void fetch(to, { mode: "no-cors" }),
  XMLHttpRequest: (to) => {
    const request = new XMLHttpRequest();
    request.open("GET", to);
    request.send();
  },
  sendBeacon: (to) => void navigator.sendBeacon(to, "secret"),
  WebSocket: (to) => void new WebSocket(to.replace("http:", "ws:")),
  EventSource: (to) => void new EventSource(to),
  image: (to) => void (new Image().src = to),
  stylesheet: (to) => void element("link", { rel: "stylesheet", href: to }),
  font: (to) => void new FontFace("leak", `url(${to})`).load(),
  script: (to) => void element("script", { src: to }),
  frame: (to) => document.body.append(element("iframe", { src: to })),
  media: (to) => void new Audio(to).load(),
  preload: (to) => void element("link", { rel: "preload", as: "fetch", href: to, crossorigin: "" }),
  modulepreload: (to) => void element("link", { rel: "modulepreload", href: to }),
  prefetch: (to) => void element("link", { rel: "prefetch", href: to }),
  preconnect: (to) => void element("link", { rel: "preconnect", href: to }),
  form: (to) => element("form", { action: to, method: "post" }).submit(),
  location: (to) => void (location.href = to),
  link: (to) => {
    const link = document.getElementById("link");
    link.href = to;
    link.click();
  },
  "meta refresh": (to) => void element("meta", { "http-equiv": "refresh", content: `0; url=${to}` }),
  "window.open": (to) => void window.open(to),
  "dns-prefetch": (to) => void element("link", { rel: "dns-prefetch", href: to }),
  "speculation rules": (to) => speculate("prefetch", to),
  "speculation rules that prerender": (to) => speculate("prerender", to),
  fetchLater: (to) => void fetchLater(to, { activateAfter: 0, mode: "no-cors" }),
  "module script": (to) => void import(to).catch(() => {}),
  "image of a style": (to) => void (document.body.style.backgroundImage = `url(${to})`),
  "image of a style sheet": (to) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`body { background-image: url(${to}) }`);
    document.adoptedStyleSheets = [sheet];
  },
  object: (to) => document.body.append(element("object", { data: to })),
  "frame of a text": (to) => document.body.append(element("iframe", { srcdoc: `<img src="${to}">` })),
  "frame of a script": (to) => document.body.append(element("iframe", { src: `javascript:void fetch("${to}")` })),
  ping: (to) => {
    const link = document.getElementById("link");
    link.href = "#here";
    link.ping = to;
    link.click();
  },
  download: (to) => {
    const link = document.getElementById("link");
    link.href = to;
    link.download = "name";
    link.click();
  },
  worker: (to) => void new Worker("leak-worker.js").postMessage({ to }),
  "worker of a worker": (to) => void new Worker("leak-worker.js").postMessage({ to, nested: true }),
  "worker of a text": (to) => {
    const text = `fetch("${to}", { mode: "no-cors" })`;
    new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  },
  "shared worker": (to) => void new SharedWorker("leak-shared-worker.js").port.postMessage(to),
  "service worker": (to) => {
    const script = `leak-service-worker.js?to=${encodeURIComponent(to)}`;
    return navigator.serviceWorker.register(script, { scope: `scope-of-${new URL(to).port}` }).catch(() => {});
  },
  WebRTC: async (to) => {
    const { hostname, port } = new URL(to);
    const connection = new RTCPeerConnection({ iceServers: [{ urls: `stun:${hostname}:${port}` }] });
    connection.createDataChannel("leak");
    await connection.setLocalDescription(await connection.createOffer());
  },
  "WebRTC over TURN": async (to) => {
    const { hostname, port } = new URL(to);
    const urls = [`turn:${hostname}:${port}`, `turn:${hostname}:${port}?transport=tcp`];
    const connection = new RTCPeerConnection({
      iceServers: [{ urls, username: "secret", credential: "secret" }],
      iceTransportPolicy: "relay",
    });
    connection.createDataChannel("leak");
    await connection.setLocalDescription(await connection.createOffer());
  },
  WebTransport: (to) => void new WebTransport(to.replace("http:", "https:")).ready.catch(() => {}),
  favicon: (to) => void element("link", { rel: "icon", href: to }),
  manifest: (to) => void element("link", { rel: "manifest", href: to }),
  "form by GET": (to) => element("form", { action: to, method: "get" }).submit(),
  "form into a new window": (to) => element("form", { action: to, method: "post", target: "_blank" }).submit(),
  "form of a button": (to) => {
    const button = document.createElement("button");
    button.setAttribute("formaction", to);
    element("form", { action: "#here" }).append(button);
    button.click();
  },
  "link into a new window": (to) => click({ href: to, target: "_blank", rel: "noopener" }),
  "window.open without an opener": (to) => void window.open(to, "_blank", "noopener"),
  "window.open, then location": (to) => {
    const opened = window.open("about:blank");
    opened.location = to;
  },
  "location.replace": (to) => location.replace(to),
  "navigation.navigate": (to) => void navigation.navigate(to),
  "location of a frame": (to) => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    frame.contentWindow.location = to;
  },
  "navigation by a service worker": async (to) => {
    // Only a page of its scope may be sent elsewhere by a service worker.
    const registration = await navigator.serviceWorker.register("leak-navigating-worker.js", { scope: "index.html?scope" });
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    while (worker.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 20));
    const opened = window.open("index.html?scope");
    const heard = new Promise((resolve) => (navigator.serviceWorker.onmessage = resolve));
    worker.postMessage(to);
    await heard;
    return void opened;
  },
  "import of a style": (to) => {
    const style = document.createElement("style");
    style.textContent = `@import url(${to});`;
    document.head.append(style);
  },
  "style by attribute": (to) => {
    const marked = document.createElement("p");
    marked.textContent = "text";
    marked.setAttribute("style", `list-style-image: url(${to}); display: list-item`);
    document.body.append(marked);
  },
  "image of a picture": (to) => {
    document.body.insertAdjacentHTML("beforeend", `<picture><source srcset="${to}"><img alt=""></picture>`);
  },
  "image of a drawing": (to) => {
    document.body.insertAdjacentHTML("beforeend", `<svg><image href="${to}" width="9" height="9"/></svg>`);
  },
  "image of a button": (to) => document.body.append(element("input", { type: "image", src: to })),
  poster: (to) => document.body.append(element("video", { poster: to })),
  embed: (to) => document.body.append(element("embed", { src: to, type: "image/png" })),
  "markup that is written": (to) => document.body.insertAdjacentHTML("beforeend", `<img src="${to}">`),
  worklet: (to) => void CSS.paintWorklet.addModule(to).catch(() => {}),
  "audio worklet": (to) => void new AudioContext().audioWorklet.addModule(to).catch(() => {}),
};
