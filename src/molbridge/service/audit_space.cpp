#include "molbridge/service/audit_space.hpp"

#include <algorithm>
#include <cstring>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/smiles/smiles_encoder.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kChunk = 32;
constexpr std::size_t kBlock = 2048;  // between two reports of progress

/// Calls work(begin, end) on blocks of [0, count) one after the other.
template <typename Work>
void in_blocks(const std::string& label, const std::string& unit, std::size_t count, Progress& progress,
               const Work& work) {
  progress.start(label, count, unit);
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    check_interrupt();
    const std::size_t end = std::min(begin + kBlock, count);
    work(begin, end);
    progress.advance(end);
  }
  progress.finish();
}

std::vector<std::size_t> readable_rows(std::span<const eval::LeakCandidate> table) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].spelling.parsed) rows.push_back(i);
  }
  return rows;
}

chem::Molecule molecule_of(const eval::LeakCandidate& candidate) {
  return chem::Molecule::from_smiles(candidate.spelling.standard).value();
}

}  // namespace

AuditSpace::AuditSpace(bank::Dtype dtype, std::size_t width, std::size_t rows, bank::Similarity similarity)
    : dtype_(dtype),
      width_(width),
      stride_(static_cast<std::size_t>(bank::row_bytes(dtype, width))),
      similarity_(similarity),
      rows_(rows * stride_) {}

bool AuditSpace::reads_strings(const encoders::MoleculeEncoder& encoder) {
  return dynamic_cast<const encoders::SmilesEncoder*>(&encoder) != nullptr;
}

AuditSpace AuditSpace::standard(std::span<const eval::LeakCandidate> table, const encoders::MoleculeEncoder& encoder,
                                bank::Similarity similarity, std::size_t threads, Progress& progress) {
  const bank::Dtype dtype = encoder.is_binary() ? bank::Dtype::kBits : bank::Dtype::kFloat32;
  const auto width = static_cast<std::size_t>(encoder.width());
  AuditSpace space(dtype, width, table.size(), similarity);
  const std::vector<std::size_t> rows = readable_rows(table);
  in_blocks("encoding candidates", "molecules", rows.size(), progress, [&](std::size_t begin, std::size_t end) {
    if (encoder.is_binary()) {
      parallel_for(end - begin, threads, kChunk, [&](std::size_t from, std::size_t to) {
        for (std::size_t i = begin + from; i < begin + to; ++i) {
          encoder.encode_bits(molecule_of(table[rows[i]]),
                              {reinterpret_cast<std::uint8_t*>(space.at(rows[i])), space.stride_});
        }
      });
      return;
    }
    std::vector<chem::Molecule> molecules;
    for (std::size_t i = begin; i < end; ++i) molecules.push_back(molecule_of(table[rows[i]]));
    std::vector<float> vectors(molecules.size() * width);
    encoder.encode_all(molecules, threads, vectors);
    for (std::size_t i = begin; i < end; ++i)
      std::memcpy(space.at(rows[i]), vectors.data() + (i - begin) * width, space.stride_);
  });
  return space;
}

AuditSpace AuditSpace::as_given(std::span<const eval::LeakCandidate> table, const encoders::MoleculeEncoder& encoder,
                                bank::Similarity similarity, std::size_t threads, Progress& progress) {
  const auto* smiles = dynamic_cast<const encoders::SmilesEncoder*>(&encoder);
  MOLBRIDGE_CHECK(smiles != nullptr, encoder.name());
  const auto width = static_cast<std::size_t>(encoder.width());
  AuditSpace space(bank::Dtype::kFloat32, width, table.size(), similarity);
  in_blocks("embedding strings as given", "strings", table.size(), progress, [&](std::size_t begin, std::size_t end) {
    std::vector<std::string> strings;
    for (std::size_t i = begin; i < end; ++i) strings.push_back(table[i].spelling.given);
    smiles->network().embed(strings, threads, {reinterpret_cast<float*>(space.at(begin)), (end - begin) * width});
  });
  return space;
}

eval::FeatureList AuditSpace::scores(const eval::LeakList& list, std::span<const float> query) const {
  const bank::Scorer scorer(dtype_, query);
  eval::FeatureList out;
  out.truth = list.truth;
  for (const std::uint32_t row : list.candidates) {
    out.values.push_back(static_cast<double>(scorer.score(similarity_, at(row))));
  }
  return out;
}

std::vector<float> AuditSpace::vector(std::uint32_t row) const {
  std::vector<float> out(width_);
  if (dtype_ == bank::Dtype::kFloat32) {
    std::memcpy(out.data(), at(row), stride_);
    return out;
  }
  for (std::size_t i = 0; i < width_; ++i) {
    out[i] = static_cast<float>((std::to_integer<unsigned>(at(row)[i / 8]) >> (i % 8)) & 1U);
  }
  return out;
}

}  // namespace molbridge::service
