// A shared worker that sends to the address it is given.
onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data: to }) => void fetch(to, { mode: "no-cors" });
};
