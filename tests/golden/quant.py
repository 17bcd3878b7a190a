#!/usr/bin/env python3
"""Writes quant.json: bytes of each storage format and the numbers that they stand for.

The numbers come from the `gguf` package of PyPI (`pip install gguf`), the reference that our dequantiser is held
against. Formats that the package can quantise get blocks made from random numbers; for the others, and as a second
half for all, the blocks are random bytes with random scales of both signs, so that every bit pattern occurs.

    python3 tests/golden/quant.py > tests/golden/quant.json
"""

import json

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize, quantize

# Where the f16 scales lie in a block, in bytes from its start.
SCALES = {
    "F32": [], "F16": [], "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q4_K": [0, 2], "Q6_K": [208], "Q5_0": [0],
    "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108], "Q5_K": [0, 2], "IQ4_NL": [0], "BF16": [],
}
QUANTISABLE = ["F32", "F16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "BF16"]


def random_blocks(rng, name, items):
    kind = GGMLQuantizationType[name]
    block_items, block_bytes = GGML_QUANT_SIZES[kind]
    if block_items == 1:
        return quantize(rng.normal(0, 1000, items).astype(np.float32), kind).view(np.uint8)
    blocks = rng.integers(0, 256, (items // block_items, block_bytes), dtype=np.uint8)
    for at in SCALES[name]:
        scale = rng.normal(0, 0.05, len(blocks)).astype(np.float16)
        blocks[:, at : at + 2] = scale.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(-1)


def main():
    rng = np.random.default_rng(20261124)
    formats = {}
    for name in SCALES:
        kind = GGMLQuantizationType[name]
        parts = [random_blocks(rng, name, 256)]
        if name in QUANTISABLE:
            parts.append(quantize(rng.normal(0, 1, 64).astype(np.float32), kind).view(np.uint8).reshape(-1))
        data = np.concatenate(parts)
        whole = {"F32": np.float32, "F16": np.float16}.get(name, np.uint8)
        values = dequantize(data.view(whole), kind)
        formats[name] = {"bytes": data.tobytes().hex(), "values": [float(v) for v in values.astype(np.float32)]}
    print(json.dumps(formats, indent=0))


main()
