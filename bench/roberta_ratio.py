#!/usr/bin/env python3
"""RoBERTa 6x768 on SMILES: molbridge against Hugging Face transformers, ONNX Runtime and CTranslate2, in one run.

The weights are random (seeded); speed does not depend on them. All get the same molecules. transformers is measured as it is mostly used,
batches of 32 in the order of the file, and also sorted by length; the others get batches sorted by length. Times of the others leave out
their tokenizer; those of molbridge contain reading, its tokenizer and writing, less the time of one run on a single molecule.

  python3 -m venv --system-site-packages /tmp/venv          # Debian's python3-torch
  /tmp/venv/bin/pip install 'transformers>=4.30,<4.40' 'numpy<2' onnx onnxruntime 'ctranslate2<4.6'
  /tmp/venv/bin/python bench/roberta_ratio.py --molbridge build/release/molbridge --tokenizer FOLDER --smiles FILE

FOLDER has vocab.json and merges.txt of a SMILES RoBERTa; FILE has one SMILES per line. docs/benchmarks.md has the figures.
"""
import argparse
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

THREADS = 2
if os.environ.get("OPENBLAS_NUM_THREADS") != str(THREADS):  # read when the library is loaded
    os.environ.update(OPENBLAS_NUM_THREADS=str(THREADS), OMP_NUM_THREADS=str(THREADS))
    # On a processor newer than itself OpenBLAS takes kernels of 2004 unless it is told: PyTorch would be measured several times too slow.
    flags = set(pathlib.Path("/proc/cpuinfo").read_text().split())
    if "avx512vl" in flags or "avx2" in flags:
        os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX" if "avx512vl" in flags else "HASWELL")
    os.execv(sys.executable, [sys.executable] + sys.argv)

import numpy as np  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402


def write_model(folder: pathlib.Path, tokenizer: pathlib.Path) -> None:
    torch.manual_seed(1)
    vocabulary = len(json.loads((tokenizer / "vocab.json").read_text())) + 16
    config = transformers.RobertaConfig(vocab_size=vocabulary, hidden_size=768, num_hidden_layers=6, num_attention_heads=12,
                                        intermediate_size=3072, max_position_embeddings=514, type_vocab_size=1, pad_token_id=1)
    model = transformers.RobertaModel(config, add_pooling_layer=False).eval()
    for name, parameter in model.named_parameters():  # a spread at which attention is not uniform
        if parameter.dim() == 2 and "embeddings" not in name:
            parameter.data.normal_(0, 0.05)
    model.save_pretrained(folder, safe_serialization=False)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"):
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, folder / name)


def batches(ids: list, size: int, by_length: bool):
    order = sorted(range(len(ids)), key=lambda i: len(ids[i])) if by_length else list(range(len(ids)))
    for begin in range(0, len(order), size):
        yield order[begin:begin + size]


def padded(ids: list, rows: list):
    width = max(len(ids[i]) for i in rows)
    tokens, mask = np.ones((len(rows), width), np.int64), np.zeros((len(rows), width), np.int64)
    for row, i in enumerate(rows):
        tokens[row, :len(ids[i])], mask[row, :len(ids[i])] = ids[i], 1
    return tokens, mask


def measure(ids: list, size: int, by_length: bool, embed) -> tuple:
    out = np.zeros((len(ids), 768), np.float32)
    warm = list(range(min(len(ids), size)))
    embed(*padded(ids, warm), [ids[i] for i in warm])
    start = time.perf_counter()
    for rows in batches(ids, size, by_length):
        out[rows] = embed(*padded(ids, rows), [ids[i] for i in rows])
    return len(ids) / (time.perf_counter() - start), out


def with_transformers(folder):
    model = transformers.RobertaModel.from_pretrained(folder, add_pooling_layer=False).eval()
    torch.set_num_threads(THREADS)

    def embed(tokens, mask, _):
        with torch.inference_mode():
            return model(torch.from_numpy(tokens), torch.from_numpy(mask)).last_hidden_state[:, 0].numpy()
    return embed


def with_onnx(folder, work, quantised):
    import onnxruntime
    path = work / "model.onnx"
    if not path.exists():
        model = transformers.RobertaModel.from_pretrained(folder, add_pooling_layer=False).eval()
        example = torch.ones(2, 8, dtype=torch.int64)
        axes = {0: "batch", 1: "tokens"}
        torch.onnx.export(model, (example, example), str(path), input_names=["input_ids", "attention_mask"], output_names=["states"],
                          dynamic_axes={"input_ids": axes, "attention_mask": axes, "states": axes}, opset_version=14)
    if quantised:
        from onnxruntime.quantization import QuantType, quantize_dynamic
        small = work / "model-int8.onnx"
        quantize_dynamic(str(path), str(small), weight_type=QuantType.QInt8)
        path = small
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda tokens, mask, _: session.run(None, {"input_ids": tokens, "attention_mask": mask})[0][:, 0]


def as_bert(folder, work):
    """The same network as a BERT, which CTranslate2 converts: positions of RoBERTa start at 2."""
    roberta = transformers.RobertaModel.from_pretrained(folder, add_pooling_layer=False)
    old = roberta.config
    bert = transformers.BertModel(transformers.BertConfig(
        vocab_size=old.vocab_size, hidden_size=old.hidden_size, num_hidden_layers=old.num_hidden_layers,
        num_attention_heads=old.num_attention_heads, intermediate_size=old.intermediate_size, type_vocab_size=1,
        max_position_embeddings=old.max_position_embeddings - 2, layer_norm_eps=old.layer_norm_eps))
    state = {key: value for key, value in roberta.state_dict().items() if "position_ids" not in key}
    state["embeddings.position_embeddings.weight"] = state["embeddings.position_embeddings.weight"][2:]
    bert.load_state_dict(state, strict=False)
    target = work / "bert"
    bert.save_pretrained(target, safe_serialization=False)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"token{i}" for i in range(5, old.vocab_size)]
    (target / "vocab.txt").write_text("\n".join(words) + "\n")
    return target


def with_ctranslate2(folder, work, compute_type):
    import ctranslate2
    target = work / "ctranslate2"
    if not target.exists():
        ctranslate2.converters.TransformersConverter(str(as_bert(folder, work))).convert(str(target))
    encoder = ctranslate2.Encoder(str(target), device="cpu", compute_type=compute_type, intra_threads=THREADS, inter_threads=1)
    return lambda tokens, mask, rows: np.array(encoder.forward_batch(rows).last_hidden_state)[:, 0]


def read_embeddings(path: pathlib.Path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    entry = json.loads(data[8:8 + size])["embeddings"]
    begin, end = entry["data_offsets"]
    return np.frombuffer(data[8 + size + begin:8 + size + end], np.float32).reshape(entry["shape"])


def with_molbridge(binary, folder, smiles, work, dtype):
    def run(lines, name):
        (work / name).write_text("\n".join(lines) + "\n")
        out = work / (name + ".safetensors")
        start = time.perf_counter()
        subprocess.run([binary, "embed", "text", str(work / name), "--model", str(folder), "--dtype", dtype, "--threads", str(THREADS),
                        "-o", str(out), "--restart"], check=True, stderr=subprocess.DEVNULL)
        return time.perf_counter() - start, read_embeddings(out)
    alone = min(run(smiles[:1], "one.txt")[0] for _ in range(3))
    seconds, out = run(smiles, "all.txt")
    return len(smiles) / (seconds - alone), out, alone


def report(name, rate, base, out, reference):
    error = np.abs(out - reference).max()
    cosine = ((out * reference).sum(1) / np.linalg.norm(out, axis=1) / np.linalg.norm(reference, axis=1)).min()
    print(f"{name:44s} {rate:8.1f} /s  x{rate / base:6.2f}  largest error {error:.1e}  worst cosine {cosine:.6f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molbridge", required=True)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    parser.add_argument("--smiles", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--slow-count", type=int, default=1000, help="molecules for transformers, which takes long")
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="roberta_ratio_"))
    folder = work / "roberta"
    write_model(folder, arguments.tokenizer)
    smiles = arguments.smiles.read_text().split("\n")[:arguments.count]
    tokenizer = transformers.RobertaTokenizerFast.from_pretrained(folder)
    ids = [tokenizer(line, truncation=True, max_length=512)["input_ids"] for line in smiles]
    print(f"{len(ids)} molecules, {np.mean([len(i) for i in ids]):.1f} tokens each, {THREADS} threads")
    few = arguments.slow_count
    plain = with_transformers(folder)
    base, _ = measure(ids[:few], 32, False, plain)
    rate, reference = measure(ids[:few], 32, True, plain)
    report(f"transformers float32, as given ({few})", base, base, reference, reference)
    report(f"transformers float32, sorted ({few})", rate, base, reference, reference)
    for name, make in (("ONNX Runtime float32", lambda: with_onnx(folder, work, False)),
                       ("ONNX Runtime int8", lambda: with_onnx(folder, work, True)),
                       ("CTranslate2 float32", lambda: with_ctranslate2(folder, work, "float32")),
                       ("CTranslate2 bfloat16", lambda: with_ctranslate2(folder, work, "bfloat16")),
                       ("CTranslate2 int8", lambda: with_ctranslate2(folder, work, "int8"))):
        try:
            rate, out = measure(ids, 64, True, make())
            report(name, rate, base, out[:few], reference)
        except Exception as error:  # a format that the package does not offer on this processor
            print(f"{name:44s} not available: {str(error).splitlines()[0][:100]}")
    for dtype in ("f32", "bf16x3", "bf16"):
        rate, out, alone = with_molbridge(arguments.molbridge, folder, smiles, work, dtype)
        report(f"molbridge {dtype} (one alone: {alone:.2f} s)", rate, base, out[:few], reference)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
