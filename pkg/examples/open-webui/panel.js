// The panel at the page's edge: the portrait, and choices from elsewhere, a feedback export among them.

import "./package/elements.js";

const MARKUP = `<link rel="stylesheet" href="/static/likeness/panel.css">
  <button type="button" popovertarget="likeness-panel">Likeness</button>
  <div id="likeness-panel" popover>
    <likeness-panel></likeness-panel>
    <p><label>Bring choices from elsewhere: <input type="file"></label> <output></output></p>
  </div>`;

export function addPanel() {
  const place = document.createElement("aside");
  place.className = "likeness";
  place.setAttribute("aria-label", "Likeness");
  place.innerHTML = MARKUP;
  document.body.append(place);
  const element = place.querySelector("likeness-panel");
  const told = place.querySelector("output");
  const complain = (error) => (told.value = error.advice ? `${error.message}: ${error.advice}` : error.message);
  let opening;
  place.querySelector("input").addEventListener("change", async ({ target }) => {
    const likeness = await opening;
    await likeness?.import(target.files[0]).then(({ imported }) => (told.value = `${imported} added.`), complain);
  });
  return {
    complain,
    /** Shows this person's, once it is open, and nothing where nobody is signed in. */
    async show(next) {
      opening = next;
      place.hidden = true;
      const likeness = await next.catch(() => undefined);
      if (opening !== next) return;
      element.likeness = likeness;
      place.hidden = !likeness;
    },
  };
}
