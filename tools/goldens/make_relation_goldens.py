#!/usr/bin/env python3
"""Writes small checkpoints in the layout of BioBridge's, and the query and tail vectors that PyTorch's own TransformerEncoder gives.

Needs PyTorch. The module below follows the published description: projections without bias, embeddings through a LayerNorm, four tokens,
torch.nn.TransformerEncoder, output of token 0 plus token 0. Output, committed under tests/golden/relation:
  bridge.bin      state dict: 4 node types (3 with a projection), 5 relations, width 24, 3 heads, 2 layers, feed-forward 40
  config.json     sizes as the published code names them; names of types and relations as `molbridge model import` reads them
  expected.safetensors  frozen vectors x.<type> [n, D], queries <head>.<relation>.<tail> [n, 24], tails tail.<type> [n, 24]

Usage: tools/goldens/make_relation_goldens.py [FOLDER]     --published: print the number of parameters of the published sizes instead
"""
import argparse
import json
import pathlib
import struct

import torch

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
PUBLISHED = dict(types=10, relations=18, inputs={5: 768, 1: 2560, 2: 768, 7: 768, 6: 512, 0: 768}, width=768, layers=6, heads=12, feed_forward=2048)
SMALL = dict(types=4, relations=5, inputs={0: 10, 1: 16, 3: 7}, width=24, layers=2, heads=3, feed_forward=40)
TRIPLES = [(0, 2, 1), (1, 0, 1), (3, 4, 2), (1, 4, 0)]
ROWS = 5


class Bridge(torch.nn.Module):
    def __init__(self, types, relations, inputs, width, layers, heads, feed_forward):
        super().__init__()
        self.node_type_embed = torch.nn.Sequential(torch.nn.Embedding(types, width), torch.nn.LayerNorm(width))
        self.relation_type_embed = torch.nn.Sequential(torch.nn.Embedding(relations, width), torch.nn.LayerNorm(width))
        self.proj_layer = torch.nn.ModuleDict({str(t): torch.nn.Linear(n, width, bias=False) for t, n in inputs.items()})
        layer = torch.nn.TransformerEncoderLayer(width, heads, feed_forward, 0.1, "gelu", batch_first=True)
        self.encoder = torch.nn.TransformerEncoder(layer, layers)

    def tail(self, kind, x):
        return self.proj_layer[str(kind)](x)

    def query(self, head, relation, tail, x):
        token = self.tail(head, x)
        ids = torch.full((len(x),), 1)
        sequence = torch.stack([token, self.node_type_embed(ids * head), self.relation_type_embed(ids * relation), self.node_type_embed(ids * tail)], 1)
        return self.encoder(sequence)[:, 0] + sequence[:, 0]


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        raw = tensor.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=REPOSITORY / "tests/golden/relation")
    parser.add_argument("--published", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(11)
    if arguments.published:
        print(sum(p.numel() for p in Bridge(**PUBLISHED).parameters()))
        return
    bridge = Bridge(**SMALL).eval()
    with torch.no_grad():
        for parameter in bridge.parameters():  # norms and biases begin as 1 and 0, which would hide mistakes
            parameter.add_(0.1 * torch.randn_like(parameter))
        expected = {}
        for kind, width in SMALL["inputs"].items():
            x = expected[f"x.{kind}"] = torch.randn(ROWS, width)
            expected[f"tail.{kind}"] = bridge.tail(kind, x)
        for head, relation, tail in TRIPLES:
            expected[f"query.{head}.{relation}.{tail}"] = bridge.query(head, relation, tail, expected[f"x.{head}"])
    arguments.folder.mkdir(parents=True, exist_ok=True)
    torch.save(bridge.state_dict(), arguments.folder / "bridge.bin")
    config = {"n_node": SMALL["types"], "n_relation": SMALL["relations"], "proj_dim": SMALL["inputs"], "hidden_dim": SMALL["width"],
              "n_layer": SMALL["layers"], "n_head": SMALL["heads"], "node_types": ["compound", "gene_protein", "symptom", "disease"],
              "relation_types": ["binds", "treats", "interacts", "resembles", "associates"]}
    (arguments.folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    write_safetensors(arguments.folder / "expected.safetensors", expected)


if __name__ == "__main__":
    main()
