#include "molbridge/nn/torch_file.hpp"

#include <filesystem>

#include "molbridge/nn/test_files.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::nn {
namespace {

constexpr const char* kFolder = MOLBRIDGE_SOURCE_DIR "/tests/golden/torch/";
constexpr const char* kDreams = MOLBRIDGE_SOURCE_DIR "/../shared/golden/dreams/";

Weights golden(const std::string& file) { return Weights::open(kFolder + file); }

TorchFile read(const std::string& bytes) { return read_torch_file(MappedFile::open(MemoryFile(bytes).path())); }

/// A zip of torch.save around one pickle, with storage "0" of `count` floats 0, 1, 2...
std::string torch_zip(const std::string& pickle, std::size_t count = 6, const std::string& storage = "m/data/0") {
  std::string data;
  for (std::size_t i = 0; i < count; ++i) data += raw(static_cast<float>(i));
  return zip_of({{"m/data.pkl", pickle}, {storage, data}});
}
std::string torch_zip_of_tensor(std::int64_t count, std::int64_t offset, const std::vector<std::int64_t>& sizes,
                                const std::vector<std::int64_t>& strides) {
  return torch_zip(pickle_state(pickle_tensor("0", count, offset, sizes, strides)));
}
void expect_refused(const std::string& bytes, const std::string& part) {
  expect_model_error([&] { read(bytes); }, part);
}
std::string repeated(const std::string& part, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part;
  return text;
}

void expect_same(const TensorView& a, const TensorView& b, const std::string& name) {
  EXPECT_EQ(nn::name(a.type), nn::name(b.type)) << name;
  EXPECT_EQ(a.shape, b.shape) << name;
  EXPECT_TRUE(std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end())) << name;
}

/// Exactly the tensors of `expected` whose names begin with `prefix`, plus `more`.
void expect_tensors(const Weights& weights, const SafetensorsFile& expected, const std::string& prefix,
                    std::size_t more = 0) {
  std::size_t count = 0;
  for (const auto& [name, view] : expected.tensors()) {
    if (!name.starts_with(prefix)) continue;
    const std::string own = name.substr(prefix.size());
    ASSERT_TRUE(weights.has(own)) << name;
    expect_same(weights.at(own), view, name);
    ++count;
  }
  EXPECT_GT(count, 0u);
  EXPECT_EQ(weights.tensors().size(), count + more) << prefix;
}

TEST(TorchFile, EveryGolden_HasTheTensorsThatTorchSaved) {
  const auto expected = SafetensorsFile::open(std::string(kFolder) + "expected.safetensors");
  for (const std::string file : {"zip.pt", "deflated.pt", "legacy.pt", "zip_protocol4.pt", "legacy_protocol4.pt",
                                 "lightning.ckpt", "trainer.pt", "nested.pt", "unsupported.pt", "script.pt"}) {
    expect_tensors(golden(file), expected, file + "/");
  }
  expect_tensors(golden("traced.pt"), expected, "traced.pt/", 2);  // its two constants
}

TEST(TorchFile, WholeModule_GivesTheNamesOfItsStateDict) {
  const auto expected = SafetensorsFile::open(std::string(kFolder) + "expected.safetensors");
  expect_tensors(golden("module.pt"), expected, "module.pt/", 1);  // an attribute that is a tensor but no buffer
  EXPECT_TRUE(golden("module.pt").has("scale"));
}

TEST(TorchFile, Containers_AreNamed) {
  EXPECT_EQ(golden("zip.pt").container(), "PyTorch zip");
  EXPECT_EQ(golden("legacy.pt").container(), "PyTorch legacy");
  EXPECT_EQ(golden("script.pt").container(), "TorchScript");
}

TEST(TorchFile, ConstantsOfTorchScript_HaveTheNamesOfItsCode) {
  const Weights weights = golden("traced.pt");
  std::vector<std::vector<float>> values{weights.floats("CONSTANTS.c0", {2}), weights.floats("CONSTANTS.c1", {2})};
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, (std::vector<std::vector<float>>{{0.5f, 0.5f}, {1.0f, 2.0f}}));
}

TEST(TorchFile, TiedTensors_ShareTheirBytes) {
  const Weights weights = golden("zip.pt");
  EXPECT_EQ(weights.at("tied.a").bytes.data(), weights.at("tied.b").bytes.data());
}

TEST(TorchFile, WhatIsNoWeight_IsListedWithCounts) {
  EXPECT_EQ(golden("lightning.ckpt").dropped(),
            (std::vector<std::string>{"callbacks: 1 tensor, not read", "optimizer_states: 18 tensors, not read"}));
  EXPECT_EQ(golden("trainer.pt").dropped(),
            (std::vector<std::string>{"opt: 1 tensor, not read", "step: 1 tensor, not read"}));
}

TEST(TorchFile, TreeOfLightning_HoldsItsHyperParameters) {
  const Weights weights = golden("lightning.ckpt");
  ASSERT_NE(weights.tree(), nullptr);
  const pickle::Node* parameters = weights.tree()->find("hyper_parameters");
  ASSERT_NE(parameters, nullptr);
  const pickle::Node* args = parameters->find("args");
  ASSERT_NE(args, nullptr);
  EXPECT_TRUE(args->is_object("argparse.Namespace"));
  EXPECT_EQ(args->attribute("layers")->as_int(), 7);
  EXPECT_EQ(args->attribute("lr")->as_double(), 1e-4);
  EXPECT_EQ(pickle::describe(*args->attribute("path")), "pathlib.PurePosixPath('/', 'a', 'b')");
  EXPECT_EQ(parameters->find("preprocessor")->attribute("width")->as_int(), 7);
  EXPECT_EQ(parameters->find("network")->text, "__main__.Network");
  EXPECT_EQ(parameters->find("big")->text, "0x10000000000000000000000000");
  EXPECT_EQ(parameters->find("negative")->text, "-0x400000000000000000");
  EXPECT_EQ(weights.tree()->find("global_step")->as_int(), 70'000);
}

TEST(TorchFile, TensorsThatAreNotRead_AreErrorsOnlyWhenAskedFor) {
  const Weights weights = golden("unsupported.pt");
  EXPECT_EQ(weights.floats("weight", {2}), (std::vector<float>{1, 1}));
  expect_model_error([&] { weights.at("complex"); }, "ComplexFloatStorage");
  expect_model_error([&] { weights.at("sparse"); }, "_rebuild_sparse_tensor");
  EXPECT_EQ(weights.dropped().size(), 3u);
}

TEST(TorchFile, PublishedLayout_EqualsItsSafetensors) {
  const std::string folder = kDreams;
  if (!file_exists(folder + "tiny.ckpt")) GTEST_SKIP() << "no " << folder;
  const Weights weights = Weights::open(folder + "tiny.ckpt");
  expect_tensors(weights, SafetensorsFile::open(folder + "tiny.safetensors"), "");
  EXPECT_EQ(weights.dropped(),
            (std::vector<std::string>{"callbacks: 4 tensors, not read", "optimizer_states: 93 tensors, not read"}));
  const pickle::Node* parameters = weights.tree()->find("hyper_parameters");
  EXPECT_TRUE(parameters->find("args")->is_object("argparse.Namespace"));
  EXPECT_TRUE(parameters->find("spec_preproc")->type->text.ends_with("SpectrumPreprocessor"));
  EXPECT_GT(Weights::open(folder + "tiny_embedding.ckpt").at("head.weight").bytes.size(), 0u);
}

TEST(TorchFile, PublishedLegacyFile_IsRead) {
  const std::string folder = MOLBRIDGE_SOURCE_DIR "/../shared/data/weights/rxnmapper-albert";
  if (!folder_exists(folder)) GTEST_SKIP() << "no " << folder;
  const Weights weights = Weights::open(folder);
  EXPECT_EQ(weights.container(), "PyTorch legacy");
  EXPECT_EQ(weights.tensors().size(), 32u);
  const auto values = weights.floats("albert.embeddings.word_embeddings.weight", {591, 128});
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  EXPECT_GT(sum, 1);
  EXPECT_LT(sum, 1e5);  // garbage would be far out
}

TEST(TorchFile, HandMadeTensors_AreViewsOrCopies) {
  const auto at = [](const std::string& bytes) {
    const MemoryFile memory(bytes);
    return Weights::open(memory.path()).floats("w", {-1, -1});
  };
  EXPECT_EQ(at(torch_zip_of_tensor(6, 0, {2, 3}, {3, 1})), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(at(torch_zip_of_tensor(6, 0, {3, 2}, {1, 3})), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(at(torch_zip_of_tensor(6, 1, {2, 2}, {3, 1})), (std::vector<float>{1, 2, 4, 5}));
  EXPECT_EQ(at(torch_zip_of_tensor(6, 5, {2, 2}, {0, 0})), (std::vector<float>{5, 5, 5, 5}));
  EXPECT_EQ(at(torch_zip_of_tensor(6, 4, {1, 2}, {1'000'000, 1})), (std::vector<float>{4, 5}));
}

TEST(TorchFile, TensorsBeyondTheirStorage_AreRefused) {
  constexpr std::int64_t kBig = std::int64_t{1} << 62;
  expect_refused(torch_zip_of_tensor(6, 0, {7}, {1}), "reaches beyond");
  expect_refused(torch_zip_of_tensor(6, 1, {6}, {1}), "reaches beyond");
  expect_refused(torch_zip_of_tensor(6, kBig, {1}, {1}), "reaches beyond");
  expect_refused(torch_zip_of_tensor(6, -1, {1}, {1}), "proper");
  expect_refused(torch_zip_of_tensor(6, 5, {3}, {-1}), "proper");
  expect_refused(torch_zip_of_tensor(6, 0, {-3}, {1}), "proper");
  expect_refused(torch_zip_of_tensor(6, 0, {2, 3}, {1}), "proper");
  expect_refused(torch_zip_of_tensor(7, 0, {1}, {1}), "claims more elements");
  expect_refused(torch_zip_of_tensor(kBig, 0, {1}, {1}), "claims more elements");
  expect_refused(torch_zip_of_tensor(6, 0, {kBig, 4}, {4, 1}), "beyond all measure");
  expect_refused(torch_zip_of_tensor(6, 0, {kBig, 4, 0}, {4, 1, 1}), "beyond all measure");
  expect_refused(torch_zip_of_tensor(6, 0, {2, 2}, {kBig, kBig}), "reaches beyond");
  expect_refused(torch_zip_of_tensor(6, 0, {5, 2}, {kBig, 1}), "beyond all measure");
  expect_refused(torch_zip(pickle_state(pickle_tensor("1", 6, 0, {6}, {1}))), "no entry m/data/1");
}

TEST(TorchFile, BroadcastTensors_AreBoundedByTheFile) {
  expect_refused(torch_zip_of_tensor(6, 0, {1 << 20, 1 << 10}, {0, 0}), "limit for copies");
  std::string many = "\x80\x02}(";
  for (int i = 0; i < 8; ++i) many += pickle_text("w" + std::to_string(i)) + pickle_tensor("0", 6, 0, {1 << 20}, {0});
  expect_refused(torch_zip(many + "u."), "limit for copies");
}

TEST(TorchFile, SharedModules_DoNotMultiplyWithoutEnd) {
  std::string doublings;
  for (int i = 0; i < 60; ++i) doublings += "q\x01}(" + pickle_text("a") + "h\x01" + pickle_text("b") + "h\x01u";
  const std::string tensor = pickle_tensor("0", 6, 0, {6}, {1});
  expect_refused(torch_zip("\x80\x02}" + pickle_text("w") + tensor + "s" + doublings + "."),
                 "longer than the file can justify");
  expect_refused(torch_zip("\x80\x02}" + doublings + "."), "too many ways");
}

TEST(TorchFile, DeepOrCyclicModules_AreRefused) {
  const std::string tensor = pickle_text("w") + pickle_tensor("0", 6, 0, {6}, {1}) + "s";
  expect_refused(torch_zip("\x80\x02}q\x01" + tensor + pickle_text("self") + "h\x01s."), "nested");
  std::string deep =
      "\x80\x02" + repeated("}" + pickle_text("a"), 100'000) + "}" + tensor + repeated("s", 100'000) + ".";
  expect_refused(torch_zip(deep), "nested");
}

TEST(TorchFile, DeepThingsBesideTheWeights_DoNotMatter) {
  const int depth = 200'000;
  const std::string state = "}" + pickle_text("w") + pickle_tensor("0", 6, 0, {6}, {1}) + "s";
  const std::string bytes = "\x80\x02}" + pickle_text("state_dict") + state + "s" + pickle_text("callbacks") +
                            repeated("]", depth) + repeated("a", depth - 1) + "s.";
  EXPECT_EQ(read(torch_zip(bytes)).tensors.size(), 1u);
}

TEST(TorchFile, OverlongNames_AreRefused) {
  const std::string name(2000, 'n');
  expect_refused(torch_zip("\x80\x02}" + pickle_text(name) + pickle_tensor("0", 6, 0, {6}, {1}) + "s."), "longer than");
}

TEST(TorchFile, OtherFiles_AreNamedForWhatTheyAre) {
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  expect_refused(tar, "tar archive");
  expect_refused("\x80\x02N.", "a pickle of something else");
  expect_refused("hello", "neither a zip archive nor a pickle");
  expect_refused("", "neither a zip archive nor a pickle");
  expect_refused(zip_of({{"word/document.xml", "x"}}), "no entry data.pkl");
  expect_refused(zip_of({{"m/model.json", "{}"}}), "before PyTorch 1.2");
  const std::string pickle = pickle_state(pickle_tensor("0", 1, 0, {1}, {1}));
  expect_refused(zip_of({{"m/data.pkl", pickle}, {"m/data/0", "0123"}, {"m/byteorder", "big"}}), "big-endian");
  EXPECT_EQ(read(zip_of({{"m/data.pkl", pickle}, {"m/data/0", "0123"}, {"m/byteorder", "little"}})).tensors.size(), 1u);
}

TEST(TorchFile, DtypeByName_OfNewerPyTorchIsRead) {
  const std::string storage = "(" + pickle_text("storage") + "ctorch.storage\nUntypedStorage\n" + pickle_text("0") +
                              pickle_text("cpu") + pickle_int(24) + "tQ";
  const auto tensor = [&](const std::string& dtype) {
    return "ctorch._utils\n_rebuild_tensor_v3\n(" + storage + pickle_int(0) + pickle_ints({6}) + pickle_ints({1}) +
           "\x89}ctorch\n" + dtype + "\n}tR";
  };
  EXPECT_EQ(read(torch_zip(pickle_state(tensor("float32")))).tensors.at("w").bytes.size(), 24u);
  EXPECT_EQ(read(torch_zip(pickle_state(tensor("float8_e4m3fn")))).refused.at("w"), "of the type torch.float8_e4m3fn");
  expect_refused(torch_zip(pickle_state(tensor("float64"))), "reaches beyond");
}

TEST(TorchFile, LegacyStorageViews_AreCutFromTheirRoot) {
  const std::string id = "(" + pickle_text("storage") + "ctorch\nFloatStorage\n" + pickle_text("7") +
                         pickle_text("cpu") + pickle_int(4) + "(" + pickle_text("8") + pickle_int(1) + pickle_int(2) +
                         "ttQ";
  const std::string tensor =
      "ctorch._utils\n_rebuild_tensor\n(" + id + pickle_int(0) + pickle_ints({2}) + pickle_ints({1}) + "tR";
  std::string data = raw(std::int64_t{4});
  for (const float value : {1.f, 2.f, 3.f, 4.f}) data += raw(value);
  using namespace std::string_literals;
  const std::string head = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}."s;
  const std::string keys = "\x80\x02](" + pickle_text("7") + "e.";
  const MemoryFile memory(head + pickle_state(tensor) + keys + data);
  EXPECT_EQ(Weights::open(memory.path()).floats("w", {2}), (std::vector<float>{2, 3}));
  expect_refused(head + pickle_state(tensor) + keys + data.substr(0, 20), "cut off");
  expect_refused(head + pickle_state(tensor) + keys + raw(std::int64_t{-1}) + data, "claims");
  expect_refused(head + pickle_state(tensor) + "\x80\x02](" + pickle_text("9") + "e." + data, "unknown type");
}

}  // namespace
}  // namespace molbridge::nn
