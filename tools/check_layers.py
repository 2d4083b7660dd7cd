#!/usr/bin/env python3
"""Checks the order of the modules: who includes whom, and which library stands behind which module.

The table below is the only source. It is compared with the #include lines of src/, fuzz/ and bench/, with the DEPS and LIBS of the
CMakeLists.txt of each module, and with the copy of the table in ARCHITECTURE.md.

Usage: tools/check_layers.py [--root DIR] [--write-docs]
Exit code 0: all holds; 1: broken rules, one line "file:line: rule" each.
"""
import argparse
import pathlib
import re
import sys
from typing import Iterator, NamedTuple


class Module(NamedTuple):
    floor: int
    may_include: str  # modules, by name
    answers_for: str


MODULES = {
    "core": Module(0, "", "errors, text, files, byte and line sources, hash, random numbers, threads, progress, config, locks between processes"),
    "fetch": Module(1, "core", "files over HTTP(S): resumed, verified, put in place whole"),
    "plot": Module(1, "core", "figures as data, drawn to SVG and PNG"),
    "mass": Module(1, "core", "m/z, ppm and Da, elements and isotopes, formulas, adducts"),
    "spectra": Module(2, "core mass", "spectra: readers, writers, field names, validation, consensus, similarity"),
    "chem": Module(2, "core mass", "molecules: standardise, InChIKey, formula, fingerprints, scaffold, MCES distance; readers of structure files"),
    "graph": Module(2, "core", "graphs of typed entities: nodes, edges, relations; readers, look-up, splits and their check"),
    "nn": Module(2, "core", "weights by name, safetensors, model folders; matrix products and kernels of frozen networks"),
    "learn": Module(3, "core nn", "trainable networks with gradients on LibTorch; the oracle of the fast inference path"),
    "encoders": Module(3, "core mass spectra chem nn", "frozen maps from an input to a vector"),
    "bridges": Module(3, "core nn", "trained maps from vector to vector; nothing here knows an encoder"),
    "bank": Module(3, "core mass", "embeddings on disk sorted by mass, their records, windows, exact search"),
    "fragment": Module(3, "core mass spectra chem", "molecules taken apart in the computer: fragments, their features, the peaks that they explain"),
    "corpus": Module(3, "core mass chem", "pairs of molecules and texts: readers, names masked, imports of ChEMBL"),
    "eval": Module(3, "core mass chem", "ranks, recall, intervals, novelty strata, splits"),
    "train": Module(4, "core mass spectra chem graph nn learn encoders bridges bank fragment corpus eval", "data sets, losses, schedule, loop, checkpoints"),
    "retrieve": Module(4, "core mass spectra chem nn encoders bridges bank", "query to candidates to ranked list"),
    "rerank": Module(5, "core mass spectra chem nn encoders bridges bank fragment eval retrieve", "candidates looked at one by one, the second stage of an identification"),
    "service": Module(6, "core fetch plot mass spectra chem graph nn encoders bridges bank corpus eval retrieve rerank",
                      "the use cases, one per verb: options in, report out"),
    "service_train": Module(7, "core mass spectra chem graph nn learn encoders bridges bank fragment corpus eval train retrieve rerank service",
                            "the use cases that need LibTorch"),
    "server": Module(7, "core service", "HTTP API, jobs, web app"),
    "cli": Module(8, "core service server", "argv to options to service to exit code, one file per subcommand"),
    "cli_train": Module(9, "core learn service service_train cli", "runs the subcommands that need LibTorch: the program molbridge-train"),
}


class Library(NamedTuple):
    modules: str         # the modules that may see it
    headers: tuple       # prefixes of its headers
    targets: str         # regular expression of its CMake targets
    in_headers: str = "" # modules, or files, whose own headers may include it
    in_tests: str = ""   # further modules whose tests may see it


LIBRARIES = {
    "RDKit": Library("chem", ("GraphMol/", "RDGeneral/", "DataStructs/", "Geometry/", "rdkit/"), r"RDKit|RDK|GraphMol"),
    "InChI": Library("chem", ("inchi_api.h", "inchi/"), r"InChI|inchi"),
    "CBC": Library("chem", ("Cbc", "Cgl", "Osi", "Clp", "Coin"), r"Cbc|Cgl|OsiClp|CoinUtils"),
    "Boost": Library("chem", ("boost/",), r"Boost::|boost_"),
    "LibTorch": Library("learn train", ("torch/", "ATen/", "c10/"), r"torch|TORCH|c10", in_headers="learn train"),
    "oneDNN": Library("nn", ("oneapi/dnnl/",), r"DNNL|dnnl", in_headers="src/molbridge/nn/packed_matrix.hpp"),
    "OpenMP": Library("nn", (), r"OpenMP|Gomp"),  # only to keep oneDNN on the calling thread
    "Expat": Library("spectra", ("expat.h",), r"EXPAT|expat"),
    "zlib": Library("core spectra nn", ("zlib.h", "zconf.h"), r"ZLIB|^z$", in_tests="chem graph service"),  # tests pack their own gzip
    "libcurl": Library("fetch", ("curl/",), r"CURL|curl"),
    "cairo": Library("plot", ("cairo/",), r"cairo"),
    "SQLite": Library("bank", ("sqlite3.h",), r"SQLite|sqlite"),
    "OpenSSL": Library("core", ("openssl/",), r"OpenSSL|crypto$|ssl$"),
    "toml++": Library("core", ("toml++/", "toml.hpp"), r"tomlplusplus"),
    "nlohmann-json": Library("core", ("nlohmann/",), r"nlohmann", in_headers="src/molbridge/core/json.hpp"),
    "fmt": Library("core service cli cli_train", ("fmt/",), r"fmt"),
    "PCRE2": Library("encoders", ("pcre2.h",), r"pcre2"),
    "utf8proc": Library("encoders", ("utf8proc.h",), r"utf8proc"),
    "CLI11": Library("cli", ("CLI/",), r"CLI11"),
    "threads": Library("core", (), r"Threads::"),
}
TEST_HEADERS = ("gtest/", "gmock/")   # tests only
BENCH_HEADERS = ("benchmark/",)       # bench/ only
SYSTEM_HEADERS = re.compile(  # C++ has no slash and no ending; of C and the system only what is listed
    r"^([a-z_]+|(sys|linux|arpa|netinet)/[a-z_]+\.h|(unistd|fcntl|sched|dirent|poll|signal|termios|pthread|malloc|dlfcn|spawn|"
    r"immintrin|cpuid|glob|pwd|stdio)\.h)$")

DOC_BEGIN, DOC_END = "<!-- modules: begin (tools/check_layers.py --write-docs) -->", "<!-- modules: end -->"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def is_test(path: pathlib.PurePath) -> bool:
    """foo_test.cpp, and what tests share: test_foo.hpp"""
    return path.name.endswith("_test.cpp") or path.name.startswith("test_")


class Checker:
    def __init__(self, root: pathlib.Path):
        self.root = root
        self.broken: list[str] = []
        self.deps: dict[str, set[str]] = {}

    def report(self, path: pathlib.Path, line: int, rule: str) -> None:
        self.broken.append(f"{path.relative_to(self.root)}:{line}: {rule}")

    # --- the table itself ---
    def check_table(self) -> None:
        for name, module in MODULES.items():
            for other in module.may_include.split():
                if MODULES[other].floor >= module.floor:
                    self.broken.append(f"tools/check_layers.py:1: {name} (floor {module.floor}) may not include {other} "
                                       f"(floor {MODULES[other].floor}): only downward, never the same floor")

    # --- CMakeLists.txt of the modules ---
    def check_cmake(self, module: str, path: pathlib.Path) -> None:
        if not path.exists():
            self.report(path, 1, f"module {module} has no CMakeLists.txt")
            return
        text = re.sub(r"#[^\n]*", lambda m: " " * len(m.group()), path.read_text())
        call = re.search(r"molbridge_add_module\(([^)]*)\)", text)
        if not call:
            self.report(path, 1, "does not call molbridge_add_module")
            return
        self.deps[module] = set()
        section = linked = ""
        for word in re.finditer(r"[^\s()]+", text):
            line = text.count("\n", 0, word.start()) + 1
            value = word.group()
            inside = call.start(1) <= word.start() < call.end(1)
            if inside and value in ("NAME", "DEPS", "LIBS", "PUBLIC_LIBS"):
                section = value
            elif inside and section == "NAME" and value != module:
                self.report(path, line, f"names the module {value}, the folder is {module}")
            elif inside and section == "DEPS":
                self.check_dep(module, value, path, line)
            elif text[:word.start()].endswith("target_link_libraries("):
                linked = value
            elif not value.startswith(("molbridge_internal", "MOLBRIDGE_")):
                self.check_target(module, value, path, line, in_test=not inside and linked.endswith("_test"))

    def check_dep(self, module: str, dep: str, path: pathlib.Path, line: int) -> None:
        if dep not in MODULES:
            self.report(path, line, f"unknown module {dep}")
        elif dep not in MODULES[module].may_include.split():
            self.report(path, line, f"{module} may not depend on {dep}")
        else:
            self.deps[module].add(dep)

    def check_target(self, module: str, target: str, path: pathlib.Path, line: int, in_test: bool) -> None:
        linked = re.fullmatch(r"molbridge_(\w+)", target)
        if linked and linked.group(1) in MODULES:
            if linked.group(1) != module and linked.group(1) not in MODULES[module].may_include.split():
                self.report(path, line, f"{module} may not link {linked.group(1)}")
            return
        for name, library in LIBRARIES.items():
            allowed = library.modules + (" " + library.in_tests if in_test else "")
            if re.search(library.targets, target) and module not in allowed.split():
                self.report(path, line, f"{module} may not link {name}; it belongs to {library.modules}")

    # --- includes ---
    def includes(self, path: pathlib.Path) -> Iterator[tuple[int, bool, str]]:
        for number, text in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if match := INCLUDE.match(text):
                yield number, match.group(1) == '"', match.group(2)

    def check_source(self, module: str, path: pathlib.Path) -> None:
        for line, quoted, header in self.includes(path):
            if header.startswith("molbridge/"):
                self.check_project_header(module, header, path, line)
            elif quoted:
                self.report(path, line, f'"{header}": own headers are included as "molbridge/<module>/<file>.hpp"')
            else:
                self.check_outside_header(module, header, path, line)

    def check_project_header(self, module: str, header: str, path: pathlib.Path, line: int) -> None:
        other = header.split("/")[1]
        if not (self.root / "src" / header).exists():
            self.report(path, line, f"{header} does not exist")
        elif other == module:
            return
        elif other not in MODULES:
            self.report(path, line, f"{other} is no module of the table")
        elif other not in MODULES[module].may_include.split():
            same = MODULES[other].floor == MODULES[module].floor
            self.report(path, line, f"{module} may not include {other}" + (" (same floor)" if same else ""))
        elif module in self.deps and other not in self.deps[module]:
            self.report(path, line, f"{module} includes {other} but does not name it in DEPS")

    def check_outside_header(self, module: str, header: str, path: pathlib.Path, line: int) -> None:
        if header.startswith(TEST_HEADERS):
            if not is_test(path):
                self.report(path, line, f"<{header}> belongs to tests (*_test.cpp, test_*.hpp)")
            return
        for name, library in LIBRARIES.items():
            if library.headers and header.startswith(library.headers):
                self.check_library(module, name, library, path, line)
                return
        if not SYSTEM_HEADERS.match(header):
            self.report(path, line, f"<{header}> is in no library of the table; add the library to tools/check_layers.py")

    def check_library(self, module: str, name: str, library: Library, path: pathlib.Path, line: int) -> None:
        allowed = library.modules + (" " + library.in_tests if is_test(path) else "")
        if module not in allowed.split():
            self.report(path, line, f"{module} may not see {name}; it belongs to {library.modules}")
        elif path.suffix == ".hpp" and not is_test(path):
            allowed = library.in_headers.split()
            if module not in allowed and str(path.relative_to(self.root)) not in allowed:
                self.report(path, line, f"{name} is included in sources only, not in headers")

    def check_outer_source(self, path: pathlib.Path) -> None:
        """fuzz/ and bench/: any module below service, no third-party library but the benchmark one."""
        below = [name for name, module in MODULES.items() if module.floor < MODULES["service"].floor]
        for line, quoted, header in self.includes(path):
            if header.startswith("molbridge/"):
                if header.split("/")[1] not in below:
                    self.report(path, line, f"{path.parent.name}/ sees the modules below service only")
            elif quoted and (path.parent / header).exists():
                continue  # what the targets of one kind share
            elif not SYSTEM_HEADERS.match(header) and not (path.parent.name == "bench" and header.startswith(BENCH_HEADERS)):
                self.report(path, line, f"<{header}>: {path.parent.name}/ sees no third-party library")

    # --- the copy for readers ---
    def table(self) -> str:
        rows = ["| floor | module | answers for | may include | libraries behind it |", "|---|---|---|---|---|"]
        for name, module in MODULES.items():
            libraries = [n for n, library in LIBRARIES.items() if name in library.modules.split() and n != "threads"]
            here = "" if (self.root / "src/molbridge" / name).exists() else " (planned)"
            rows.append(f"| {module.floor} | `{name}`{here} | {module.answers_for} | {module.may_include.replace(' ', ', ') or '-'} | "
                        f"{', '.join(libraries) or '-'} |")
        return "\n".join(rows)

    def check_docs(self, write: bool) -> None:
        path = self.root / "ARCHITECTURE.md"
        text = path.read_text() if path.exists() else ""
        if DOC_BEGIN not in text or DOC_END not in text:
            self.report(path, 1, f"lacks the module table between '{DOC_BEGIN}' and '{DOC_END}'")
            return
        head, rest = text.split(DOC_BEGIN, 1)
        old, tail = rest.split(DOC_END, 1)
        new = f"\n{self.table()}\n"
        if write:
            path.write_text(head + DOC_BEGIN + new + DOC_END + tail)
        elif old != new:
            self.report(path, head.count("\n") + 1, "the module table differs; run tools/check_layers.py --write-docs")

    def run(self, write_docs: bool) -> list[str]:
        self.check_table()
        source = self.root / "src" / "molbridge"
        folders = sorted(path for path in source.iterdir() if path.is_dir())
        for folder in folders:
            if folder.name in MODULES:
                self.check_cmake(folder.name, folder / "CMakeLists.txt")
            else:
                self.report(folder, 1, f"{folder.name} is no module of the table")
        for folder in folders:
            for path in sorted(folder.rglob("*.[ch]pp")) if folder.name in MODULES else []:
                self.check_source(folder.name, path)
        for folder in ("fuzz", "bench"):
            for path in sorted((self.root / folder).glob("*.[ch]pp")):
                self.check_outer_source(path)
        self.check_docs(write_docs)
        return self.broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--write-docs", action="store_true", help="write the table into ARCHITECTURE.md")
    options = parser.parse_args()
    broken = Checker(options.root.resolve()).run(options.write_docs)
    for line in broken:
        print(line)
    print(f"layers: {len(broken)} broken rules" if broken else "layers: the order holds")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
