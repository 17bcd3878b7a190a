#!/usr/bin/env python3
"""Makes tiny models of each family with random weights, for llama.cpp, by the `gguf` package of PyPI (0.19.0).

    python3 tests/golden/families.py FOLDER

writes FOLDER/NAME.gguf for each, and beside this script families_models.json, which says of each what its metadata and
tensors are. The tests make the same files from that with the engine's own writer: the weights follow from a seed, bit by
bit and without a rounding, and each file's SHA-256 over all tensors is held against what is written here.

Each family comes twice: all in F32, where nothing is rounded and logits have to be equal, and in every format that the
engine reads. What a family has is in them: windows with a layer of every sixth that sees all, two rotations, a linear
scaling, biases, norms of heads, heads wider than the model's share (as Mistral Nemo has them, too), a cap on the logits,
Llama 3's frequencies, Phi's fused tensors, its heads of which a part turns, and its factors for a short and a long context.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter

VOCABULARY = 259
FORMATS = ["Q4_K", "Q8_0", "Q4_0", "Q6_K", "F16", "Q4_1", "Q5_0", "F32", "Q5_1", "Q5_K", "Q2_K", "Q3_K", "IQ4_NL", "BF16"]

# The 16-bit scales of a block: byte and the bits above their fraction (sign and exponent).
SCALES = {
    "Q4_0": [(0, 9 << 10)],
    "Q4_1": [(0, 9 << 10), (2, 0x8000 | 12 << 10)],
    "Q5_0": [(0, 8 << 10)],
    "Q8_0": [(0, 5 << 10)],
    "Q4_K": [(0, 3 << 10), (2, 6 << 10)],
    "Q6_K": [(208, 1 << 10)],
    "Q5_1": [(0, 8 << 10), (2, 0x8000 | 12 << 10)],
    "Q2_K": [(80, 6 << 10), (82, 6 << 10)],
    "Q3_K": [(108, 4 << 10)],
    "Q5_K": [(0, 2 << 10), (2, 6 << 10)],
    "IQ4_NL": [(0, 5 << 10)],
}


def split_mix(seed, count):
    """`count` numbers of SplitMix64 (Steele et al. 2014)."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return z ^ z >> np.uint64(31)


def weights(name, kind, items, seed):
    """The bytes of a tensor: random ones, with what decides on magnitudes put in."""
    block_items, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    length = items // block_items * block_bytes
    data = split_mix(seed, -(-length // 8)).view(np.uint8)[:length].copy()
    if kind == "F32":
        words = data.view(np.uint32)
        # Norms from 1/2 to 1; frequencies' divisors from 1 to 2; biases up to 1/2, weights up to 1/8, of both signs.
        if name.endswith("norm.weight"):
            words[:] = words & 0x7FFFFF | 126 << 23
        elif name.startswith("rope_f"):
            words[:] = words & 0x7FFFFF | 127 << 23
        else:
            words[:] = words & 0x807FFFFF | (125 if name.endswith(".bias") else 123) << 23
    elif kind in ("F16", "BF16"):
        words = data.view(np.uint16)
        words[:] = words & 0x83FF | 11 << 10 if kind == "F16" else words & 0x807F | 123 << 7
    else:
        blocks = data.reshape(-1, block_bytes)
        for at, upper in SCALES[kind]:
            scale = blocks[:, at : at + 2].copy().view(np.uint16)
            blocks[:, at : at + 2] = (scale & 0x3FF | upper).view(np.uint8)
    return data


def model(name, architecture, mixed, layers, heads, kv_heads, head_size, more, tied, extra=(), width=256):
    """What a file is to hold; `extra` are parts of a layer, `more` further metadata."""
    hidden = 512
    queries, keys = heads * head_size, kv_heads * head_size
    metadata = {
        "block_count": layers,
        "context_length": 512,
        "embedding_length": width,
        "feed_forward_length": hidden,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "attention.key_length": head_size,
        "attention.value_length": head_size,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "vocab_size": VOCABULARY,
        **more,
    }
    parts = {
        "attn_norm.weight": [width],
        "attn_q.weight": [width, queries],
        "attn_k.weight": [width, keys],
        "attn_v.weight": [width, keys],
        "attn_q.bias": [queries],
        "attn_k.bias": [keys],
        "attn_v.bias": [keys],
        "attn_q_norm.weight": [head_size],
        "attn_k_norm.weight": [head_size],
        "attn_output.weight": [queries, width],
        "post_attention_norm.weight": [width],
        "ffn_norm.weight": [width],
        "ffn_gate.weight": [width, hidden],
        "ffn_up.weight": [width, hidden],
        "ffn_down.weight": [hidden, width],
        "post_ffw_norm.weight": [width],
    }
    if architecture == "phi3":
        fused = {"attn_q.weight": ("attn_qkv.weight", queries + 2 * keys), "ffn_up.weight": ("ffn_up.weight", 2 * hidden)}
        apart = ("attn_k.weight", "attn_v.weight", "ffn_gate.weight")
        fuse = lambda part, dims: (fused[part][0], [width, fused[part][1]]) if part in fused else (part, dims)
        parts = dict(fuse(part, dims) for part, dims in parts.items() if part not in apart)
    optional = {part for part in parts if "bias" in part or "_q_norm" in part or "_k_norm" in part or "post_" in part}
    tensors = [["token_embd.weight", [width, VOCABULARY]]]
    if "rope_freqs.weight" in extra:
        tensors.append(["rope_freqs.weight", [head_size // 2]])
    for factors in ("rope_factors_long.weight", "rope_factors_short.weight"):
        if factors in extra:
            tensors.append([factors, [metadata["rope.dimension_count"] // 2]])
    for layer in range(layers):
        tensors += [[f"blk.{layer}.{part}", dims] for part, dims in parts.items() if part not in optional or part in extra]
    tensors.append(["output_norm.weight", [width]])
    if not tied:
        tensors.append(["output.weight", [width, VOCABULARY]])
    matrices = 0
    for tensor in tensors:
        kind = "F32"
        if len(tensor[1]) == 2 and mixed:
            kind = FORMATS[matrices % len(FORMATS)]
            matrices += 1
        tensor.insert(1, kind)
    return {
        "name": name,
        "architecture": architecture,
        "metadata": {f"{architecture}.{key}": value for key, value in metadata.items()},
        "tensors": tensors,
    }


BIASES = ("attn_q.bias", "attn_k.bias", "attn_v.bias")
HEAD_NORMS = ("attn_q_norm.weight", "attn_k_norm.weight")
POST_NORMS = ("post_attention_norm.weight", "post_ffw_norm.weight")
FACTORS = ("rope_factors_long.weight", "rope_factors_short.weight")


def models():
    linear = {"rope.scaling.type": "linear", "rope.scaling.factor": 8.0}
    for mixed, suffix in [(False, "F32"), (True, "mixed")]:
        yield model(f"llama-{suffix}", "llama", mixed, 3, 4, 2, 64, {"rope.freq_base": 500000.0}, mixed, ("rope_freqs.weight",))
        yield model(f"qwen2-{suffix}", "qwen2", mixed, 3, 4, 2, 64, {"rope.freq_base": 1000000.0}, not mixed, BIASES)
        yield model(f"qwen3-{suffix}", "qwen3", mixed, 3, 4, 2, 128, {"rope.freq_base": 1000000.0}, mixed, HEAD_NORMS)
        gemma = {"rope.freq_base": 1000000.0, "attention.sliding_window": 24}
        gemma |= linear if mixed else {"final_logit_softcapping": 4.0}
        yield model(f"gemma3-{suffix}", "gemma3", mixed, 7, 4, 1, 128, gemma, True, HEAD_NORMS + POST_NORMS)
    # The engine and llama.cpp both have room for more than 64 tokens and for no more than 512.
    long = {"rope.scaling.original_context_length": 64, "rope.scaling.attn_factor": 1.1875}
    short = {"rope.scaling.original_context_length": 512, "rope.scaling.attn_factor": 1.125}
    nemo = {"rope.dimension_count": 128, "rope.freq_base": 1000000.0}
    for mixed, suffix in [(False, "F32"), (True, "mixed")]:
        yield model(f"mistral-{suffix}", "llama", mixed, 3, 4, 2, 128, nemo, False)
        mini = {"rope.dimension_count": 96, **(short if mixed else long)}
        yield model(f"phi4-{suffix}", "phi3", mixed, 3, 2, 1, 128, mini, True, FACTORS)
    yield model("phi3-F32", "phi3", False, 2, 4, 4, 96, {"rope.dimension_count": 96, **short}, False, FACTORS, width=384)


def main():
    folder = pathlib.Path(sys.argv[1])
    described = []
    for number, described_model in enumerate(models()):
        writer = GGUFWriter(folder / f"{described_model['name']}.gguf", described_model["architecture"])
        # llama.cpp wants a vocabulary, whichever; no text is ever read.
        writer.add_tokenizer_model("llama")
        writer.add_token_list(["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)])
        writer.add_token_scores([0.0] * VOCABULARY)
        writer.add_token_types([2, 3, 3] + [6] * 256)
        for key, value in described_model["metadata"].items():
            {int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}[type(value)](key, value)
        digest = hashlib.sha256()
        for index, (name, kind, dims) in enumerate(described_model["tensors"]):
            data = weights(name, kind, int(np.prod(dims)), 1000 * number + index)
            digest.update(data.tobytes())
            block_items, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
            shape = [*reversed(dims)]
            if kind in ("F32", "F16"):
                writer.add_tensor(name, data.view({"F32": np.float32, "F16": np.float16}[kind]).reshape(shape))
            else:
                shape[-1] = shape[-1] // block_items * block_bytes
                writer.add_tensor(name, data.reshape(shape), raw_dtype=GGMLQuantizationType[kind])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        described.append({**described_model, "sha256": digest.hexdigest()})
    lines = ",\n".join(json.dumps(one) for one in described)
    path = pathlib.Path(__file__).with_name("families_models.json")
    path.write_text(f'{{\n"made_by": "gguf 0.19.0",\n"models": [\n{lines}\n]\n}}\n')


main()
