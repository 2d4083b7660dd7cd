#!/usr/bin/env python3
"""Writes the small PyTorch files that src/molbridge/nn/*_test.cpp and the fuzz targets read, and what their tensors hold.

Needs PyTorch (made with 1.13) and numpy. The files under tests/golden/torch are committed; run this again only to add cases. Storage keys of
the legacy container are addresses, so those files differ from run to run in their bytes, not in their content.

Usage: tools/goldens/make_torch_files.py [FOLDER]     default: tests/golden/torch
Output: the files below, and expected.safetensors with one tensor "<file>/<name>" per tensor that a reader should find.
"""
import argparse
import collections
import json
import pathlib
import struct
import sys
import warnings
import zipfile

import numpy
import torch

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.int32: "I32",
          torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


class Unknown:
    """Pickled by name only; a reader keeps it as an inert record."""

    def __init__(self):
        self.width, self.names = 7, ["a", "b"]


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 3)
        self.rest = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
        self.register_buffer("positions", torch.arange(4))
        self.scale = torch.ones(2) * 0.5

    def forward(self, x):
        return self.rest(self.first(x)) * self.scale + torch.tensor([1.0, 2.0])


def tensor_zoo() -> "collections.OrderedDict[str, torch.Tensor]":
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    shared = torch.linspace(-1, 1, 10)
    zoo = collections.OrderedDict()
    for dtype in DTYPES:
        values = torch.tensor([[0, 1, -2], [3, 100, -7]], dtype=torch.float64)
        zoo[f"types.{DTYPES[dtype]}"] = (values.abs() if dtype == torch.uint8 else values).to(dtype)
    zoo["half.special"] = torch.tensor([6e-8, 65504, float("inf"), -float("inf"), -0.0, 1 / 3], dtype=torch.float16)
    zoo["view.rows"] = base[1:3]
    zoo["view.columns"] = base[:, 1:4]
    zoo["view.transposed"] = base.t()
    zoo["view.permuted"] = torch.arange(24, dtype=torch.int32).reshape(2, 3, 4).permute(2, 0, 1)
    zoo["view.step"] = shared[::3]
    zoo["view.expanded"] = torch.tensor([1.5, 2.5]).expand(3, 2)
    zoo["view.one_row"] = base[2:3].t().t()
    zoo["tied.a"] = shared
    zoo["tied.b"] = shared
    zoo["scalar"] = torch.tensor(2.5)
    zoo["scalar.of_vector"] = shared[4]
    zoo["empty"] = torch.empty(0)
    zoo["empty.matrix"] = torch.empty(3, 0, 2)
    zoo["parameter"] = torch.nn.Parameter(torch.tensor([1.0, -1.0]))
    return zoo


def write_safetensors(path: pathlib.Path, tensors: "dict[str, torch.Tensor]") -> None:
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        tensor = tensor.detach().contiguous()
        raw = (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":"))
    path.write_bytes(struct.pack("<Q", len(text)) + text.encode() + data)


def lightning(network: Network) -> "dict[str, object]":
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"epoch": 3, "global_step": 70_000, "pytorch-lightning_version": "2.0.8", "state_dict": network.state_dict(),
            "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {"ModelCheckpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.25)}},
            "optimizer_states": [optimizer.state_dict()], "lr_schedulers": [], "hparams_name": "kwargs",
            "hyper_parameters": {"args": argparse.Namespace(lr=1e-4, layers=7, name="tiny", path=pathlib.PurePosixPath("/a/b")), "preprocessor": Unknown(),
                                 "network": Network, "big": 1 << 100, "negative": -(1 << 70), "scalar": numpy.float64(0.5), "none": None, "flag": True,
                                 "blob": b"\x00\xff", "set": {1}}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=REPOSITORY / "tests/golden/torch")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    torch.manual_seed(1)
    expected = {}

    def save(name, content, tensors, **options):
        torch.save(content, folder / name, **options)
        expected.update({f"{name}/{key}": value for key, value in tensors.items()})

    zoo, network = tensor_zoo(), Network()
    checkpoint = lightning(network)  # first: it takes a step, and state dictionaries share the memory of their network
    state = network.state_dict()
    save("zip.pt", zoo, zoo)
    with zipfile.ZipFile(folder / "zip.pt") as old, zipfile.ZipFile(folder / "deflated.pt", "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename), old.read(entry), zipfile.ZIP_DEFLATED)
    expected.update({f"deflated.pt/{key}": value for key, value in zoo.items()})
    save("legacy.pt", zoo, zoo, _use_new_zipfile_serialization=False)
    save("zip_protocol4.pt", state, state, pickle_protocol=4)
    save("legacy_protocol4.pt", state, state, pickle_protocol=4, _use_new_zipfile_serialization=False)
    save("lightning.ckpt", checkpoint, state)
    save("trainer.pt", {"model": state, "opt": {"state": {0: torch.ones(2)}}, "step": torch.tensor(5), "args": {"n_blocks": 2}}, state)
    nested = {"encoder": {"layers": [torch.ones(2), torch.zeros(1)]}, "bridge": {"weight": torch.ones(1, 3)}, 5: torch.ones(1)}
    save("nested.pt", nested, {"encoder.layers.0": torch.ones(2), "encoder.layers.1": torch.zeros(1), "bridge.weight": torch.ones(1, 3), "5": torch.ones(1)})
    save("module.pt", network, state)
    complex_numbers, quantised = torch.ones(2, dtype=torch.complex64), torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)
    sparse = torch.eye(3).to_sparse()
    save("unsupported.pt", {"weight": torch.ones(2), "complex": complex_numbers, "quantised": quantised, "sparse": sparse}, {"weight": torch.ones(2)})
    script, traced = torch.jit.script(network), torch.jit.trace(network, torch.ones(1, 2))
    script.save(str(folder / "script.pt"))
    traced.save(str(folder / "traced.pt"))
    with_scale = dict(network.state_dict(), scale=network.scale)
    expected.update({f"script.pt/{key}": value for key, value in with_scale.items()})
    expected.update({f"traced.pt/{key}": value for key, value in network.state_dict().items()})
    write_safetensors(folder / "expected.safetensors", expected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
