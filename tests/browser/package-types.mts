// Uses every part of the package's types as a host would; package.test.mjs has the compiler read it, nothing runs it.
import { LikenessError, createLikeness, init, type ErrorCode, type Likeness, type LoadedModel, type LocalModel, type Message, type Models, type Pair, type Portrait } from "@likeness/browser";
import { connectLikeness, type FramedLikeness, type Scope } from "@likeness/browser/frame";
import { LikenessPanel, type ClaimVerb } from "@likeness/browser/elements";

await init({ wasmUrl: new URL("https://host.example/core_bg.wasm"), signal: AbortSignal.timeout(1000) });
const likeness: Likeness = await createLikeness({
  storage: { person: "Ada" },
  model: { name: "mine", answer: async ({ messages, maxTokens }) => `${messages.length} ${maxTokens}`, contextTokens: 8192 },
  policy: { personalize: true },
  signal: AbortSignal.timeout(1000),
});
const context: Message[] = [{ role: "user", content: "q" }];
const options = [{ id: "a", content: "one" }, { id: "b", content: "two" }];
const { signal } = new AbortController();
const id: string = await likeness.record({ context, chosen: "a", rejected: "b", origin: "the chat" }, { signal });
const [pair]: Pair[] = await likeness.pairs([id], { signal });
console.log(pair?.origin, (await likeness.rank(context, ["a", "b"], { why: "traits" })).length);
await likeness.recordChoice({ context, options, chosen: "a" });
await likeness.recordChoice({ context, options, none: "all-bad" }, { supersedes: { chosen: "a" }, signal });
await likeness.takeBack({ context, options, none: "all-bad" });
// @ts-expect-error: a choice has an outcome
await likeness.recordChoice({ context, options });
// @ts-expect-error: and only one
await likeness.recordChoice({ context, options, chosen: "a", none: "all-good" });
// @ts-expect-error: there is no such event
likeness.on("weather", () => {});
const portrait: Portrait = await likeness.induce({ search: "full", onProgress: ({ calls, of }) => console.log(calls / of), signal });
await likeness.claims.edit(portrait.claims[0]!.id, "Short.", { signal });
const told = await likeness.personalize(context);
const { best } = await likeness.draftAndPick(told, { n: 2, signal });
const { first } = await likeness.judge(context, "a", "b");
for await (const { stage, calls } of likeness.induce({ signal })) console.log(stage, calls);
for await (const { index, content } of likeness.draftAndPick(context)) console.log(index, content);
const sealed: Blob = await likeness.exportProfile({ passphrase: "four random words here" });
const { replaced, claims, portrait: newer } = await likeness.importProfile(sealed, { passphrase: "four random words here" });
console.log(replaced + claims, newer satisfies boolean);
// @ts-expect-error: nothing is sealed without a passphrase
await likeness.exportProfile({});
for await (const entry of likeness.ledger({ words: "induction" })) console.log(entry.id.length, entry.whenMs, await entry.body({ signal }));
const stop: () => void = likeness.on("history", () => {});
const { byModel } = await likeness.judge(context, "a", "b", { askModel: true, onProgress: ({ loading }) => console.log(loading?.bytes, byModel) });
const here: Likeness = await createLikeness({ model: { local: { source: new File([], "a.gguf"), sha256: "00", device: "cpu" } } });
const loaded: LoadedModel = await here.models.load({ onProgress: ({ stage, bytes, of }) => console.log(stage, bytes / of), signal });
const { inUse, kept }: Models = await here.models.remove(loaded.file);
const sources: LocalModel[] = [{ local: "/a.gguf" }, { local: new URL("https://host.example/a.gguf") }, { local: { kept: kept[0]!.name, device: "gpu" } }];
console.log(inUse?.notKept, sources);
// @ts-expect-error: a model is on the device or a function of the page
await createLikeness({ model: { local: "/a.gguf", name: "mine", answer: () => "" } });
// @ts-expect-error: a kept file has no source
await createLikeness({ model: { local: { kept: "a.gguf", source: "/a.gguf" } } });
try {
  await likeness.import(await likeness.export(), { onProgress: ({ imported }) => console.log(imported) });
} catch (error) {
  const code: ErrorCode | undefined = error instanceof LikenessError ? error.code : undefined;
  if (error instanceof LikenessError) console.log(error.quotes.length, error.people.length);
  console.log(code, id, best.liked, first, stop);
}
const choice = Object.assign(document.createElement("likeness-choice"), { likeness, context, options, name: "taste", required: true });
choice.strings = { first: "A", answer: (number) => `${number}` };
choice.addEventListener("likeness-recorded", ({ detail }) => console.log(detail.chosen ?? detail.none, detail.pairs.length, choice.strings.second));
// @ts-expect-error: a choice is made by the person
choice.value = "a";
LikenessPanel.strings = { ...LikenessPanel.strings, run: "Go" };
const panel: LikenessPanel = document.createElement("likeness-panel");
panel.addEventListener("likeness-claim", ({ detail }) => detail.what satisfies ClaimVerb);
likeness.destroy();

const framed: FramedLikeness = await connectLikeness({ url: "https://likeness.example/frame/likeness.html", signal });
document.createElement("likeness-choice").likeness = framed;
// @ts-expect-error: a panel shows more than a frame tells
document.createElement("likeness-panel").likeness = framed;
const scopes: Scope[] = await framed.requestAccess(["record", "portrait", "rank"], { signal });
framed.on("access", (now) => console.log(now.length, scopes.includes("rank")));
const own: string[] = (await framed.pairs()).map(({ chosen }) => chosen);
console.log(own, await framed.record({ context, chosen: "a", rejected: "b" }), (await framed.personalize(context)).length);
// @ts-expect-error: a host gets no profile
await framed.exportProfile({ passphrase: "p" });
// @ts-expect-error: a host gets no history
await framed.export();
// @ts-expect-error: a frame is made, or given
await connectLikeness({ url: "/likeness.html", frame: framed.frame });
framed.destroy();
