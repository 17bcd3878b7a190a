// A worker that sends to the address it is given, and says how it went; `nested` starts another that does.
onmessage = ({ data: { to, nested, mode = "no-cors" } }) => {
  if (nested) {
    const worker = new Worker("leak-worker.js");
    worker.onmessage = ({ data }) => postMessage(data);
    worker.postMessage({ to, mode });
  } else {
    fetch(to, { mode }).then(
      () => postMessage("sent"),
      () => postMessage("refused"),
    );
  }
};
