"""Texts for the goldens of the tokenizers: own ones, and lines of ../shared/data taken by rule. The C++ test reads the same lines."""
import gzip
import itertools
import random

WORDS = """acetylsalicylic acid is an inhibitor of the enzyme cyclooxygenase that's found in naïve Ångström-sized café molecules
the kinase domain of EGFR binds 4-anilinoquinazolines with IC50 = 0.5 nM at pH 7.4 and T=298.15 K we'll see they're I'm don't
a natural product of the class Flavonoids 2,3-dihydroxy-5-methyl (3R,4S)-β-D-glucopyranoside α-tocopherol 10% v/v ± 3.2 µg·mL⁻¹
tumour necrosis factor TNF-α p53 NF-κB IL-6 mRNA in vitro Staphylococcus aureus E. coli dose–response ≥50 mg/kg""".split()
SMILES = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "C[N+](C)(C)CC([O-])=O", "N[C@@H](Cc1c[nH]c2ccccc12)C(=O)O", "C/C=C\\C", "[Na+].[Cl-]", "BrC(Cl)I",
          "C%12CC%12C%1", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", "[13CH4]", "[2H]O[2H]", "[Fe+3]", "[Fe+++]", "[OH3+]", "[Cu++]", "CC>>CO",
          "C>CC>O", "[CH3:1][OH:2]", "F[P-](F)(F)(F)(F)F", "[SeH2]", "[nH]", "[", "]", "[]", "[[C]]", "[C", "C]", "C[", "xx[C]y", "Zz[Zz]", "é[C]ö", "[é]",
          "[C@TH1](F)(Cl)Br", "[*]", "*C", "C$C", "C~C@C", "[U+6]", "[12", "C.C", "Cl", "CL", "cl", "Si", "CC(C)[P+](c1ccccc1)", "O=[N+]([O-])c1", "[H][H]", "--++",
          "[O--]", "[Mg++]", "C-C=C#C:C", "C(", ")C", "C%(12)", "[15NH3+]", "C1CC1[CH-]", "  CCO  ", "CC O", "CCO\n", "C[Si](C)(C)C", "[99Tc]", "[K]",
          "[CLS]CC[SEP]", "CC[MASK]O", "<s>CC</s>", " <mask> CC", "C[UNK]", "[[CLS]", "[CLS", "[PAD][PAD]"]
ODD = ["", " ", "  ", "\t", "\n", "\r\n", " \u00a0\u2003 ", "\u200b", "a\u200bb", "e\u0301", "\u00e9", "\u1e9b\u0323", "a\u0300\u0301\u0302\u0327", "\u0301", "ﬁ ﬂ ﬃ", "①②½ⅷ",
       "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪🇫🇷", "🏳️‍🌈", "✈️", "日本語テキスト", "中文 和 English", "한국어", "\u1112\u1161\u11ab", "ｆｕｌｌ ｗｉｄｔｈ", "ｶﾞｷﾞ", "עברית", "العربية ١٢٣", "a\u202eb\u202c", "\ufeffbom", "x\ufffdy",
       "\ue000\uf8ff", "\U000f0000", "\U0010ffff", "\x00", "a\x00b", "\x01\x02\x7f", "\x85 \x1c\x1d\x1e\x1f", "\u2028\u2029", "\u00ad", "\u180e", "\u2581", "a\u2581b", "İstanbul ıI", "ẞß ſ", "ǅ ǆ",
       "Σίσυφος ΌΔΟΣ", "ΑΣ", "Привет, мир!", "नमस्ते क्षत्रिय", "ไทยไม่มีช่องว่าง", "\u0e33", "ă â Ă", "Å Å", "q̣̇ q̣̇", "\u0f71\u0f72", "가각", "𝐀𝒷𝔠", "𠀀𪛖", "\u3000full\u3000space", "´`^~¨", "$+<=>^`|~",
       "“quotes” ‘single’ «x»", "—–‐-‑", "…", "don't won't I'll we've you're he'd it's I'M DON'T'S", "'", "''s", "'sx 'llama", "a'b", "x  y   z    ", "   leading", "trailing   ", "a \n b\t\tc",
       "1234567890 12 3", "3.14159e-10", "²³¹ ₂ ٣", "_under_score_", "CamelCase", "http://x.y/z?q=1&r=2#f", "a@b.c", "#hashtag", "\\n \\u0041", "ab" * 60, "x" * 99, "x" * 100, "x" * 101, "é" * 100,
       "é" * 101, "supercalifragilisticexpialidocious" * 8, "a " * 300, "C" * 700, "[CLS] a [SEP]", "[cls] [MASK]s", "[MASK]", " [MASK] ", "x[MASK]y", "[UNK]", "[PAD]", "[unused1]", "##ing ing##",
       "##", "<s>", "</s>", "<pad>", "<unk>", "<mask>", "a <mask> b", "<mask>,<mask>", "<cls>", "<eos>", "<null_1>", "<clsx", "MKTAYIAKQR", "mktay", "M K T A Y", "MKT*X-.BZJ", "L<mask>G", "LA\nGV", "L 1 A",
       "<<mask>", "<c<cls>", "<un<unk>", "yesterday Yesterday", "newword newwords (newword)", "Ünew ünew", "sp ace", " lst rst ", "x lst y", "x rst y", "tok1tok12tok", "ﷺ", "\u0344", "\u0340\u0341", "\u212a\u212b",
       "\u1d2c\u02b0", "\u3131\uffa1", "\u2126", "\u00b5\u03bc", "\u0149", "\u1e9e", "a\u0323\u0307", "a\u0307\u0323", "\u0f43", "\u2adc", "\u09dc", "\ufb1d\ufb2a", "\U0001d15e\U0001d1bb", "\u0958", "\u1f71\u03ac",
       "\u0130\u0307", "\u00c5\u0301", "\u01d5\u1e3c", "\u0390", "\u1fb7", "\u1100\u1161\u11a8\u11a9", "\u032b\u0301e", "\u115f\u1160", "\u1b05\u1b35", "\u0cca\u0ccb", "\U00011099\U000110ba"]
SPICE = list("abcXYZ019 .,;:'\"!?-_()[]{}<>/\\|@#$%^&*+=~`\t\n") + ["\u00e9", "\u0301", "\u0327", "ß", "Ω", "ж", "日", "本", "한", "א", "ع", "\u200d", "\ufe0f", "👩", "🏽", "🇩", "\u00a0", "\u2003", "\u3000", "\u200b",
                                                                          "\ufffd", "\x00", "\x1f", "\u2581", "½", "²", "ﬁ", "İ", "ς", "\u0e33", "\u0303", "\u05b4", "'s", "'ll", "[MASK]", "<mask>", "<s>", "##", "  "]


def own_texts():
    rng = random.Random(20240501)
    texts = SMILES + ODD
    texts += [" ".join(rng.choices(WORDS, k=rng.randint(3, 14))) for _ in range(60)]
    texts += ["".join(rng.choices(SPICE, k=rng.randint(1, 24))) for _ in range(120)]
    texts += ["".join(rng.choices(SMILES, k=rng.randint(2, 5))) for _ in range(40)]
    return list(dict.fromkeys(texts))


def training_texts():
    rng = random.Random(7)
    return [" ".join(rng.choices(WORDS + SMILES[:20] + ["日本語", "中文", "한국어", "Привет"], k=12)) for _ in range(400)]


# (file, column, first data line, step, how many)
SHARED_LINES = [("molecules/molecules_0.tsv.gz", 0, 0, 101, 1500), ("molecules/molecules_1.tsv.gz", 0, 0, 97, 1500), ("molecules/molecules_2.tsv.gz", 0, 0, 89, 1500),
                ("molecules/molecules_3.tsv.gz", 0, 0, 83, 1500), ("text/chebi20_val.tsv.gz", 2, 0, 2, 1600), ("text/pubchem_captions.tsv.gz", 2, 0, 3, 800), ("text/names.tsv.gz", 0, 0, 61, 2500),
                ("text/drug_target.tsv.gz", 26, 0, 11, 1100), ("text/class_text.tsv.gz", 5, 0, 101, 700)]


def shared_texts(folder, lines=SHARED_LINES):
    for name, column, first, step, count in lines:
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="\n") as file:
            next(file)
            taken = itertools.islice(file, first, first + step * count, step)
            yield from (line.rstrip("\n").split("\t")[column] for line in taken)
