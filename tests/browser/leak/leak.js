// The ways in which a page can make a browser send something, each as a function of the address to send to.
// leak.test.mjs calls them, in pages with our policies and in one without.

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  document.head.append(made);
  return made;
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
  "speculation rules": (to) => {
    const rules = document.createElement("script");
    rules.type = "speculationrules";
    rules.textContent = JSON.stringify({ prefetch: [{ urls: [to], eagerness: "immediate" }] });
    document.head.append(rules);
  },
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
};
