// Where the extension works, and how it reads a page: the selector map. Add a chat of yours here.
//
// `match` is a URLPattern: without `:*` it means the usual port alone. `question` and `answer` select each message's text
// in the order of the page, `input` is what the person writes in.

export default [
  { match: "http://localhost:*/*", question: ".question", answer: ".answer > :not(.bar)", input: ".composer textarea" },
];
