#!/usr/bin/env python3
"""Makes vocabularies for llama.cpp and for the tests, from Mistral's own, which PyPI's `mistral-common` (1.8.8) brings.

    python3 tests/golden/mistral.py DATA FOLDER

DATA is the package's folder `mistral_common/data`. It writes FOLDER/NAME.gguf for each, and beside this script
mistral_vocabularies.json, from which the tests make the same.

The beginning of a vocabulary is a vocabulary: tokens are in the order in which they were learned. These are

  mistral-7b  the SentencePiece vocabulary of Mistral 7B (tokenizer.model.v1): marks, bytes, 2,000 pieces, 250 characters
  phi-3       the same under the name of Phi 3, with its marks, which swallow the spaces after them
  nemo        the byte-level vocabulary of Mistral Nemo (tekken_240718.json): 16 marks and 2,000 tokens
"""

import base64
import json
import pathlib
import sys

from gguf import GGUFWriter
from sentencepiece import SentencePieceProcessor

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
NEMO_MARKS = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
              "[/TOOL_RESULTS]", "[TOOL_CALLS]", "<pad>", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "<SPECIAL_14>", "<SPECIAL_15>"]
PHI_MARKS = ["<|endoftext|>", "<|assistant|>", "<|placeholder1|>", "<|system|>", "<|end|>", "<|user|>"]


def mistral_7b(data):
    model = SentencePieceProcessor(model_file=str(data / "tokenizer.model.v1"))
    kept = [*range(3, 259), *range(259, 2259)]
    kept += [token for token in range(2259, model.vocab_size()) if len(model.id_to_piece(token)) == 1][:250]
    tokens = ["<unk>", "<s>", "</s>"] + [model.id_to_piece(token) for token in kept]
    scores = [0.0] * 3 + [model.get_score(token) for token in kept]
    types = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * (len(kept) - 256)
    return {"tokens": tokens, "scores": scores, "types": types}


def phi_3(mistral):
    return {
        "tokens": mistral["tokens"] + PHI_MARKS,
        "scores": mistral["scores"] + [0.0] * len(PHI_MARKS),
        # Phi's files have </s> as a text of people's.
        "types": [UNKNOWN, CONTROL, USER_DEFINED] + mistral["types"][3:] + [CONTROL] * len(PHI_MARKS),
    }


def byte_alphabet():
    """GPT-2's characters for bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(256 + at) for at, byte in enumerate(others)}}


def nemo(data):
    vocabulary = json.loads((data / "tekken_240718.json").read_text())["vocab"][:2000]
    ranks = {base64.b64decode(token["token_bytes"]): token["rank"] for token in vocabulary}
    written = lambda token: "".join(alphabet[byte] for byte in token)
    alphabet = byte_alphabet()
    merges = []
    for token, rank in ranks.items():
        # What the tokens before it make of it: two, or it could not have been learned.
        parts = [bytes([byte]) for byte in token]
        while len(parts) > 2:
            pairs = [(ranks.get(parts[at] + parts[at + 1], rank), at) for at in range(len(parts) - 1)]
            best, at = min(pairs)
            if best >= rank:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        if len(parts) == 2:
            merges.append(" ".join(written(part) for part in parts))
    tokens = NEMO_MARKS + [written(token) for token in ranks]
    return {"tokens": tokens, "merges": merges, "types": [CONTROL] * len(NEMO_MARKS) + [NORMAL] * len(ranks)}


def write(path, architecture, model, pre, vocabulary):
    writer = GGUFWriter(path, architecture)
    writer.add_name(path.stem)
    writer.add_tokenizer_model(model)
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(vocabulary["tokens"])
    writer.add_token_types(vocabulary["types"])
    writer.add_token_scores(vocabulary["scores"]) if "scores" in vocabulary else writer.add_token_merges(vocabulary["merges"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def main():
    data, folder = map(pathlib.Path, sys.argv[1:])
    mistral = mistral_7b(data)
    made = {"mistral-7b": mistral, "phi-3": phi_3(mistral), "nemo": nemo(data)}
    described = []
    for name, vocabulary in made.items():
        architecture = "phi3" if name == "phi-3" else "llama"
        model, pre = ("gpt2", "tekken") if name == "nemo" else ("llama", "default")
        write(folder / f"{name}.gguf", architecture, model, pre, vocabulary)
        described.append({"name": name, "architecture": architecture, "model": model, "pre": pre, **vocabulary})
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in described)
    path = pathlib.Path(__file__).with_name("mistral_vocabularies.json")
    path.write_text(f'{{\n"made_by": "mistral-common 1.8.8",\n"vocabularies": [\n{lines}\n]\n}}\n')


main()
