// Uses the elements in JSX as a React host would; package.test.mjs has the compiler read it, nothing runs it.
import type { Likeness } from "@likeness/browser";
import "@likeness/browser/elements";

declare const likeness: Likeness;
const options = [{ id: "a", content: "one" }, { id: "b", content: "two" }];

export const page = (
  <div id="page">
    <likeness-badge likeness={likeness} className="badge" data-place="top" />
    <likeness-choice
      likeness={likeness}
      context={[{ role: "user", content: "q" }]}
      options={options}
      name="taste"
      required
      changeSeconds={10}
      strings={{ first: "A" }}
      onlikeness-choice={({ detail }) => console.log(detail.chosen ?? detail.none)}
    >
      <div />
    </likeness-choice>
    <likeness-panel likeness={likeness} onlikeness-claim={({ detail }) => console.log(detail.what)} />
    <likeness-move likeness={likeness} ref={(element) => element?.likeness} />
    {/* @ts-expect-error: a panel has no weather */}
    <likeness-panel weather="fine" />
    {/* @ts-expect-error: a number is no likeness */}
    <likeness-badge likeness={3} />
    {/* @ts-expect-error: there is no such element */}
    <likeness-weather />
  </div>
);
