"""molbridge model import and info: published layouts become model folders, and what does not fit is refused in words."""

import json
import random

import pytest
from conftest import ROOT
from small_models import dreams, tensor, write_bert, write_esm, write_roberta, write_safetensors

GOLDEN = ROOT / "../shared/golden/dreams"


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "dreams.safetensors"
    write_safetensors(path, dreams())
    return path


@pytest.fixture
def model(run, checkpoint, tmp_path):
    done = run("model", "import", checkpoint, "-o", tmp_path / "model", "--licence", "MIT", "--source", "https://example.org/x")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "model")
    assert "left out: ff_out" in done.stderr
    return tmp_path / "model"


def info(run, path, *more):
    done = run("model", "info", path, "--json", *more)
    return done.returncode, json.loads(done.stdout)


def test_dreams_file_becomes_a_folder_that_says_what_it_is(run, model):
    code, found = info(run, model, "--tensors")
    assert code == 0
    assert found["kind"] == "dreams" and found["whole"]
    assert found["manifest"]["licence"] == '"MIT"' and found["manifest"]["source"] == '"https://example.org/x"'
    assert found["manifest"]["dreams.layers"] == "2"
    names = [t["name"] for t in found["tensors"]]
    assert "ff_peak.ff.0.weight" in names and not any(n.startswith("ff_out") for n in names)
    assert found["parameters"] == int(found["manifest"]["import.parameters"])
    text = run("model", "info", model).stdout
    assert "kind          dreams" in text and "holds" in text


def test_folder_and_file_give_the_same_vectors(run, model, checkpoint, mgf, tmp_path):
    for source in (model, checkpoint):
        assert run("embed", "spectra", mgf, "--model", source, "-o", tmp_path / (source.name + ".npy")).returncode == 0
    assert (tmp_path / "model.npy").read_bytes() == (tmp_path / "dreams.safetensors.npy").read_bytes()


def test_damage_is_seen(run, model, mgf):
    weights = model / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    weights.write_bytes(bytes(data))
    code, found = info(run, model)
    assert code == 4
    assert [f["state"] for f in found["files"]] == ["differs"]
    weights.write_bytes(bytes(data[:-4]))
    done = run("embed", "spectra", mgf, "--model", model)
    assert done.returncode == 4 and "weights.safetensors" in done.stderr
    weights.unlink()
    code, found = info(run, model)
    assert code == 4 and found["files"][0]["state"] == "missing"


def test_existing_folder_is_kept_without_force(run, model, checkpoint, tmp_path):
    before = {p.name: p.read_bytes() for p in model.iterdir()}
    done = run("model", "import", checkpoint, "-o", model)
    assert done.returncode == 6 and "--force" in done.stderr
    assert {p.name: p.read_bytes() for p in model.iterdir()} == before
    assert run("model", "import", checkpoint, "-o", model, "--force", "--name", "other").returncode == 0
    assert 'name = "other"' in (model / "model.toml").read_text()
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "text.txt").write_text("years of work")
    done = run("model", "import", checkpoint, "-o", other, "--force")
    assert done.returncode == 6 and "no model folder" in done.stderr
    assert (other / "text.txt").read_text() == "years of work"
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".tmp") or p.name.endswith(".old")]


def test_same_import_gives_the_same_digest(run, model, checkpoint, tmp_path):
    args = ("--licence", "MIT", "--source", "https://example.org/x")
    assert run("model", "import", checkpoint, "-o", tmp_path / "again", *args).returncode == 0
    assert info(run, model)[1]["digest"] == info(run, tmp_path / "again")[1]["digest"]


def test_unknown_tensors_are_named(run, tmp_path):
    path = tmp_path / "other.safetensors"
    write_safetensors(path, {"conv1.weight": tensor(random.Random(1), 3, 3), "conv1.bias": tensor(random.Random(1), 3)})
    done = run("model", "import", path, "-o", tmp_path / "m")
    assert done.returncode == 4
    assert "conv1: 2 tensors" in done.stderr and "config.json" in done.stderr
    assert not (tmp_path / "m").exists()
    code, found = info(run, path)
    assert code == 0 and found["kind"] == "unknown" and "no kind" in found["import"]


def test_dreams_with_a_missing_tensor_is_refused(run, tmp_path):
    tensors = dreams()
    del tensors["transformer_encoder.ffs.1.in_proj.weight"]
    write_safetensors(tmp_path / "cut.safetensors", tensors)
    done = run("model", "import", tmp_path / "cut.safetensors", "-o", tmp_path / "m")
    assert done.returncode == 4 and "ffs.1.in_proj" in done.stderr
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "kind, write, line",
    [("bert", write_bert, "cls: 2 tensors"), ("roberta", write_roberta, "lm_head: 2 tensors"), ("esm", write_esm, "esm: 1 tensor")],
)
def test_every_kind_of_folder_keeps_its_vectors(run, tmp_path, kind, write, line):
    write(tmp_path / "hub")
    done = run("model", "import", tmp_path / "hub", "-o", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    assert f"left out: {line}" in done.stderr and done.stderr.splitlines()[-1].startswith(kind)
    verb, text = ("proteins", ">p\nMKVLAGH\n") if kind == "esm" else ("text", "CCO\nc1ccccc1\n")
    outputs = [run("embed", verb, "-", "--model", tmp_path / folder, stdin=text) for folder in ("hub", "m")]
    assert outputs[0].returncode == 0, outputs[0].stderr
    assert outputs[0].stdout == outputs[1].stdout and len(outputs[0].stdout) > 100


def change_bert(folder, change):
    tensors = write_bert(folder)
    change(tensors)
    write_safetensors(folder / "model.safetensors", tensors)
    return folder


def test_hugging_face_folder_is_copied_with_its_side_files(run, tmp_path):
    write_bert(tmp_path / "hub")
    (tmp_path / "hub/1_Pooling").mkdir()
    (tmp_path / "hub/1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": true}')
    (tmp_path / "hub/training_log.txt").write_text("not needed")
    done = run("model", "import", tmp_path / "hub", "-o", tmp_path / "m", "--licence", "Apache-2.0")
    assert done.returncode == 0, done.stderr
    assert "left out: cls: 2 tensors" in done.stderr
    code, found = info(run, tmp_path / "m")
    assert code == 0 and found["kind"] == "bert"
    states = {f["name"]: f["state"] for f in found["files"]}
    expected = ["1_Pooling/config.json", "config.json", "tokenizer_config.json", "vocab.txt", "weights.safetensors"]
    assert states == {name: "holds" for name in expected}


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda t: t.pop("bert.encoder.layer.1.output.dense.bias"), ["missing (1)", "bert.encoder.layer.1.output.dense.bias [32]"]),
        (lambda t: t.update({"extra.weight": t["bert.embeddings.LayerNorm.weight"]}), ["unexpected (1)", "extra.weight [32]", "--drop"]),
        (
            lambda t: t.update({"bert.encoder.layer.0.intermediate.dense.bias": tensor(random.Random(1), 63)}),
            ["of another shape (1)", "[63], config.json says [64]"],
        ),
    ],
)
def test_what_does_not_fit_is_listed(run, tmp_path, change, words):
    folder = change_bert(tmp_path / "hub", change)
    done = run("model", "import", folder, "-o", tmp_path / "m")
    assert done.returncode == 4
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "m").exists()


def test_named_tensors_can_be_left_out(run, tmp_path):
    folder = change_bert(tmp_path / "hub", lambda t: t.update({"extra.weight": t["bert.embeddings.LayerNorm.weight"]}))
    done = run("model", "import", folder, "-o", tmp_path / "m", "--drop", "extra.")
    assert done.returncode == 0, done.stderr
    assert "left out: extra: 1 tensor" in done.stderr


@pytest.mark.parametrize("text", ["", "[1]", '{"model_type": "gpt2"}', '{"model_type": "bert", "hidden_size": -3}', '{"model_type": "bert"}', "{" * 5000])
def test_odd_config_is_an_error_with_the_file(run, tmp_path, text):
    write_bert(tmp_path / "hub")
    (tmp_path / "hub/config.json").write_text(text)
    done = run("model", "import", tmp_path / "hub", "-o", tmp_path / "m")
    assert done.returncode == 4 and "config.json" in done.stderr


def test_cut_files_are_refused_at_every_part(run, checkpoint, tmp_path):
    data = checkpoint.read_bytes()
    for keep in (0, 4, 8, 100, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.safetensors").write_bytes(data[:keep])
        assert run("model", "import", tmp_path / "cut.safetensors", "-o", tmp_path / "m").returncode == 4
        assert run("model", "info", tmp_path / "cut.safetensors").returncode == 4
    assert not (tmp_path / "m").exists()
    assert run("model", "info", tmp_path / "nothing").returncode == 4


def test_target_that_cannot_be_written(run, checkpoint, tmp_path):
    (tmp_path / "file").write_text("x")
    done = run("model", "import", checkpoint, "-o", tmp_path / "file/model")
    assert done.returncode == 6
    assert run("model", "import", checkpoint, "-o", tmp_path / "file").returncode == 6
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.skipif(not GOLDEN.exists(), reason="needs ../shared/golden/dreams")
@pytest.mark.parametrize("name, width", [("tiny.ckpt", 64), ("tiny_embedding.ckpt", 64), ("tiny.safetensors", 64)])
def test_published_layouts_of_dreams(run, tmp_path, name, width, mgf):
    done = run("model", "import", GOLDEN / name, "-o", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    if name == "tiny.ckpt":
        assert "left out: optimizer_states" in done.stderr
        assert info(run, GOLDEN / name)[1]["hyper_parameters"]["args.n_heads"] == "4"
    done = run("embed", "spectra", mgf, "--model", tmp_path / "m")
    assert done.returncode == 0 and len(done.stdout.splitlines()[1].split("\t")) == width + 1
