#!/usr/bin/env python3
"""Holds a SMILES transformer that `molbridge pretrain molecules` wrote against Hugging Face: the same token ids, the same vectors.

Needs PyTorch and transformers (written with 4.39.3 on PyTorch 1.13). Exit code 0: equal; 1: not.

Usage: tools/goldens/compare_smiles_model.py MODEL_FOLDER MOLECULES.smi --molbridge build/release/molbridge
  MOLECULES.smi  one SMILES a line, as they are to be tokenised
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers

TOLERANCE = 2e-5
BATCH = 64


def molbridge_tokens(program: str, model: str, smiles: list) -> list:
    with tempfile.TemporaryDirectory() as folder:
        texts = pathlib.Path(folder) / "texts.txt"
        texts.write_text("\n".join(smiles) + "\n")
        done = subprocess.run([program, "model", "tokens", model, texts], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    column = rows[0].index("ids")
    return [[int(i) for i in row[column].split()] for row in rows[1:]]


def molbridge_vectors(program: str, model: str, smiles: list, pooling: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        table, out = pathlib.Path(folder) / "texts.tsv", pathlib.Path(folder) / "out.npy"
        table.write_text("text\n" + "\n".join(smiles) + "\n")
        subprocess.run([program, "embed", "text", table, "--column", "text", "--model", model, "--pooling", pooling, "-o", out, "-q"], check=True)
        return np.load(out).astype(np.float32)


def hugging_face(model: str, smiles: list):
    """Ids by AutoTokenizer; first and mean hidden states by AutoModel, in padded batches; the loss of AutoModelForMaskedLM must be finite."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    network = transformers.AutoModel.from_pretrained(model).eval()
    head, missing = transformers.AutoModelForMaskedLM.from_pretrained(model, output_loading_info=True)
    assert not missing["missing_keys"] and not missing["unexpected_keys"], missing
    ids, first, mean = [], [], []
    with torch.no_grad():
        for begin in range(0, len(smiles), BATCH):
            ids += tokenizer(smiles[begin : begin + BATCH])["input_ids"]
            batch = tokenizer(smiles[begin : begin + BATCH], padding=True, truncation=True, return_tensors="pt")
            mask = batch["attention_mask"]
            states = network(**batch).last_hidden_state
            first.append(states[:, 0])
            mean.append((states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))
        accuracy = masked_accuracy(tokenizer, head.eval(), smiles[:256])
    return ids, torch.cat(first).numpy(), torch.cat(mean).numpy(), accuracy


def masked_accuracy(tokenizer, head, smiles: list) -> float:
    """Every seventh token hidden: the share that the head names right."""
    batch = tokenizer(smiles, padding=True, truncation=True, return_tensors="pt")
    ids, hidden = batch["input_ids"].clone(), torch.zeros_like(batch["input_ids"], dtype=torch.bool)
    hidden[:, 1::7] = True
    hidden &= ids >= 5
    batch["input_ids"][hidden] = tokenizer.mask_token_id
    return (head(**batch).logits.argmax(-1)[hidden] == ids[hidden]).double().mean().item()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("molecules")
    parser.add_argument("--molbridge", required=True)
    arguments = parser.parse_args()
    smiles = [line for line in pathlib.Path(arguments.molecules).read_text().splitlines() if line]
    ids, first, mean, accuracy = hugging_face(arguments.model, smiles)
    different = sum(a != b for a, b in zip(ids, molbridge_tokens(arguments.molbridge, arguments.model, smiles)))
    worst = {name: float(np.abs(expected - molbridge_vectors(arguments.molbridge, arguments.model, smiles, name)).max())
             for name, expected in (("cls", first), ("mean", mean))}
    print(f"{len(smiles)} SMILES: {different} with other ids; largest difference of vectors {worst}; masked accuracy by transformers {accuracy:.3f}")
    return 0 if different == 0 and max(worst.values()) < TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
