#!/usr/bin/env python3
"""Writes a GGUF file of a larger model's shape with made-up weights, and with the tokenizer and template of a smaller one.

    pip install gguf==0.19.0
    python3 tests/peers/made_up.py SMALL.gguf 1b|3b OUT.gguf

How fast an engine reads and writes doesn't depend on what the weights are, so a browser can be measured on a model that was
not downloaded: `node tests/peers/wllama.mjs --model OUT.gguf`. The shapes are those of Llama 3.2, the format is Q4_0; the
tokens are the small model's, of which there are fewer.
"""

import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

# Layers, width, inside the feed-forward part, heads, those of keys and values, numbers of a head.
SHAPES = {"1b": (16, 2048, 8192, 32, 8, 64), "3b": (28, 3072, 8192, 24, 8, 128)}
BLOCK = 32
Q4_0 = GGMLQuantizationType.Q4_0


def main():
    source, shape, target = sys.argv[1:4]
    layers, width, hidden, heads, kv_heads, head = SHAPES[shape]
    sizes = {
        "block_count": layers,
        "embedding_length": width,
        "feed_forward_length": hidden,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "attention.key_length": head,
        "attention.value_length": head,
        "rope.dimension_count": head,
    }
    reader = GGUFReader(source)
    writer = GGUFWriter(target, "llama")
    known = {f"llama.{key}" for key in sizes} | {"general.architecture", "general.file_type"}
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key in known:
            continue
        of = field.types[0]
        item = field.types[-1] if of == GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), of, sub_type=item)
    for key, size in sizes.items():
        writer.add_uint32(f"llama.{key}", size)
    vocabulary = next(int(tensor.shape[1]) for tensor in reader.tensors if tensor.name == "token_embd.weight")
    random = np.random.default_rng(1)

    def vector(name, length):
        writer.add_tensor(name, random.uniform(0.8, 1.2, length).astype(np.float32))

    def matrix(name, cols, rows):
        blocks = random.integers(0, 256, (rows, cols // BLOCK, 18), dtype=np.uint8)
        # Scales about 0.01, so that weights are within a tenth of zero.
        scales = random.uniform(0.005, 0.012, (rows, cols // BLOCK)).astype(np.float16)
        blocks[:, :, :2] = scales.view(np.uint8).reshape(rows, cols // BLOCK, 2)
        writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=Q4_0)

    queries, keys = heads * head, kv_heads * head
    matrix("token_embd.weight", width, vocabulary)
    for layer in range(layers):
        part = f"blk.{layer}."
        vector(part + "attn_norm.weight", width)
        matrix(part + "attn_q.weight", width, queries)
        matrix(part + "attn_k.weight", width, keys)
        matrix(part + "attn_v.weight", width, keys)
        matrix(part + "attn_output.weight", queries, width)
        vector(part + "ffn_norm.weight", width)
        matrix(part + "ffn_gate.weight", width, hidden)
        matrix(part + "ffn_up.weight", width, hidden)
        matrix(part + "ffn_down.weight", hidden, width)
    vector("output_norm.weight", width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
