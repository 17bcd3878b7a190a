// Likeness in Open WebUI's page: what it learns from, what the model is told, and whose it is.

import { createLikeness } from "./package/index.js";
import { addPanel } from "./panel.js";

/**
 * Starts it.
 * @param {typeof fetch} fetch the page's own, which nothing of ours stands before
 */
export function start(fetch) {
  const panel = addPanel();
  let token, opening, model;

  /** The likeness of whoever is signed in; none where nobody is. Several people may share this browser. */
  async function current() {
    const now = localStorage.token;
    if (now !== token) {
      token = now;
      opening?.then((likeness) => likeness?.destroy());
      opening = now ? open(now) : Promise.resolve(undefined);
      panel.show(opening);
    }
    return opening;
  }

  async function open(token) {
    const { id } = await json(fetch("/api/v1/auths/", { headers: { Authorization: `Bearer ${token}` } }));
    const likeness = await createLikeness({ storage: { person: id }, model: { name: "OpenWebUI", answer } });
    // For whoever tries it from the console: any script of this page can do the same.
    globalThis.likeness = likeness;
    return likeness;
  }

  /** What `induce` asks the model of the last chat: sketches alone. Without a chat's id, Open WebUI adds nothing and keeps nothing. */
  async function answer({ messages, maxTokens, temperature, signal }) {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    model ??= (await json(fetch("/api/models", { headers }))).data[0].id;
    const body = JSON.stringify({ model, messages, max_tokens: maxTokens, temperature, stream: false });
    return (await json(fetch("/api/chat/completions", { method: "POST", headers, body, signal }))).choices[0].message.content;
  }

  const failed = (error) => {
    console.error("Likeness:", error);
    panel.complain(error);
  };
  const follow = () => current().catch(failed);
  follow();
  // Nothing tells a page that somebody signed in.
  setInterval(follow, 1000);

  return {
    /** The request to the model, with what held about the person in its system message. */
    async told(body) {
      const likeness = await current().catch(failed);
      const asked = JSON.parse(body);
      model = asked.model;
      if (!likeness) return body;
      const messages = await likeness.personalize(asked.messages ?? []).catch(failed);
      return messages ? JSON.stringify({ ...asked, messages }) : body;
    },

    /** A rating as the page sent it, with its snapshot of the chat: the same that a feedback export holds. */
    async rated(body) {
      const likeness = await current().catch(failed);
      await likeness?.import(body, { name: "Open WebUI", format: "open-webui" }).catch(failed);
    },
  };
}

async function json(asking) {
  const response = await asking;
  if (!response.ok) throw new Error(`Open WebUI's server answered ${response.status} to ${new URL(response.url).pathname}`);
  return response.json();
}
