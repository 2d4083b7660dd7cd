"""Small tokenizers for the goldens: trained on own texts, and single parts over a vocabulary that shows every byte and every word begin."""
import json
import pathlib
import tempfile

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from tokenizer_strings import SMILES, training_texts

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SMILES_REGEX = r"(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|\%[0-9]{2}|[0-9])"


def byte_alphabet():
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def added(tokenizer):
    tokenizer.add_tokens([AddedToken("newword", single_word=True), AddedToken("lst", lstrip=True), AddedToken("rst", rstrip=True), AddedToken("Yesterday", normalized=True),
                          AddedToken("Ünew", normalized=False), "tok1", "tok12", AddedToken("sp ace", single_word=True, lstrip=True, rstrip=True)])
    return tokenizer


def train(model, trainer, normalizer=None, pre_tokenizer=None, post_processor=None):
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(training_texts(), trainer)
    if post_processor:
        tokenizer.post_processor = post_processor(tokenizer)
    return added(tokenizer)


def charsmap():
    """A character map as SentencePiece builds it, from a few rules."""
    import sentencepiece
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.tsv"
        pairs = {"ﬁ": "fi", "①": "1", "é": "e", "e\u0301": "e", "Å": "A", "½": "1/2", "\u00a0": " ", "\u3000": " ", "\u200b": "", "ß": "ss", "Σ": "σ", "ｆ": "f", "가": "ga", "\u1112\u1161\u11ab": "han", "ab": "ba", "👍": "+1"}
        code = lambda text: " ".join(f"{ord(c):X}" for c in text)
        rules.write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in pairs.items()))
        corpus = pathlib.Path(folder) / "corpus.txt"
        corpus.write_text("\n".join(training_texts()))
        sentencepiece.SentencePieceTrainer.train(input=str(corpus), model_prefix=f"{folder}/m", vocab_size=200, normalization_rule_tsv=str(rules), minloglevel=2, hard_vocab_limit=False)
        data = pathlib.Path(folder, "m.model").read_bytes()
    from sentencepiece import sentencepiece_model_pb2 as pb
    model = pb.ModelProto()
    model.ParseFromString(data)
    return model.normalizer_spec.precompiled_charsmap


def bert_template(tokenizer):
    return processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[SEP]")])


def trained():
    bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    out = {}
    out["byte-level-bpe"] = train(models.BPE(), trainers.BpeTrainer(vocab_size=420, special_tokens=SPECIALS, initial_alphabet=byte_alphabet(), show_progress=False), None,
                                  pre_tokenizers.ByteLevel(add_prefix_space=True), lambda t: processors.RobertaProcessing(("</s>", 2), ("<s>", 0)))
    out["bpe-fallback"] = train(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True),
                                trainers.BpeTrainer(vocab_size=420, special_tokens=SPECIALS + [f"<0x{b:02X}>" for b in range(256) if b not in (0xE6, 0xD0)], limit_alphabet=40, show_progress=False),
                                normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]))
    out["bpe-affixes"] = train(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"),
                               trainers.BpeTrainer(vocab_size=320, special_tokens=SPECIALS, continuing_subword_prefix="##", end_of_word_suffix="</w>", limit_alphabet=60, show_progress=False),
                               normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]), pre_tokenizers.Whitespace())
    out["bpe-fused"] = train(models.BPE(unk_token="<unk>", fuse_unk=True), trainers.BpeTrainer(vocab_size=200, special_tokens=SPECIALS, limit_alphabet=30, show_progress=False), normalizers.NFD(),
                             pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(individual_digits=True)]))
    gpt4 = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(GPT4), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    out["bpe-ignore-merges"] = train(models.BPE(ignore_merges=True), trainers.BpeTrainer(vocab_size=420, special_tokens=SPECIALS, initial_alphabet=byte_alphabet(), show_progress=False), None, gpt4)
    out["wordpiece"] = train(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=300, special_tokens=bert, show_progress=False), normalizers.BertNormalizer(),
                             pre_tokenizers.BertPreTokenizer(), bert_template)
    out["wordpiece"].enable_truncation(24)
    out["wordpiece-cased"] = train(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20), trainers.WordPieceTrainer(vocab_size=300, special_tokens=bert, show_progress=False),
                                   normalizers.BertNormalizer(lowercase=False, handle_chinese_chars=False), pre_tokenizers.BertPreTokenizer(), lambda t: processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)))
    out["wordpiece-cased"].enable_truncation(16, direction="left")
    out["wordlevel"] = train(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=260, special_tokens=SPECIALS, show_progress=False), None,
                             pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits()]))
    out["wordlevel-smiles"] = train(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=200, special_tokens=SPECIALS, show_progress=False), normalizers.Strip(),
                                    pre_tokenizers.Split(Regex(SMILES_REGEX), "removed", invert=True), lambda t: processors.Sequence([processors.ByteLevel(), processors.BertProcessing(("</s>", 2), ("<s>", 0))]))
    unigram = dict(vocab_size=260, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False)
    out["unigram"] = train(models.Unigram(), trainers.UnigramTrainer(**unigram), normalizers.Sequence([normalizers.Precompiled(charsmap()), normalizers.Replace(Regex(" {2,}"), " ")]),
                           pre_tokenizers.Metaspace(prepend_scheme="first"))
    fallback = json.loads(train(models.Unigram(), trainers.UnigramTrainer(**unigram), normalizers.NFKC(), pre_tokenizers.Metaspace()).to_str())
    fallback["model"]["vocab"] += [[f"<0x{b:02X}>", -12.5] for b in range(256) if b != 0xC3]
    fallback["model"]["byte_fallback"] = True
    for token in fallback["added_tokens"]:
        token["id"] += 255 if token["id"] >= len(fallback["model"]["vocab"]) - 255 else 0
    out["unigram-fallback"] = Tokenizer.from_str(json.dumps(fallback))
    return {name: tokenizer.to_str() for name, tokenizer in out.items()}


def part_model():
    """Bytes as tokens; those that do not begin a word are marked, so that ids show every normalisation and every split."""
    letters = byte_alphabet()
    vocab = {letter: i for i, letter in enumerate(letters)} | {"¦" + letter: 256 + i for i, letter in enumerate(letters)}
    return models.BPE(vocab=vocab, merges=[], continuing_subword_prefix="¦")


def parts():
    """name -> (normalizer, pre_tokenizer)"""
    n, p = normalizers, pre_tokenizers
    out = {name: (getattr(n, name)(), None) for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")}
    out |= {f"Bert {flags}": (n.BertNormalizer(**dict(zip(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), flags))), None)
            for flags in [(True, True, None, True), (True, True, None, False), (False, True, True, False), (False, False, False, True), (True, False, True, True)]}
    out |= {"Strip left": (n.Strip(True, False), None), "Strip right": (n.Strip(False, True), None), "Strip": (n.Strip(), None), "Replace text": (n.Replace("aa", "b"), None),
            "Replace regex": (n.Replace(Regex(r"\s+|[0-9]{2,}"), "·"), None), "Replace classes": (n.Replace(Regex(r"\b\w|\d$|^\W|[[:punct:]]"), "_"), None), "Prepend": (n.Prepend("¿"), None),
            "NFD StripAccents Lowercase": (n.Sequence([n.NFD(), n.StripAccents(), n.Lowercase()]), None), "Replace many lines": (n.Replace(Regex(r"^.|.$"), "|"), None)}
    out |= {"Whitespace": (None, p.Whitespace()), "WhitespaceSplit": (None, p.WhitespaceSplit()), "Digits": (None, p.Digits()), "Digits single": (None, p.Digits(True)),
            "Bert": (None, p.BertPreTokenizer()), "Delimiter": (None, p.CharDelimiterSplit("é")), "ByteLevel space": (None, p.ByteLevel(add_prefix_space=True)),
            "ByteLevel": (None, p.ByteLevel(add_prefix_space=False)), "Metaspace always": (None, p.Metaspace()), "Metaspace never": (None, p.Metaspace(prepend_scheme="never")),
            "Metaspace whole": (None, p.Metaspace(replacement="_", split=False)), "Metaspace first": (n.Strip(), p.Metaspace(prepend_scheme="first")),
            "Metaspace nested": (n.Replace(Regex(r"[ \t]+"), " "), p.Sequence([p.Digits(), p.Metaspace(prepend_scheme="first")])), "GPT-4": (None, p.Split(Regex(GPT4), "isolated")),
            "Words": (None, p.Split(Regex(r"\w+|[^\w\s]+"), "removed", invert=True)), "Camel": (None, p.Split(Regex(r"(?<=\p{Ll})(?=\p{Lu})"), "isolated")),
            "Empty": (None, p.Split(Regex(r"x*"), "isolated")), "Unicode": (None, p.Split(Regex(r"\p{Han}|\p{Hangul}+|\p{^L}+(?m:.)?"), "isolated")), "Hex": (None, p.Split(Regex(r"\h{,3}[\s\d]+?"), "isolated"))}
    behaviours = ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous")
    out |= {f"Punctuation {b}": (None, p.Punctuation(b)) for b in behaviours}
    out |= {f"Split {b}{' inverted' if i else ''}": (None, p.Split(Regex(r"[aeiou]"), b, invert=i)) for b in behaviours for i in (False, True)}
    out |= {"Split text": (None, p.Split(".*", "isolated")), "Split sequence": (None, p.Sequence([p.Split(" ", "merged_with_next"), p.Punctuation(), p.Digits(True)]))}
    return out


def part_tokenizer(normalizer, pre_tokenizer):
    tokenizer = Tokenizer(part_model())
    bytes_last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    if normalizer:
        tokenizer.normalizer = normalizer
    shows_bytes = "ByteLevel" in (json.loads(pre_tokenizer.__getstate__())["type"] if pre_tokenizer else "") or (normalizer and json.loads(normalizer.__getstate__())["type"] == "ByteLevel")
    steps = ([pre_tokenizer] if pre_tokenizer else []) + ([] if shows_bytes else [bytes_last])
    if steps:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    return added(tokenizer)
