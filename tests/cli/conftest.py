"""Fixtures of the command line tests. The binary is $MOLBRIDGE_BINARY, build/release/molbridge when that is not set."""

import os
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def binary():
    path = Path(os.environ.get("MOLBRIDGE_BINARY", ROOT / "build/release/molbridge"))
    if not path.exists():
        pytest.fail(f"{path} is not built (set MOLBRIDGE_BINARY)")
    return str(path)


def clean_environment(extra=None):
    """Without the caller's MOLBRIDGE_* options, which would change what the tests see."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MOLBRIDGE_")}
    environment.update(extra or {})
    return environment


@pytest.fixture(scope="session")
def run(binary):
    """run("convert", "a.mgf", stdin="...", env={...}) -> returncode, stdout, stderr. `binary_io` gives bytes."""

    def call(*args, stdin=None, env=None, cwd=None, binary_io=False, timeout=120, **more):
        done = subprocess.run(
            [binary, *map(str, args)],
            input=stdin,
            capture_output=True,
            text=not binary_io,
            env=clean_environment(env),
            cwd=cwd,
            timeout=timeout,
            **({"stdin": subprocess.DEVNULL} if stdin is None else {}),
            **more,
        )
        return SimpleNamespace(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)

    return call


def run_through_kills(command, first_wait, longer):
    """Starts the command, kills it after a while, and starts it again with more time each time, until it ends by itself. At least one kill.
    On a machine too busy for that the last run is left alone."""
    kills = 0
    for attempt in range(40):
        process = subprocess.Popen(command, env=clean_environment(), stderr=subprocess.PIPE)
        try:
            process.wait(timeout=first_wait + longer * attempt)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        assert process.returncode == 0, process.stderr.read().decode()
        break
    else:
        done = subprocess.run(command, env=clean_environment(), stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr.decode()
    assert kills >= 1


@pytest.fixture
def mgf(tmp_path):
    """A small MGF with two good spectra."""
    path = tmp_path / "small.mgf"
    path.write_text(SMALL_MGF)
    return path


SMALL_MGF = """BEGIN IONS
TITLE=caffeine
PEPMASS=195.0877 1000
CHARGE=1+
RTINSECONDS=61.5
ADDUCT=[M+H]+
SMILES=CN1C=NC2=C1C(=O)N(C)C(=O)N2C
MY_OWN_KEY=kept as it is
110.0713 20
138.0662 100
195.0877 55.25
END IONS

BEGIN IONS
TITLE=salicylate
PEPMASS=137.0244
CHARGE=1-
IONMODE=negative
93.0346 100
137.0244 12
END IONS
"""

# SMILES of common substances, written in different dialects on purpose.
MOLECULES_TSV = """id\tname\tSMILES
c1\tcaffeine\tCN1C=NC2=C1C(=O)N(C)C(=O)N2C
c2\taspirin\tCC(=O)OC1=CC=CC=C1C(O)=O
c3\tsodium benzoate\t[Na+].[O-]C(=O)c1ccccc1
c4\tbenzoic acid\tOC(=O)c1ccccc1
c5\tL-alanine\tC[C@H](N)C(=O)O
c6\tD-alanine\tC[C@@H](N)C(=O)O
c7\tglucose\tOC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O
c8\tfructose\tOCC1(O)OC[C@@H](O)[C@@H](O)[C@@H]1O
c9\tibuprofen\tCC(C)Cc1ccc(cc1)C(C)C(=O)O
"""


@pytest.fixture
def molecules(tmp_path):
    path = tmp_path / "molecules.tsv"
    path.write_text(MOLECULES_TSV)
    return path


@pytest.fixture
def bank(run, molecules, tmp_path):
    """A finished bank of the molecules above: nine rows, seven molecules."""
    folder = tmp_path / "bank"
    done = run("bank", "build", molecules, "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder


def many_smiles(count):
    """`count` different molecules, simple enough to be quick: a ring, a chain and a group."""
    rings = ["c1ccccc1", "c1ccncc1", "C1CCCCC1", "C1CCNCC1", "c1ccoc1", "c1ccsc1", "C1CCOC1", "C1COCCN1"]
    groups = ["O", "N", "Cl", "Br", "F", "C(=O)O", "C#N", "C(=O)N", "S", "OC", "N(C)C", "C(F)(F)F"]
    lengths = range(1, 2 + count // (len(rings) * len(groups)))
    return [ring + "C" * length + group for length in lengths for ring in rings for group in groups][:count]
