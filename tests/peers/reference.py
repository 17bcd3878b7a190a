#!/usr/bin/env python3
"""Counts the tokens that a whole induction has a model read: ours, beside the reference implementation's.

    python3 tests/peers/reference.py --history H.jsonl --model M.gguf [--user U] [--pairs 12] [--command PATH] [--full]
        [--json]

H.jsonl has SynthesizeMe's own rows (`context`, `chosen`, `rejected`); the first PAIRS are taken, U's if given. Ours is `likeness induce`
with its default settings for that model (with --full, the whole search), and what it read is what it says it read:
prompts less what the prefix tree had. The reference (PyPI's SynthesizeMe, with the DSPy that its prompts were saved by,
in a virtual environment under the cache folder) builds its own prompts with its default settings, and a stand-in answers
them: a seeded coin, after a reasoning of 60 words. So the accuracy of both can't be compared here, and its cost is that of a
judge who is right half the time. Every prompt counts in whole, by M's tokenizer and without a chat template's marks.
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


def stand_in():
    """Runs in the reference's own environment: rows on standard input, every prompt as a JSON line on standard output."""
    import random
    import threading

    import dspy
    from synthesizeme.personalrm.synthesizeme import SynthesizeMe

    out, sys.stdout = sys.stdout, sys.stderr
    draw, lock = random.Random(0), threading.Lock()
    reasoning = " ".join(["This reader may prefer the answer that says more of what was asked for,"] * 5)[:360]

    class StandIn(dspy.LM):
        def forward(self, prompt=None, messages=None, **kwargs):
            raise NotImplementedError("every request goes through __call__")

        def __call__(self, prompt=None, messages=None, **kwargs):
            text = prompt or "\n".join(message["content"] for message in messages)
            with lock:
                side = draw.choice(["First", "Second"])
                out.write(json.dumps(text) + "\n")
            last = "synthesized_persona" if "synthesized_persona" in text else "preference"
            value = reasoning if last == "synthesized_persona" else side
            return [f"[[ ## reasoning ## ]]\n{reasoning}\n\n[[ ## {last} ## ]]\n{value}\n\n[[ ## completed ## ]]"]

    model = StandIn("none/none", temperature=0.7, cache=False)
    dspy.configure(lm=model)
    rows = [json.loads(line) for line in sys.stdin]
    SynthesizeMe(user_id="one", lm=model, progress_update_hook=lambda *_: None, num_workers=1, num_workers_bootstrap=1).fit(rows)
    out.flush()


def reference(rows, count):
    ran = subprocess.run(
        [reference_python(), __file__],
        input="".join(json.dumps(row) + "\n" for row in rows),
        stdout=subprocess.PIPE,
        env={**os.environ, INSIDE: "1"},
        text=True,
        check=True,
    )
    prompts = [json.loads(line) for line in ran.stdout.splitlines()]
    return {"calls": len(prompts), "distinct": len(set(prompts)), "read": count("\n".join(prompts))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--user")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--command", default="target/release/likeness")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    with open(options.history, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    rows = [row for row in rows if options.user in (None, row.get("user_id"))][: options.pairs]
    if len(rows) < 2:
        sys.exit(f"{options.history}: two pairs or more are needed")

    def likeness(*arguments, **more):
        ran = subprocess.run([options.command, *arguments], stdout=subprocess.PIPE, text=True, check=True, **more)
        return json.loads(ran.stdout)

    def count(text):
        return len(likeness("tokens", "--model", options.model, "--json", input=text)["tokens"])

    theirs = reference(rows, count)
    with tempfile.TemporaryDirectory() as folder:
        history = pathlib.Path(folder) / "history.jsonl"
        history.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        settings = ["--full"] if options.full else []
        found = likeness(
            "induce", "--history", str(history), "--model", options.model, *settings,
            "-o", str(pathlib.Path(folder) / "likeness.json"), "--json",
        )
    read = found["prompt_tokens"] - found["cached_tokens"]
    ours = {
        "calls": found["calls"],
        "read": read,
        "spared_by_prefixes": found["cached_tokens"],
        "spared_by_asking_once": found["spared_tokens"]["asked_once"],
        "spared_by_racing": found["spared_tokens"]["raced"],
    }
    result = {"pairs": len(rows), "ours": ours, "reference": theirs, "ratio": theirs["read"] / read}
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{len(rows)} pairs: ours read {read} tokens in {ours['calls']} calls, the reference {theirs['read']} in {theirs['calls']}")
        for name in ["prefixes", "asking_once", "racing"]:
            print(f"  spared by {name.replace('_', ' ')}: {ours['spared_by_' + name]}")
        print(f"  the reference reads {result['ratio']:.1f} times as many")


if os.environ.get(INSIDE):
    stand_in()
else:
    main()
