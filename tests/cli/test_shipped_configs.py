"""The configs of the models that ship are those that the models were trained with."""

import tomllib

import pytest

from conftest import ROOT

SECTIONS = {"data", "input", "bridge", "target", "loss", "train"}
MODELS = {"default-bridge": "default/bridge", "reranker": "default/rerank"}


def values(table, prefix=""):
    """Dotted keys with their values."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from values(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def read(path):
    return tomllib.loads(path.read_text())


def trained_with(model):
    return dict(values(read(ROOT / "models" / model / "training.toml")))


@pytest.mark.parametrize("config", MODELS)
def test_every_value_is_that_of_the_model(config):
    trained = trained_with(MODELS[config])
    stated = dict(values(read(ROOT / f"configs/{config}.toml")))
    stated.pop("output")
    for key, value in stated.items():
        assert trained.get(key) == value, key


@pytest.mark.parametrize("config", ["default-bridge", "default-bridge-simulated", "fingerprint-ffn"])
def test_bridges_state_how_they_are_taught(config):
    table = read(ROOT / f"configs/{config}.toml")
    assert SECTIONS <= set(table)
    assert {"epochs", "batch_size", "learning_rate", "weight_decay"} <= set(table["train"])
    assert {"balance", "peak_dropout"} <= set(table["augment"])
    assert "share" in table["validation"]


def test_both_parts_of_the_default_bridge_are_one_network():
    first, second = (read(ROOT / f"configs/default-bridge{part}.toml") for part in ("-simulated", ""))
    for section in ("data", "input", "bridge", "target", "loss", "negatives"):
        assert first[section] == second[section], section
    assert first["simulated"] and "simulated" not in second
