"""Plants violations in a small tree and expects tools/check_layers.py and tools/check_style.py to find each of them."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

TREE = {
    "src/molbridge/core/CMakeLists.txt": "molbridge_add_module(NAME core LIBS fmt::fmt)\n",
    "src/molbridge/core/error.hpp": "#pragma once\n#include <string>\n",
    "src/molbridge/mass/CMakeLists.txt": "molbridge_add_module(NAME mass DEPS core)\n",
    "src/molbridge/mass/formula.hpp": '#pragma once\n#include <vector>\n#include "molbridge/core/error.hpp"\n',
    "src/molbridge/spectra/CMakeLists.txt": "molbridge_add_module(NAME spectra DEPS core mass LIBS ZLIB::ZLIB)\n",
    "src/molbridge/spectra/reader.hpp": '#pragma once\n#include "molbridge/mass/formula.hpp"\n',
    "src/molbridge/spectra/reader.cpp": '#include "molbridge/spectra/reader.hpp"\n\n#include <zlib.h>\n',
    "src/molbridge/spectra/reader_test.cpp": "#include <gtest/gtest.h>\n",
    "src/molbridge/chem/CMakeLists.txt": "molbridge_add_module(NAME chem DEPS core mass)\n",
    "src/molbridge/chem/molecule.hpp": "#pragma once\n",
    "src/molbridge/bank/CMakeLists.txt": "molbridge_add_module(NAME bank DEPS core mass LIBS SQLite::SQLite3)\n",
    "src/molbridge/bank/bank.hpp": "#pragma once\n",
    "src/molbridge/service/CMakeLists.txt": "molbridge_add_module(NAME service DEPS core mass spectra chem bank)\n",
    "src/molbridge/service/identify.hpp": "#pragma once\n",
    "src/molbridge/cli/CMakeLists.txt": "molbridge_add_module(NAME cli DEPS core service LIBS CLI11::CLI11)\n"
                                        "target_link_libraries(molbridge PRIVATE molbridge_cli)\n",
    "src/molbridge/cli/app.hpp": "#pragma once\n",
    "src/molbridge/cli/app.cpp": '#include "molbridge/cli/app.hpp"\n\n#include <CLI/CLI.hpp>\n\n'
                                 '#include "molbridge/service/identify.hpp"\n',
    "fuzz/mgf_fuzz.cpp": '#include "molbridge/spectra/reader.hpp"\n',
    "ARCHITECTURE.md": "<!-- modules: begin (tools/check_layers.py --write-docs) -->\n<!-- modules: end -->\n",
}


class Planted(unittest.TestCase):
    tool = ""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name, text in TREE.items():
            self.write(name, text)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def append(self, name, text):
        self.write(name, (self.root / name).read_text() + text)

    def check(self, *options):
        done = subprocess.run([sys.executable, str(ROOT / "tools" / self.tool), "--root", str(self.root), *options],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def expect(self, *parts):
        code, text = self.check()
        self.assertEqual(code, 1, text)
        for part in parts:
            self.assertIn(part, text)


class LayersTest(Planted):
    tool = "check_layers.py"

    def setUp(self):
        super().setUp()
        self.check("--write-docs")

    def test_sound_tree_passes(self):
        self.assertEqual(self.check(), (0, "layers: the order holds\n"))

    def test_upward_include(self):
        self.append("src/molbridge/mass/formula.hpp", '#include "molbridge/spectra/reader.hpp"\n')
        self.expect("src/molbridge/mass/formula.hpp:4: mass may not include spectra")

    def test_include_on_the_same_floor(self):
        self.append("src/molbridge/spectra/reader.cpp", '#include "molbridge/chem/molecule.hpp"\n')
        self.expect("src/molbridge/spectra/reader.cpp:4: spectra may not include chem (same floor)")

    def test_cli_reaches_below_service(self):
        self.append("src/molbridge/cli/app.cpp", '#include "molbridge/bank/bank.hpp"\n')
        self.expect("src/molbridge/cli/app.cpp:6: cli may not include bank")

    def test_tests_keep_the_order_too(self):
        self.append("src/molbridge/spectra/reader_test.cpp", '#include "molbridge/bank/bank.hpp"\n')
        self.expect("reader_test.cpp:2: spectra may not include bank")

    def test_third_party_outside_its_wrapper(self):
        self.append("src/molbridge/bank/bank.hpp", "#include <torch/torch.h>\n")
        self.append("src/molbridge/spectra/reader.cpp", "  #  include <GraphMol/ROMol.h>\n")
        self.expect("bank/bank.hpp:2: bank may not see LibTorch", "spectra/reader.cpp:4: spectra may not see RDKit")

    def test_third_party_in_a_header(self):
        self.append("src/molbridge/spectra/reader.hpp", "#include <zlib.h>\n")
        self.expect("reader.hpp:3: zlib is included in sources only")

    def test_unknown_library(self):
        self.append("src/molbridge/bank/bank.hpp", "#include <lmdb/lmdb.h>\n")
        self.expect("bank.hpp:2: <lmdb/lmdb.h> is in no library of the table")

    def test_gtest_outside_tests(self):
        self.append("src/molbridge/bank/bank.hpp", "#include <gtest/gtest.h>\n")
        self.expect("bank.hpp:2: <gtest/gtest.h> belongs to tests")

    def test_library_that_only_tests_may_see(self):
        self.write("src/molbridge/chem/reader_test.cpp", "#include <zlib.h>\n")
        self.append("src/molbridge/chem/CMakeLists.txt", "target_link_libraries(chem_test PRIVATE ZLIB::ZLIB)\n")
        self.assertEqual(self.check()[0], 0, self.check()[1])
        self.write("src/molbridge/chem/reader.cpp", "#include <zlib.h>\n")
        self.append("src/molbridge/chem/CMakeLists.txt", "target_link_libraries(molbridge_chem PRIVATE ZLIB::ZLIB)\n")
        self.expect("chem/CMakeLists.txt:3: chem may not link zlib", "chem/reader.cpp:1: chem may not see zlib")

    def test_include_that_is_not_named_in_deps(self):
        self.write("src/molbridge/spectra/CMakeLists.txt", "molbridge_add_module(NAME spectra DEPS core LIBS ZLIB::ZLIB)\n")
        self.expect("reader.hpp:2: spectra includes mass but does not name it in DEPS")

    def test_forbidden_dependency_in_cmake(self):
        self.write("src/molbridge/mass/CMakeLists.txt", "molbridge_add_module(NAME mass DEPS core\n  bank)\n")
        self.expect("mass/CMakeLists.txt:2: mass may not depend on bank")

    def test_forbidden_library_in_cmake(self):
        self.append("src/molbridge/cli/CMakeLists.txt", "target_link_libraries(molbridge PRIVATE torch_cpu)\n")
        self.write("src/molbridge/bank/CMakeLists.txt", "molbridge_add_module(NAME bank DEPS core mass LIBS RDKit::GraphMol)\n")
        self.expect("cli/CMakeLists.txt:3: cli may not link LibTorch", "bank/CMakeLists.txt:1: bank may not link RDKit")

    def test_linking_around_the_module_function(self):
        self.append("src/molbridge/bank/CMakeLists.txt", "target_link_libraries(molbridge_bank PRIVATE molbridge_chem)\n")
        self.expect("bank/CMakeLists.txt:2: bank may not link chem")

    def test_module_that_is_not_in_the_table(self):
        self.write("src/molbridge/helpers/x.hpp", "#pragma once\n")
        self.expect("helpers is no module of the table")

    def test_relative_include(self):
        self.append("src/molbridge/spectra/reader.cpp", '#include "../chem/molecule.hpp"\n')
        self.expect('reader.cpp:4: "../chem/molecule.hpp": own headers')

    def test_include_of_a_missing_file(self):
        self.append("src/molbridge/spectra/reader.cpp", '#include "molbridge/core/gone.hpp"\n')
        self.expect("reader.cpp:4: molbridge/core/gone.hpp does not exist")

    def test_fuzz_target_that_sees_the_service(self):
        self.append("fuzz/mgf_fuzz.cpp", '#include "molbridge/service/identify.hpp"\n')
        self.expect("fuzz/mgf_fuzz.cpp:2: fuzz/ sees the modules below service only")

    def test_table_in_the_documents_differs(self):
        text = (self.root / "ARCHITECTURE.md").read_text()
        self.write("ARCHITECTURE.md", text.replace("| 1 | `mass`", "| 2 | `mass`"))
        self.expect("ARCHITECTURE.md:1: the module table differs")


class StyleTest(Planted):
    tool = "check_style.py"

    def test_sound_tree_passes(self):
        self.assertEqual(self.check(), (0, "style: all rules hold\n"))

    def test_long_file(self):
        self.write("src/molbridge/bank/bank.cpp", "int x;\n" * 501)
        self.expect("bank.cpp:501: 501 lines")

    def test_long_function(self):
        body = '  call("}");  // }\n' * 59
        self.write("src/molbridge/bank/bank.cpp", "namespace a {\nint f(int x) {\n" + body + "}\n}\n")
        self.expect("bank.cpp:2: a function of 61 lines")

    def test_function_of_the_allowed_length_and_a_long_table_pass(self):
        self.write("src/molbridge/bank/bank.cpp", "namespace a {\nint f() {\n" + "  g();\n" * 58 + "}\n}\n"
                   "void t() {\n  const T rows[] = {\n" + "      {1, 2},\n" * 90 + "  };\n}\n"
                   "const int k[] = {\n" + "  1,\n" * 90 + "};\n")
        self.assertEqual(self.check()[0], 0, self.check()[1])

    def test_header_without_guard(self):
        self.write("src/molbridge/bank/bank.hpp", "int x;\n")
        self.expect("bank.hpp:1: a header starts with #pragma once")

    def test_tab(self):
        self.append("src/molbridge/bank/bank.hpp", "\tint x;\n")
        self.expect("bank.hpp:2: a tab")

    def test_printing_library(self):
        self.write("src/molbridge/bank/bank.cpp", "// std::cout in a comment is fine\nvoid f() { std::cerr << 1; }\n")
        self.expect("bank.cpp:2: library code neither prints")

    def test_private_place(self):
        self.write("docs/x.md", "see /wo" + "rk/main\n\n../sha" + "red/other and ../shared/data\n")
        self.expect("docs/x.md:1: names a private place", "docs/x.md:3: names a private place")
        self.assertIn("2 broken rules", self.check()[1])

    def test_dead_links(self):
        self.write("docs/x.md", "[a](gone.md), [b](../ARCHITECTURE.md), [c](https://example.org/gone.md)\n")
        self.append("src/molbridge/bank/bank.hpp", "// Format: docs/formats/gone.md, docs/x.md\n")
        self.expect("docs/x.md:1: links to gone.md", "bank.hpp:2: names docs/formats/gone.md")
        self.assertIn("2 broken rules", self.check()[1])

    def test_missing_line_end(self):
        self.write("docs/x.md", "a\nb")
        self.expect("docs/x.md:2: no line end")


del Planted  # the base class holds no tests of its own
if __name__ == "__main__":
    unittest.main()
