#!/usr/bin/env python3
"""Counts the tokens that a whole induction has a model read: ours, beside the reference implementation's.

    python3 tests/peers/reference.py --history H.jsonl --model M.gguf [--user U] [--pairs 12] [--command PATH] [--full]
        [--answers [--test 24] [--threads 2]] [--json]

H.jsonl has SynthesizeMe's own rows (`context`, `chosen`, `rejected`); the first PAIRS are taken, U's if given. Ours is `likeness induce`
with its default settings for that model (with --full, the whole search), and what it read is what it says it read:
prompts less what the prefix tree had. The reference (PyPI's SynthesizeMe, with the DSPy that its prompts were saved by,
in a virtual environment under the cache folder) builds its own prompts with its default settings, and a stand-in answers
them: a seeded coin, after a reasoning of 60 words, so that its cost is that of a judge who is right half the time. Every
prompt counts in whole, by M's tokenizer and without a chat template's marks.

With --answers the embedded model answers the reference's prompts (in llama.cpp, which `./check` installs), so M must be that
one, and both are asked about the person's next TEST pairs, which neither was made from: the reference in both orders, as its
own `evaluate` does. What it answers has the form that is asked for: it writes a reasoning of up to 80 tokens, and then the
likelier of the two names counts. A model of this size hardly ever keeps to the form by itself. It takes the better part of an
hour; of THREADS there should be no more than the machine has idle cores, as llama.cpp's wait for each other by spinning.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

PACKAGES = ["SynthesizeMe==0.0.11a1", "dspy==2.6.27", "litellm==1.63.7"]
INSIDE = "LIKENESS_INSIDE_SYNTHESIZEME"
ENDPOINT = "LIKENESS_SYNTHESIZEME_ENDPOINT"


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("LIKENESS_CACHE") or pathlib.Path(home) / "likeness")


def reference_python():
    folder = cache() / "peers" / "synthesizeme"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print("installing the reference (some minutes, once)", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (folder / "complete").touch()
    return python


def ask(endpoint, messages, **more):
    """One answer of the model at `endpoint`: its first choice. Where all is longer than the model reads, the longest message loses a
    tenth from its middle, as often as it takes: examples of long texts are."""
    import urllib.error
    import urllib.request

    messages = [dict(message) for message in messages]
    while True:
        body = json.dumps({"model": "embedded", "messages": messages, **more}).encode()
        request = urllib.request.Request(endpoint + "/chat/completions", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=3600) as reply:
                return json.load(reply)["choices"][0]
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
        longest = max(messages, key=lambda message: len(message["content"]))
        text = longest["content"]
        longest["content"] = text[: len(text) * 9 // 20] + " […] " + text[len(text) * 11 // 20 :]


def answered(endpoint, messages, field, temperature, side):
    """A reasoning of the model's own, then the likelier of the two names, or a persona in its own words."""
    begun = "[[ ## reasoning ## ]]\n"
    asked = [*messages, {"role": "assistant", "content": begun}]
    reasoning = ask(endpoint, asked, max_tokens=80, temperature=temperature)["message"]["content"].split("[[")[0].strip()
    begun += f"{reasoning}\n\n[[ ## {field} ## ]]\n"
    asked[-1] = {"role": "assistant", "content": begun}
    if field == "preference":
        first = ask(endpoint, asked, logprobs=True, top_logprobs=200)["logprobs"]["content"][0]["top_logprobs"]
        # Among the 200 likeliest of its tokens neither name may be: the reference would then fail to read its answer.
        value = next((one["token"].strip() for one in first if one["token"].strip() in ("First", "Second")), side)
    else:
        value = ask(endpoint, asked, max_tokens=120, temperature=temperature)["message"]["content"].split("[[")[0].strip()
    return f"{begun}{value}\n\n[[ ## completed ## ]]"


def stand_in():
    """Runs in the reference's own environment: rows on standard input, every prompt as a JSON line on standard output, and
    how right it is about the rows to test, if there are any."""
    import random
    import threading

    import dspy
    from synthesizeme.personalrm.synthesizeme import SynthesizeMe

    out, sys.stdout = sys.stdout, sys.stderr
    endpoint, fitting, asked = os.environ.get(ENDPOINT), True, [0]
    draw, lock = random.Random(0), threading.Lock()
    reasoning = " ".join(["This reader may prefer the answer that says more of what was asked for,"] * 5)[:360]

    class StandIn(dspy.LM):
        def forward(self, prompt=None, messages=None, **kwargs):
            raise NotImplementedError("every request goes through __call__")

        def __call__(self, prompt=None, messages=None, **kwargs):
            text = prompt or "\n".join(message["content"] for message in messages)
            last = "synthesized_persona" if "synthesized_persona" in text else "preference"
            with lock:
                asked[0] += 1
                if endpoint and asked[0] % 10 == 0:
                    print(f"reference: {asked[0]} prompts", file=sys.stderr, flush=True)
                side = draw.choice(["First", "Second"])
                if fitting:
                    out.write(json.dumps(text) + "\n")
                if endpoint:
                    return [answered(endpoint, messages, last, kwargs.get("temperature", self.kwargs["temperature"]), side)]
            value = reasoning if last == "synthesized_persona" else side
            return [f"[[ ## reasoning ## ]]\n{reasoning}\n\n[[ ## {last} ## ]]\n{value}\n\n[[ ## completed ## ]]"]

    model = StandIn("none/none", temperature=0.7, cache=False)
    dspy.configure(lm=model)
    given = json.load(sys.stdin)
    fitted = SynthesizeMe(user_id="one", lm=model, progress_update_hook=lambda *_: None, num_workers=1, num_workers_bootstrap=1)
    fitted.fit(given["rows"])
    fitting = False
    if given["test"]:
        told = fitted.evaluate(given["test"])
        out.write(json.dumps({"accuracy": told["mean"], "interval": [told["lower_bound"], told["upper_bound"]]}) + "\n")
    out.flush()


def reference(rows, test, threads, count):
    environment = {**os.environ, INSIDE: "1"}
    server = None
    if threads:
        script = pathlib.Path(__file__).with_name("llama.mjs")
        server = subprocess.Popen(["node", script, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        environment[ENDPOINT] = server.stdout.readline().strip()
    try:
        if server and not environment[ENDPOINT]:
            sys.exit("llama.cpp did not start: ./check installs it and what it is started with")
        ran = subprocess.run(
            [reference_python(), __file__],
            input=json.dumps({"rows": rows, "test": test}),
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            check=True,
        )
    finally:
        if server:
            server.stdin.close()
            server.wait()
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    right = told.pop() if test else {}
    return {"calls": len(told), "distinct": len(set(told)), "read": count("\n".join(told)), **right}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--user")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--command", default="target/release/likeness")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--answers", action="store_true")
    parser.add_argument("--test", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    with open(options.history, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    rows = [row for row in rows if options.user in (None, row.get("user_id"))]
    rows, test = rows[: options.pairs], rows[options.pairs :][: options.test if options.answers else 0]
    if len(rows) < 2:
        sys.exit(f"{options.history}: two pairs or more are needed")

    def likeness(*arguments, **more):
        ran = subprocess.run([options.command, *arguments], stdout=subprocess.PIPE, text=True, check=True, **more)
        return json.loads(ran.stdout)

    def count(text):
        return len(likeness("tokens", "--model", options.model, "--json", input=text)["tokens"])

    theirs = reference(rows, test, options.threads if options.answers else 0, count)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        history, found_file = folder / "history.jsonl", folder / "likeness.json"
        history.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        settings = ["--full"] if options.full else []
        found = likeness(
            "induce", "--history", str(history), "--model", options.model, *settings,
            "-o", str(found_file), "--json",
        )
        systems = {}
        if test:
            later = folder / "test.jsonl"
            later.write_text("".join(json.dumps(row) + "\n" for row in test), encoding="utf-8")
            asked = ["--history", str(later), "--likeness", str(found_file), "--model", options.model]
            systems = likeness("evaluate", *asked, "--json")["systems"]
    read = found["prompt_tokens"] - found["cached_tokens"]
    ours = {
        "calls": found["calls"],
        "read": read,
        "spared_by_prefixes": found["cached_tokens"],
        "spared_by_asking_once": found["spared_tokens"]["asked_once"],
        "spared_by_racing": found["spared_tokens"]["raced"],
        **({"systems": systems} if systems else {}),
    }
    result = {"pairs": len(rows), "tested": len(test), "ours": ours, "reference": theirs, "ratio": theirs["read"] / read}
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{len(rows)} pairs: ours read {read} tokens in {ours['calls']} calls, the reference {theirs['read']} in {theirs['calls']}")
        for name in ["prefixes", "asking_once", "racing"]:
            print(f"  spared by {name.replace('_', ' ')}: {ours['spared_by_' + name]}")
        print(f"  the reference reads {result['ratio']:.1f} times as many")
        if test:
            print(f"  of {len(test)} later pairs, the reference is right about {theirs['accuracy']:.3f}, ours:")
            for name, system in systems.items():
                print(f"    {name}: {system['accuracy']:.3f} {system['interval']}")


if os.environ.get(INSIDE):
    stand_in()
else:
    main()
