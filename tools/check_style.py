#!/usr/bin/env python3
"""Checks what clang-format and the compiler do not: sizes of files and functions, header guards, tabs, links between documents, names of
private places.

Function lengths are found by counting braces; clang-tidy (tools/tidy.sh) measures them exactly.

Usage: tools/check_style.py [--root DIR]
Exit code 0: all holds; 1: broken rules, one line "file:line: rule" each.
"""
import argparse
import pathlib
import re
import subprocess
import sys

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
CODE = (".cpp", ".hpp")
SOURCE_FOLDERS = ("src", "fuzz", "bench", "tests")
TEXT = CODE + (".py", ".sh", ".md", ".txt", ".cmake", ".toml", ".json", "")
# Folders outside the repository; ../shared/data and ../shared/golden alone are named, by tests and scripts that skip without them.
PRIVATE = re.compile(r"/work" + r"/|/tmp" + r"/mb|\.lib" + r"rary|\.\./shared/(?!data|golden)|/root" + r"/|/home" + r"/\w+/")
NOT_A_FUNCTION = re.compile(r"(^|\W)(namespace|class|struct|enum|union|if|else|for|while|switch|do|try|catch|return|extern)\b|=\s*$|\]\s*$")

DATA_ROW = re.compile(r"\s*(\{.*\},?|[\w.+-]*\s*,)\s*")  # as it looks once literals are blanked


def without_comments_and_strings(text: str) -> str:
    """The same text with the same line breaks, comments and literals blanked."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def function_lengths(text: str):
    """(first line, number of lines) of every function with a body. Rows of data ("{...},", "1,") do not count, nor do lambdas by themselves."""
    code = re.sub(r"(?m)^\s*#.*(?:\\\n.*)*", lambda match: re.sub(r"[^\n]", " ", match.group()), without_comments_and_strings(text))
    stack, start = [], 0
    for position, char in enumerate(code):
        if char in ";{}":
            head = code[start:position]
            if char == "{":
                head_start = start + len(head) - len(head.lstrip())
                inside = any(is_function for is_function, _ in stack)
                is_function = not inside and ")" in head and not NOT_A_FUNCTION.search(head.split("(")[0] + " " + head[-3:])
                stack.append((is_function, head_start))
            elif char == "}" and stack:
                is_function, head_start = stack.pop()
                if is_function:
                    body = code[head_start:position + 1].splitlines()
                    yield code.count("\n", 0, head_start) + 1, sum(not DATA_ROW.fullmatch(line) for line in body)
            start = position + 1


def check_code(name: str, text: str) -> list[str]:
    broken = []
    lines = text.splitlines()
    if len(lines) > MAX_FILE_LINES:
        broken.append(f"{name}:{MAX_FILE_LINES + 1}: {len(lines)} lines, at most {MAX_FILE_LINES}: split the file by what it answers for")
    for first, length in function_lengths(text):
        if length > MAX_FUNCTION_LINES:
            broken.append(f"{name}:{first}: a function of {length} lines, at most {MAX_FUNCTION_LINES}")
    if name.endswith(".hpp") and lines[:1] != ["#pragma once"]:
        broken.append(f"{name}:1: a header starts with #pragma once")
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            broken.append(f"{name}:{number}: a tab; write \\t or indent by two spaces")
        if re.search(r"\busing namespace\b", line) and name.endswith(".hpp"):
            broken.append(f"{name}:{number}: no using namespace in headers")
    if name.startswith("src/") and not name.startswith("src/molbridge/cli/") and not name.endswith("_test.cpp"):
        for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
            if re.search(r"\bstd::(cout|cerr|abort|exit)\b|\bprintf\(|\bassert\(", line):
                broken.append(f"{name}:{number}: library code neither prints nor ends the process")
    return broken


def check_text(name: str, text: str) -> list[str]:
    broken = [f"{name}:{number}: names a private place: {match.group()}"
              for number, line in enumerate(text.splitlines(), 1) if (match := PRIVATE.search(line))]
    if text and not text.endswith("\n"):
        broken.append(f"{name}:{text.count(chr(10)) + 1}: no line end at the end of the file")
    return broken


def check_links(root: pathlib.Path, name: str, text: str) -> list[str]:
    """Relative links of documents, and pages that comments name, exist."""
    broken = []
    for number, line in enumerate(text.splitlines(), 1):
        if name.endswith(".md"):
            for target in re.findall(r"\]\(([\w./-]+)[)#]", line):
                if not (root / name).parent.joinpath(target).exists():
                    broken.append(f"{name}:{number}: links to {target}, which does not exist")
        for page in re.findall(r"(?<![\w/.])docs/[\w/-]+\.md", line) if not name.startswith(("tools/", "tests/tools/")) else []:
            if not (root / page).exists():
                broken.append(f"{name}:{number}: names {page}, which does not exist")
    return broken


def files_of(root: pathlib.Path) -> list[str]:
    """Tracked and new files, or all files where there is no repository (an unpacked archive)."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0 and (root / ".git").exists():
        return [name for name in listed.stdout.splitlines() if (root / name).is_file()]
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "build" not in path.parts]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root.resolve()
    broken = []
    for name in sorted(files_of(root)):
        suffix = pathlib.PurePath(name).suffix
        if suffix not in TEXT or name.startswith(("fuzz/corpus/", "tests/data/", "tests/golden/")):
            continue
        text = (root / name).read_text(errors="replace")
        broken += check_text(name, text) + check_links(root, name, text)
        if suffix in CODE and name.startswith(SOURCE_FOLDERS):
            broken += check_code(name, text)
    for line in broken:
        print(line)
    print(f"style: {len(broken)} broken rules" if broken else "style: all rules hold")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
