#!/usr/bin/env python3
"""Writes a GGUF file with its matrices in another format: the same model for engines to be compared on.

    pip install gguf==0.19.0
    python3 tests/peers/requantise.py FILE.gguf q8_0|q4_0 OUT.gguf

What is one row long (norms) stays as it is. The matrices come from the file's own rounded weights, so that the model is
no better for it; how fast it runs is what it is for.
"""

import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, dequantize, quantize


def main():
    source, kind, target = sys.argv[1:4]
    kind = GGMLQuantizationType[kind.upper()]
    reader = GGUFReader(source)
    writer = GGUFWriter(target, reader.fields["general.architecture"].contents())
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key in ("general.architecture", "general.file_type"):
            continue
        of = field.types[0]
        item = field.types[-1] if of == GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), of, sub_type=item)
    for tensor in reader.tensors:
        shape = [int(size) for size in reversed(tensor.shape)]
        floats = dequantize(tensor.data, tensor.tensor_type).astype(np.float32).reshape(shape)
        if len(shape) == 1:
            writer.add_tensor(tensor.name, floats)
        else:
            writer.add_tensor(tensor.name, quantize(floats, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
