// Open WebUI runs this file in each of its pages before its own code, and leaves it empty for whoever runs the server.
//
// It stands between the page and its server in two calls and no others: what held about the person is put into a question to
// the model, and a rating is learnt from once the server has it.

{
  const its = window.fetch;
  const RATING = /^\/api\/v1\/evaluations\/feedback(\/[^/]+)?$/;
  // Loaded beside the page, not before it: a question that is quicker waits.
  const loading = import("/static/likeness/chat.js").then(({ start }) => start(its.bind(window)));
  loading.catch((error) => console.error("Likeness:", error));

  window.fetch = async (resource, settings) => {
    const path = typeof resource === "string" ? new URL(resource, location.href).pathname : "";
    if (settings?.method !== "POST" || typeof settings.body !== "string") return its(resource, settings);
    if (path === "/api/chat/completions") {
      const body = await loading.then((likeness) => likeness.told(settings.body)).catch(() => settings.body);
      return its(resource, { ...settings, body });
    }
    const response = await its(resource, settings);
    if (RATING.test(path) && response.ok) loading.then((likeness) => likeness.rated(settings.body), () => undefined);
    return response;
  };
}
