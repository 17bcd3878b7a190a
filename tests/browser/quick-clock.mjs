// The built app with a data worker whose clock runs faster, so that a wait of minutes is one of seconds. Nothing else of
// it is changed: the limits that a test meets are the app's own.

import { DATA_WORKER, changedApp } from "./changed-app.mjs";

/** Script after which a second of a worker's takes `1 / rate` seconds. */
export const quickClock = (rate) => `
  const [now, later, begun] = [Date.now.bind(Date), self.setTimeout.bind(self), Date.now()];
  Date.now = () => begun + (now() - begun) * ${rate};
  self.setTimeout = (call, ms, ...rest) => later(call, ms / ${rate}, ...rest);
`;

/** A folder to serve in place of `dist`, whose data worker has such a clock. */
export const quickened = (rate) => changedApp({ [DATA_WORKER]: quickClock(rate) });
