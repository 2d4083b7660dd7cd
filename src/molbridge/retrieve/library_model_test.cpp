#include "molbridge/retrieve/library_model.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>

#include "molbridge/core/files.hpp"
#include "molbridge/retrieve/spectrum_library.hpp"
#include "molbridge/spectra/test_similarity.hpp"

namespace molbridge::retrieve {
namespace {

namespace fs = std::filesystem;
using spectra::SimilarityKind;

constexpr std::uint64_t kWidth = 16;

/// Three molecules: bit 0, bits 1 and 2, bits 15 and 0.
SpectrumLibrary small_library(SimilarityKind kind) {
  SpectrumLibrary library;
  library.settings.similarity.kind = kind;
  library.molecules = 3;
  library.width = kWidth;
  library.bits = {1, 0, 6, 0, 1, 128};
  library.spectra = {{{{60, 5}, {80, 100}, {120, 40}}, 150, mass::IonMode::kPositive, 0},
                     {{{70, 100}, {95, 60}, {130, 20}}, 160, mass::IonMode::kPositive, 1},
                     {{{70, 100}, {95, 60}, {130, 20}}, 160, mass::IonMode::kNegative, 2},
                     {{}, 0, mass::IonMode::kUnknown, 2}};
  return library;
}

class LibraryModelTest : public ::testing::Test {
 protected:
  LibraryModelTest() : folder_(fs::temp_directory_path() / ("molbridge_library_" + std::to_string(::getpid()))) {}
  ~LibraryModelTest() override { fs::remove_all(folder_); }

  void write(const SpectrumLibrary& library, const std::function<void(nn::ModelFolderWriter&)>& change = {}) {
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", kLibrarySearchKind);
    writer.manifest.text("name", "small");
    write_spectrum_library(library, writer);
    writer.manifest.text("target.encoder", "morgan:radius=2,bits=16");
    writer.manifest.text("target.encoder_digest", "0123");
    std::string molecules = "inchikey14\tsmiles\n";
    for (std::uint64_t m = 0; m < library.molecules; ++m) molecules += "KEY" + std::to_string(m) + "\tC\n";
    writer.add_side_file("training_molecules.tsv", molecules);
    if (change) change(writer);
    writer.write(folder_.string());
  }
  std::shared_ptr<const SpectrumModel> model() const { return SpectrumModel::load(folder_.string()); }

  /// The bits whose components are above zero.
  static std::vector<int> bits_of(std::span<const float> vector) {
    std::vector<int> bits;
    for (std::size_t d = 0; d < vector.size(); ++d) {
      if (vector[d] > 0) bits.push_back(static_cast<int>(d));
    }
    return bits;
  }
  static std::vector<float> ask(const SpectrumModel& model, const std::vector<spectra::Peak>& peaks, double precursor,
                                mass::IonMode mode = mass::IonMode::kPositive) {
    spectra::Spectrum spectrum;
    spectrum.peaks = peaks;
    const SpectrumQuery query{&spectrum, precursor, 0, "", mode};
    return model.embed({&query, 1}, 1);
  }
  /// In the compact format, as bridges carry it.
  SpectrumLibrary packed_and_read(const SpectrumLibrary& library,
                                  const std::function<void(nn::ModelFolderWriter&)>& change = {}) {
    nn::ModelFolderWriter writer;
    write_spectrum_library(library, writer, PeakFormat::kCompact);
    if (change) change(writer);
    writer.write(folder_.string());
    return read_spectrum_library(nn::ModelFolder::open(folder_.string()));
  }
  void expect_refused() const {
    try {
      model();
      ADD_FAILURE() << "accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
    }
  }

  fs::path folder_;
};

TEST_F(LibraryModelTest, Query_GetsTheMoleculeOfTheNearestSpectrum) {
  for (const auto kind : {SimilarityKind::kCosine, SimilarityKind::kModifiedCosine, SimilarityKind::kNeutralLoss,
                          SimilarityKind::kEntropy}) {
    write(small_library(kind));
    const auto vector = ask(*model(), {{60.001, 7}, {80.002, 90}, {119.999, 45}}, 150.001);
    EXPECT_EQ(bits_of(vector), std::vector<int>{0}) << spectra::name(kind);
    EXPECT_EQ(vector[0], 1);
  }
}

TEST_F(LibraryModelTest, IonModes_AreKeptApartUnlessAsked) {
  SpectrumLibrary library = small_library(SimilarityKind::kEntropy);
  const std::vector<spectra::Peak> peaks{{70, 100}, {95, 60}, {130, 20}};
  write(library);
  EXPECT_EQ(bits_of(ask(*model(), peaks, 160, mass::IonMode::kPositive)), (std::vector<int>{1, 2}));
  EXPECT_EQ(bits_of(ask(*model(), peaks, 160, mass::IonMode::kNegative)), (std::vector<int>{0, 15}));
  library.settings.any_ion_mode = true;
  write(library);
  EXPECT_EQ(bits_of(ask(*model(), peaks, 160, mass::IonMode::kNegative)), (std::vector<int>{1, 2}));
}

TEST_F(LibraryModelTest, SeveralNeighbours_AreWeightedByTheirSimilarity) {
  SpectrumLibrary library = small_library(SimilarityKind::kCosine);
  library.settings.neighbours = 5;
  write(library);
  const auto vector = ask(*model(), {{70, 100}, {80, 100}}, 150);
  const spectra::Similarity similarity(library.settings.similarity);
  spectra::SimilarityScratch scratch;
  const std::vector<spectra::Peak> peaks{{70, 100}, {80, 100}};
  const auto query = similarity.prepare(peaks, 150);
  double score[2];
  for (int i = 0; i < 2; ++i) {
    score[i] = similarity.compare(query, similarity.prepare(library.spectra[i].peaks, 150), scratch).score;
  }
  EXPECT_NEAR(vector[0], score[0] / (score[0] + score[1]), 1e-6);
  EXPECT_NEAR(vector[1], score[1] / (score[0] + score[1]), 1e-6);
  EXPECT_EQ(vector[1], vector[2]);
}

TEST_F(LibraryModelTest, NothingAlike_IsZeros) {
  SpectrumLibrary library = small_library(SimilarityKind::kEntropy);
  write(library);
  EXPECT_TRUE(bits_of(ask(*model(), {{333, 1}}, 400)).empty());
  EXPECT_TRUE(bits_of(ask(*model(), {}, 400)).empty());
  library.settings.min_matched_peaks = 4;
  write(library);
  EXPECT_TRUE(bits_of(ask(*model(), {{60, 5}, {80, 100}, {120, 40}}, 150)).empty());
  library.settings.min_matched_peaks = 1;
  library.settings.precursor_window = mass::Tolerance::ppm(10);
  write(library);
  EXPECT_TRUE(bits_of(ask(*model(), {{60, 5}, {80, 100}, {120, 40}}, 151)).empty());
  EXPECT_FALSE(bits_of(ask(*model(), {{60, 5}, {80, 100}, {120, 40}}, 150)).empty());
}

TEST_F(LibraryModelTest, MoleculesOfAnySpace_GiveTheirVectors) {
  SpectrumLibrary library = small_library(SimilarityKind::kCosine);
  library.bits.clear();
  library.width = 2;
  library.vectors = {0.5F, -1, 2, 3, 4, 5};
  write(library);
  EXPECT_EQ(ask(*model(), {{80, 1}}, 150), (std::vector<float>{0.5F, -1}));
  library.vectors[1] = NAN;
  write(library);
  expect_refused();
}

TEST_F(LibraryModelTest, Vector_DoesNotDependOnTheOtherQueriesNorThreads) {
  SpectrumLibrary library;
  library.settings.similarity.kind = SimilarityKind::kModifiedCosine;
  library.settings.neighbours = 3;
  library.width = kWidth;
  Rng rng(1);
  std::vector<spectra::Spectrum> asked;
  for (const auto& one : spectra::make_families(30, 4, 2)) {
    for (std::uint64_t d = 0; d < kWidth / 8; ++d) library.bits.push_back(static_cast<std::uint8_t>(rng.below(256)));
    library.spectra.push_back(
        {one.peaks, one.precursor_mz, mass::IonMode::kPositive, static_cast<std::uint32_t>(library.molecules++)});
    asked.emplace_back().peaks = one.peaks;
  }
  write(library);
  const auto model = this->model();
  std::vector<SpectrumQuery> queries;
  for (const auto& spectrum : asked) {
    queries.push_back({&spectrum, 200, 0, "[M+H]+", mass::IonMode::kPositive});
    queries.push_back({&spectrum, 200, 0, "[M+Na]+", mass::IonMode::kPositive});
    queries.push_back({&spectrum, 230, 0, "[M+Na]+", mass::IonMode::kPositive});
  }
  const std::vector<float> together = model->embed(queries, 1);
  EXPECT_EQ(together, model->embed(queries, 3));
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const std::vector<float> alone = model->embed({&queries[i], 1}, 1);
    for (std::size_t d = 0; d < kWidth; ++d) EXPECT_EQ(alone[d], together[i * kWidth + d]);
  }
}

TEST_F(LibraryModelTest, PeaksThatDoNotAscend_AreRefused) {
  SpectrumLibrary library = small_library(SimilarityKind::kCosine);
  std::swap(library.spectra[1].peaks[0], library.spectra[1].peaks[2]);
  write(library);
  expect_refused();
}

TEST_F(LibraryModelTest, TensorsThatDoNotFitEachOther_AreRefused) {
  const SpectrumLibrary library = small_library(SimilarityKind::kCosine);
  const auto put = [](const char* name, nn::ElementType type, std::vector<std::int64_t> values, std::size_t size) {
    std::vector<std::byte> bytes(values.size() * size);
    for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(bytes.data() + i * size, &values[i], size);
    return [=](nn::ModelFolderWriter& writer) {
      writer.weights.add(name, type, {static_cast<std::int64_t>(values.size())}, bytes);
    };
  };
  using nn::ElementType;
  const std::function<void(nn::ModelFolderWriter&)> changes[] = {
      put("library.offsets", ElementType::kI64, {0, 3, 6, 9, 10}, 8),
      put("library.offsets", ElementType::kI64, {0, 6, 3, 9, 9}, 8),
      put("library.offsets", ElementType::kI64, {-3, 3, 6, 9, 9}, 8),
      put("library.offsets", ElementType::kI64, {0, 3, 9}, 8),
      put("library.offsets", ElementType::kI64, {}, 8),
      put("library.molecule", ElementType::kI64, {0, 1, 3, 2}, 8),
      put("library.molecule", ElementType::kI64, {0, 1, -1, 2}, 8),
      put("library.ion_mode", ElementType::kI8, {0, 1, 7, 2}, 1),
      put("library.intensity", ElementType::kF32, {0, 0}, 4),
      put("molecules.bits", ElementType::kU8, {0, 0, 0, 0, 0, 0}, 1)};
  for (const auto& change : changes) {
    write(library, change);
    expect_refused();
  }
  write(library, [](nn::ModelFolderWriter& writer) {
    writer.add_side_file("training_molecules.tsv", "inchikey14\tsmiles\nKEY\tC\n");
  });
  expect_refused();
  write(library);
  EXPECT_EQ(model()->training_molecules().size(), 3u);
}

TEST_F(LibraryModelTest, SettingsOutOfRange_AreRefused) {
  write(small_library(SimilarityKind::kCosine));
  const std::string path = (folder_ / "model.toml").string();
  const std::string text = read_text_file(path);
  const std::pair<std::string, std::string> changes[] = {
      {"\"cosine\"", "\"cosinus\""},        {"\"0.02 Da\"", "\"0.02\""},
      {"neighbours = 1", "neighbours = 0"}, {"min_matched_peaks = 1", "min_matched_peaks = -1"},
      {"width = 16", "width = 12"},         {"width = 16", "width = 0"}};
  for (const auto& [from, to] : changes) {
    std::string changed = text;
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    changed.replace(changed.find(from), from.size(), to);
    write_file_atomically(path, changed);
    expect_refused();
  }
}

TEST_F(LibraryModelTest, CompactFormat_KeepsBitsAndPeaksWithinItsSteps) {
  SpectrumLibrary library = small_library(SimilarityKind::kModifiedCosine);
  library.spectra[0].peaks[0].mz = 60.123456789;
  const SpectrumLibrary read = packed_and_read(library);
  EXPECT_EQ(read.molecules, 3U);
  EXPECT_EQ(read.bits, library.bits);
  ASSERT_EQ(read.spectra.size(), library.spectra.size());
  for (std::size_t s = 0; s < read.spectra.size(); ++s) {
    ASSERT_EQ(read.spectra[s].peaks.size(), library.spectra[s].peaks.size());
    for (std::size_t p = 0; p < read.spectra[s].peaks.size(); ++p) {
      const auto &found = read.spectra[s].peaks[p], &written = library.spectra[s].peaks[p];
      EXPECT_NEAR(found.mz, written.mz, written.mz * 6e-8);
      EXPECT_NEAR(std::pow(found.intensity, 0.25), std::pow(written.intensity / 100, 0.25), 0.5 / 255 + 1e-6);
    }
  }
}

TEST_F(LibraryModelTest, CompactFormat_BitBeyondTheWidth_IsRefused) {
  SpectrumLibrary library = small_library(SimilarityKind::kCosine);
  library.width = 24;
  library.bits = {1, 0, 0, 6, 0, 0, 1, 128, 128};
  EXPECT_EQ(packed_and_read(library).bits, library.bits);
  const std::string manifest = folder_.string() + "/" + nn::kManifestFile;
  std::string text = read_text_file(manifest);
  text.replace(text.find("width = 24"), 10, "width = 16");
  write_file_atomically(manifest, text);
  EXPECT_THROW(read_spectrum_library(nn::ModelFolder::open(folder_.string())), Error);
}

}  // namespace
}  // namespace molbridge::retrieve
