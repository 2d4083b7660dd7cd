"""What the scripts that reproduce a results page share: one place that runs molbridge, keeps a log and times, and writes intervals."""
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def toml(value):
    """A value as --set KEY=VALUE takes it; texts bring their own quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def settings(values):
    return [part for key, value in values.items() for part in ("--set", f"{key}={toml(value)}")]


class Experiment:
    def __init__(self, molbridge, data, work):
        self.molbridge = molbridge
        self.data = pathlib.Path(data).resolve()
        self.folder = pathlib.Path(work).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    def call(self, *arguments, log=None):
        command = [self.molbridge, *map(str, arguments)]
        print("$", " ".join(command), flush=True)
        began = time.time()
        with open(self.folder / "log.txt", "a") as out:
            done = subprocess.run(command, cwd=ROOT, stderr=out, stdout=subprocess.PIPE, text=True)
        if done.returncode not in (0, 1):  # 1: finished, some inputs failed, as rejected rows of a table
            sys.exit(f"{command[1]}: exit code {done.returncode}, see {self.folder}/log.txt")
        with open(self.folder / "times.tsv", "a") as out:
            out.write(f"{' '.join(command[1:3])}\t{log or ''}\t{time.time() - began:.1f}\n")
        return done.stdout

    def report(self, name, *arguments):
        """The report eval/NAME.json of that command, which -o belongs to; not made again where it stands."""
        path = self.folder / "eval" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            self.call(*arguments, "-o", path, log=name)
        return path


def interval(middle, low, high):
    return f"{middle:.1f} ({low:.1f}-{high:.1f})"


def add_options(parser, molbridge=ROOT / "build/release/molbridge"):
    parser.add_argument("--work", required=True, help="folder for banks, runs and reports (some GB)")
    parser.add_argument("--data", default=str(ROOT / "../shared/data"), help="docs/data.md says what lies there")
    parser.add_argument("--molbridge", default=str(molbridge))
    parser.add_argument("--only", nargs="*", help="names of runs; default: all, in the order of --list")
    parser.add_argument("--list", action="store_true", help="print the runs and stop")
    parser.add_argument("--tables", help="write the tables of what has been evaluated to this file and stop")
