#!/usr/bin/env python3
"""Writes src/molbridge/encoders/tokenizers/unicode_tables_{marks,words}.cpp: the character classes as the Python package `tokenizers` has them.

The package mixes Unicode versions: its accents and punctuation are those of an old table, its letters those of a new one. So the classes
are asked of the package itself, one code point at a time (about a minute). Run with a Python that has tokenizers 0.22 or newer:

    python tools/make_unicode_tables.py
"""
import ctypes
import pathlib

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src/molbridge/encoders/tokenizers"
CODE_POINTS = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]


def removed_by(normalizer):
    return {c for c in CODE_POINTS if normalizer.normalize_str(f"a{chr(c)}b") == "ab"}


def split_by(pre_tokenizer, text="(%s)"):
    return {c for c in CODE_POINTS if len(pre_tokenizer.pre_tokenize_str(text % chr(c))) > 1}


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **options})


def inert(combining):
    """Code points that the package's normalisation forms do not know and Unicode 15 does."""
    library = ctypes.CDLL("libutf8proc.so.2")
    library.utf8proc_category.argtypes = [ctypes.c_int32]
    library.utf8proc_map.argtypes = [ctypes.c_char_p, ctypes.c_ssize_t, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int]

    def decomposed(text):
        data, out = text.encode(), ctypes.c_char_p()
        return ctypes.string_at(out, library.utf8proc_map(data, len(data), ctypes.byref(out), 2 | 4 | 16)).decode()

    marks = {c for c in CODE_POINTS if 6 <= library.utf8proc_category(c) <= 8}
    forms = normalizers.NFKD()
    return (marks - combining) | {c for c in CODE_POINTS if forms.normalize_str(chr(c)) != decomposed(chr(c))}


def ranges(points):
    out = []
    for c in sorted(points):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def table(name, what, points):
    cells, lines, line = [f"{a:x},{b:x}".replace(",", ",0x") for a, b in ranges(points)], [], " "
    for cell in cells:
        if len(line) + len(cell) + 6 > 118:
            lines.append(line)
            line = " "
        line += f" {{0x{cell}}},"
    lines.append(line)
    body = "\n".join(lines)
    return (f"// {what}\nconstexpr CodePointRange k{name}Ranges[] = {{\n{body}\n}};\n"
            f"std::span<const CodePointRange> {name.lower()}_ranges() {{ return k{name}Ranges; }}\n")


def write(name, tables):
    text = (f"// Written by tools/make_unicode_tables.py from tokenizers {tokenizers.__version__}; not to be edited by hand.\n"
            '#include "molbridge/encoders/tokenizers/unicode_tables.hpp"\n\nnamespace molbridge::encoders {\n\n// clang-format off\n'
            + "\n".join(tables) + "// clang-format on\n\n}  // namespace molbridge::encoders\n")
    (FOLDER / f"unicode_tables_{name}.cpp").write_text(text)


def main():
    combining = removed_by(normalizers.StripAccents())
    ascii_punctuation = {c for c in range(33, 127) if not chr(c).isalnum()}
    write("marks", [
        table("Accent", "What BertNormalizer strips as an accent: Mn of an old Unicode.", removed_by(bert(strip_accents=True))),
        table("Combining", "What StripAccents strips: M of the normalisation crate.", combining),
        table("Punctuation", "P of an old Unicode, and all ASCII punctuation.", split_by(pre_tokenizers.Punctuation(), "a%sb") | ascii_punctuation),
        table("Control", "What BertNormalizer cleans away: Cc, Cf, Co without tab and line ends, and U+FFFD.", removed_by(bert(clean_text=True)) | {0}),
        table("Inert", "Unknown to the normalisation forms of the package: kept as they are.", inert(combining)),
    ])
    word = {c for c in CODE_POINTS if len(pre_tokenizers.Whitespace().pre_tokenize_str(f"a{chr(c)}a")) == 1}
    write("words", [
        table("Letter", "\\p{L}", split_by(pre_tokenizers.Split(Regex(r"\p{L}"), "isolated"))),
        table("Number", "char::is_numeric", split_by(pre_tokenizers.Digits(), "a%sb")),
        table("Word", "\\w of the Rust regular expressions", word),
    ])


if __name__ == "__main__":
    main()
