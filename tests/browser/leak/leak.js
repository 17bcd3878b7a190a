// The ways in which a page can make a browser send something, each as a function of the address to send to.
// leak.test.mjs calls them, in a page with our policies and in one without.

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
  worker: (to) => void new Worker("leak-worker.js").postMessage(to),
  WebRTC: async (to) => {
    const { hostname, port } = new URL(to);
    const connection = new RTCPeerConnection({ iceServers: [{ urls: `stun:${hostname}:${port}` }] });
    connection.createDataChannel("leak");
    await connection.setLocalDescription(await connection.createOffer());
  },
};
