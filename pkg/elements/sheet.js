// The one style sheet of the elements. It is constructed, so a page's policy for styles has no say in it, and shared.
//
// Colours follow the `color-scheme` of where an element stands, not the browser's setting alone: a page that says nothing
// is light, and so are we on it. Whatever that page paints behind us, each element brings a ground of its own. What isn't
// given follows from ink, ground and accent. Sizes are in em, since a page may have changed what a rem is. Nothing moves.

const CSS = `
:host {
  display: block;
  --_ink: var(--likeness-ink, light-dark(#1b211e, #e6ebe8));
  --_ground: var(--likeness-ground, light-dark(#fff, #1a1f1c));
  --_accent: var(--likeness-accent, light-dark(#1e6650, #82c9af));
  --_line: var(--likeness-line, color-mix(in srgb, var(--_ink) 50%, var(--_ground)));
  --_soft: color-mix(in srgb, var(--_ink) 75%, var(--_ground));
  --_wash: color-mix(in srgb, var(--_accent) 12%, var(--_ground));
  color: var(--_ink);
  font: var(--likeness-font, inherit);
  text-align: start;
}
:host(likeness-badge) { display: inline-block; max-inline-size: 100%; vertical-align: top; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.box { background: var(--_ground); border: 1px solid var(--_line); border-radius: .6em; padding: 1em; }
.badge { padding: .3em .8em; }
h2 { font-size: 1.1em; margin: 0 0 .5em; }
p { margin: .5em 0; overflow-wrap: anywhere; }
p:empty { display: none; }
.prose, .prompt { white-space: pre-line; }
.soft { color: var(--_soft); }
ul { list-style: none; margin: .5em 0; padding: 0; }
li { border-block-start: 1px solid var(--_line); padding-block: .5em; overflow-wrap: anywhere; }
.answers { display: grid; gap: .75em; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16em), 1fr)); }
.answer { border: 1px solid var(--_line); border-radius: .6em; padding: .75em; overflow: auto; overflow-wrap: anywhere;
  max-block-size: var(--likeness-answer-size, min(75vh, 40em)); }
.answer.taken { border-color: var(--_accent); box-shadow: inset 0 0 0 1px var(--_accent); }
.text { white-space: pre-wrap; }
pre { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .9em; margin: .5em 0; padding: .6em; overflow: auto;
  overflow-wrap: normal; white-space: pre; background: var(--_wash); border-radius: .4em; }
.row { display: flex; flex-wrap: wrap; gap: .5em; margin-block: .75em 0; }
button, input { font: inherit; color: inherit; background: var(--_ground); border: 1px solid var(--_line); border-radius: .4em;
  padding: .4em .75em; min-block-size: 2.25em; max-inline-size: 100%; overflow-wrap: anywhere; }
button { cursor: pointer; }
button:hover { background: var(--_wash); }
input { flex: 1 1 12em; min-inline-size: 0; }
.fields { display: grid; gap: .25em; }
.fields :is(p, .row) { margin-block: .1em .6em; }
[aria-invalid="true"] { border-color: currentColor; border-width: 2px; }
kbd { font: inherit; color: var(--_soft); margin-inline-end: .5em; }
:is(button:disabled, button[aria-disabled="true"]) { cursor: default; background: var(--_ground); }
:is(button:disabled, button[aria-disabled="true"]):not([aria-checked="true"]) { opacity: .6; }
button[aria-checked="true"] { background: var(--_wash); border-color: var(--_accent); box-shadow: inset 0 0 0 1px var(--_accent);
  font-weight: 600; }
/* Told by more than colour, and silent to a screen reader, which hears "checked". */
button[aria-checked="true"]::after { content: " ✓" / ""; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
summary { cursor: pointer; overflow-wrap: anywhere; }
progress { inline-size: 100%; accent-color: var(--_accent); }
@media (pointer: coarse) { button, input { min-block-size: 2.75em; } }
[hidden] { display: none; }
`;
let made;

/** The sheet; made when the first element is, since a server has no style sheets. */
export function sheet() {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(CSS);
  }
  return made;
}
