#include "molbridge/nn/pickle.hpp"

#include "molbridge/core/rng.hpp"
#include "molbridge/nn/test_files.hpp"

namespace molbridge::nn::pickle {
namespace {

std::shared_ptr<const Tree> parsed(std::string_view bytes) {
  return parse(std::as_bytes(std::span(bytes.data(), bytes.size())), "made.pkl", 100);
}
std::string shown(std::string_view bytes) { return describe(parsed(bytes)->root()); }
void expect_refused(const std::string& bytes, const std::string& part) {
  expect_model_error([&] { parsed(bytes); }, part);
}
std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

TEST(Pickle, Numbers_OfAllProtocolsAreRead) {
  using namespace std::string_literals;
  EXPECT_EQ(shown("(I5\nL-7L\nI00\nI01\nF2.5\nNt."), "(5, -7, False, True, 2.5, None)");
  EXPECT_EQ(shown("(J\xfe\xff\xff\xffK\x07M\x01\x01\x88\x89t."s), "(-2, 7, 257, True, False)");
  EXPECT_EQ(shown("(\x8a\x00\x8a\x01\xff\x8a\x02\x00\x80\x8b\x01\x00\x00\x00\x7ft."s), "(0, -1, -32768, 127)");
  EXPECT_EQ(shown("G\x3f\xf8\x00\x00\x00\x00\x00\x00."s), "1.5");
  EXPECT_EQ(parsed("I12\n.")->root().as_int(), 12);
  EXPECT_EQ(parsed("I12\n.")->root().as_double(), 12.0);
}

TEST(Pickle, BigNumbers_StayAsText) {
  using namespace std::string_literals;
  EXPECT_EQ(shown("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01."s), "0x10000000000000000");
  EXPECT_EQ(shown("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xff."s), "-0x10000000000000000");
  EXPECT_EQ(shown("L123456789012345678901234567890L\n."), "123456789012345678901234567890");
  EXPECT_EQ(parsed("L123456789012345678901234567890L\n.")->root().kind, Kind::kBigInt);
}

TEST(Pickle, Texts_OfAllProtocolsAreRead) {
  using namespace std::string_literals;
  EXPECT_EQ(shown("S'a\\n\\x41\\101\\'b'\n."), "'a\nAA'b'");
  EXPECT_EQ(shown("Vx\\u00e9\\U0001f600\\q\n."), "'x\u00e9\U0001f600\\q'");
  EXPECT_EQ(shown("(T\x01\x00\x00\x00"s + "aU\x01" + "bX\x01\x00\x00\x00"s + "c\x8c\x01"s +
                  "d\x8d\x01\x00\x00\x00\x00\x00\x00\x00"s + "et."),
            "('a', 'b', 'c', 'd', 'e')");
  EXPECT_EQ(shown("(B\x01\x00\x00\x00"s + "aC\x02"s + "bb\x8e\x01\x00\x00\x00\x00\x00\x00\x00"s +
                  "c\x96\x01\x00\x00\x00\x00\x00\x00\x00"s + "dt."),
            "(bytes of length 1, bytes of length 2, bytes of length 1, bytes of length 1)");
}

TEST(Pickle, Containers_KeepOrderAndSharing) {
  EXPECT_EQ(shown("(I1\nI2\nl."), "[1, 2]");
  EXPECT_EQ(shown("](I1\nI2\ne."), "[1, 2]");
  EXPECT_EQ(shown("]I1\na."), "[1]");
  EXPECT_EQ(shown("(I1\nI2\nI3\nI4\nd."), "{1: 2, 3: 4}");
  EXPECT_EQ(shown("}(I1\nI2\nI3\nI4\nuI5\nI6\ns."), "{1: 2, 3: 4, 5: 6}");
  EXPECT_EQ(shown("I1\n\x85."), "(1)");
  EXPECT_EQ(shown("I1\nI2\n\x86."), "(1, 2)");
  EXPECT_EQ(shown("I1\nI2\nI3\n\x87."), "(1, 2, 3)");
  EXPECT_EQ(shown("\x8f(I1\n\x90."), "{1}");
  EXPECT_EQ(shown("(I1\n\x91."), "{1}");
  const auto tree = parsed("(]p7\ng7\n2t.");
  ASSERT_EQ(tree->root().items.size(), 3u);
  EXPECT_EQ(tree->root().items[0], tree->root().items[1]);
  EXPECT_EQ(tree->root().items[0], tree->root().items[2]);
}

TEST(Pickle, RepeatedKey_LastOneCounts) {
  EXPECT_EQ(parsed("}(S'a'\nI1\nS'a'\nI2\nu.")->root().find("a")->as_int(), 2);
}

TEST(Pickle, Objects_AreRecordsAndNeverResolved) {
  EXPECT_EQ(shown("cos\nsystem\n(S'rm -rf'\ntR."), "os.system('rm -rf')");
  EXPECT_EQ(shown("ca.b\nC\n)\x81}S'x'\nI1\nsb."), "a.b.C() with {'x': 1}");
  EXPECT_EQ(shown("(I1\nia\nC\n."), "a.C(1)");
  EXPECT_EQ(shown("(ca\nC\nI1\no."), "a.C(1)");
  EXPECT_EQ(shown("S'a.b'\nS'C'\n\x93."), "a.b.C");
  EXPECT_EQ(shown("ca\nC\n)}\x92."), "a.C()");
  EXPECT_EQ(shown("\x82\x07."), "copyreg.extension_7");
  EXPECT_EQ(shown("S'id'\nQ."), "external 'id'");
  EXPECT_EQ(shown("Pid\n."), "external 'id'");
  const auto tree = parsed("cargparse\nNamespace\n)\x81}(S'lr'\nF0.5\nS'name'\nS'tiny'\nub.");
  EXPECT_EQ(tree->root().attribute("lr")->as_double(), 0.5);
  EXPECT_EQ(tree->root().attribute("name")->text, "tiny");
  EXPECT_EQ(tree->root().attribute("absent"), nullptr);
}

TEST(Pickle, OrderedDict_ReadsAsDictionary) {
  const auto tree = parsed("ccollections\nOrderedDict\n)RS'k'\nI1\ns.");
  EXPECT_TRUE(tree->root().is_dict_like());
  EXPECT_EQ(tree->root().find("k")->as_int(), 1);
}

TEST(Pickle, SlotsState_IsSearchedToo) {
  EXPECT_EQ(parsed("ca\nC\n)\x81N}S'x'\nI4\ns\x86"
                   "b.")
                ->root()
                .attribute("x")
                ->as_int(),
            4);
}

TEST(Pickle, Errors_NameFileAndOffset) {
  expect_refused("I1\nI2\nq", "made.pkl at byte 106");
  expect_refused("", "truncated");
  expect_refused("0.", "stack is empty");
  expect_refused(".", "stack is empty");
  expect_refused("(I1\n(0000.", "stack is empty");
  expect_refused("h\x05.", "memo 5");
  expect_refused("\x80\x06N.", "newer protocol");
  expect_refused("\xff.", "unknown instruction 255");
  expect_refused("NI1\na.", "no list");
  expect_refused("NI1\nI2\ns.", "no dictionary");
  expect_refused("}(I1\nu.", "key without a value");
  expect_refused("N}b.", "no object");
  expect_refused("NNR.", "no tuple");
  expect_refused("t.", "no mark");
  expect_refused("I1", "without end");
  expect_refused("Iabc\n.", "no whole number");
  expect_refused("Fabc\n.", "no number");
  expect_refused("Sabc\n.", "quotes");
  expect_refused("N\x97.", "buffers outside");
}

TEST(Pickle, HugeSizes_AreRefusedBeforeAllocation) {
  using namespace std::string_literals;
  expect_refused("X\xff\xff\xff\xff.", "truncated");
  expect_refused("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "truncated");
  expect_refused("\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "truncated");
  expect_refused("\x8b\xff\xff\xff\xff.", "negative length");
  expect_refused("\x8b\xff\xff\xff\x7f.", "truncated");
  expect_refused("T\xff\xff\xff\xff.", "truncated");
  expect_refused("\x95\xff\xff\xff\xff\xff\xff\xff\xffN.", "frame");
}

TEST(Pickle, MillionNestedLists_AreReadAndFreed) {
  const std::size_t depth = 1'000'000;
  EXPECT_EQ(shown(repeated("]", depth) + repeated("a", depth - 1) + ".").substr(0, 8), "[[[[[[[[");
  EXPECT_EQ(parsed(repeated("(", depth) + "N" + repeated("t", depth) + ".")->root().kind, Kind::kTuple);
}

TEST(Pickle, ListThatHoldsItself_IsReadDescribedAndFreed) {
  const auto tree = parsed(
      "]q\x01h\x01h\x01h\x01"
      "aaa.");
  EXPECT_EQ(tree->root().items.front(), &tree->root());
  EXPECT_LE(shown("]q\x01h\x01"
                  "a.")
                .size(),
            210u);
}

TEST(Pickle, BillionLaughs_StaySmallAndAreDescribedInALine) {
  std::string bytes = "(S'lol'\nt";
  for (int i = 0; i < 100; ++i) bytes += "q\x01(" + repeated("h\x01", 10) + "t";
  const auto tree = parsed(bytes + ".");
  EXPECT_LT(tree->nodes().size(), 300u);
  EXPECT_LE(describe(tree->root()).size(), 210u);
}

TEST(Pickle, NamesMadeOfTheMemo_DoNotMultiply) {
  const std::string name = pickle_text(std::string(100'000, 'm'));
  expect_refused(name + "q\x01" + repeated("h\x01h\x01\x93", 20'000) + ".", "names of classes");
}

TEST(Pickle, Limits_OfValuesAndInstructionsHold) {
  const std::string bytes = repeated("]", 2000) + ".";
  const auto span = std::as_bytes(std::span(bytes.data(), bytes.size()));
  expect_model_error([&] { parse(span, "f", 0, {.max_opcodes = 1000}); }, "instructions");
  expect_model_error([&] { parse(span, "f", 0, {.max_nodes = 1000}); }, "values");
}

TEST(Pickle, BytesBehindTheEnd_AreLeftAlone) { EXPECT_EQ(parsed("N.garbage")->bytes_read(), 2u); }

TEST(Pickle, RandomInstructions_GiveATreeOrAnError) {
  constexpr std::string_view kLetters = "(.012FIJKLMNPQRSTUVXabcd}eghiJljl]opqrst)uG'\n";
  Rng rng(7);
  int read = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes;
    for (std::uint64_t n = rng.below(24); n-- > 0;) {
      const auto pick = rng.below(4);
      bytes += pick == 0   ? static_cast<char>(0x80 + rng.below(0x19))
               : pick == 1 ? static_cast<char>(rng.below(4))
                           : kLetters[rng.below(kLetters.size())];
    }
    try {
      describe(parsed(bytes + ".")->root());
      ++read;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
    }
  }
  EXPECT_GT(read, 500);
}

}  // namespace
}  // namespace molbridge::nn::pickle
