// Adducts and masses against a real spectral library, where it stands beside the checkout.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <vector>

#include "molbridge/core/line_source.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/mass/adduct.hpp"
#include "molbridge/mass/tolerance.hpp"

namespace molbridge::mass {
namespace {

const std::string kFolder = MOLBRIDGE_SOURCE_DIR "/../shared/data/massbank/";

/// The KEY=VALUE lines of each record.
template <typename Visit>
void for_each_record(const std::string& path, Visit visit) {
  const auto lines = LineSource::open(path);
  std::map<std::string, std::string> record;
  std::string line;
  while (lines->next_line(line)) {
    if (line == "BEGIN IONS") record.clear();
    if (line == "END IONS") visit(record);
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) record[line.substr(0, equals)] = line.substr(equals + 1);
  }
}

class AdductDataTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFolder + "massbank_train.mgf.gz")) GTEST_SKIP() << "no data beside the checkout";
  }
};

TEST_F(AdductDataTest, Parse_AllAdductsOfTheLibrary_AreUnderstood) {
  std::map<std::string, int> written;
  for (const char* file : {"massbank_train.mgf.gz", "massbank_val.mgf.gz"}) {
    for_each_record(kFolder + file, [&](auto& record) { ++written[record["ADDUCT"]]; });
  }
  written.erase("");  // the records that name none
  EXPECT_GT(written.size(), 30U);
  for (const auto& [text, count] : written) {
    const auto parsed = Adduct::parse(text);
    EXPECT_TRUE(parsed) << count << " records: " << parsed.reason();
  }
}

TEST_F(AdductDataTest, IonMz_OfTheLibrary_AgreesWithItsPrecursors) {
  std::vector<double> errors;
  for_each_record(kFolder + "massbank_train.mgf.gz", [&](auto& record) {
    const auto adduct = Adduct::parse(record["ADDUCT"]);
    const auto formula = Formula::parse(record["FORMULA"]);
    const auto precursor = parse_double(record["PEPMASS"]);
    if (adduct && formula && precursor && *precursor > 0)
      errors.push_back(std::abs(ppm_error(*precursor, adduct->ion_mz(*formula))));
  });
  ASSERT_GT(errors.size(), 40'000U);
  std::sort(errors.begin(), errors.end());
  const auto share_within = [&](double ppm) {
    return static_cast<double>(std::upper_bound(errors.begin(), errors.end(), ppm) - errors.begin()) / errors.size();
  };
  for (const double ppm : {1.0, 2.0, 5.0, 10.0, 20.0, 100.0, 1e5}) {
    RecordProperty("within_" + format_shortest(ppm) + "_ppm", format_fixed(100 * share_within(ppm), 2));
    std::cout << "within " << ppm << " ppm: " << format_fixed(100 * share_within(ppm), 2) << " % of " << errors.size()
              << "\n";
  }
  EXPECT_GT(share_within(20), 0.95);
}

}  // namespace
}  // namespace molbridge::mass
