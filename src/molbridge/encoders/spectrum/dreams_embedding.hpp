#pragma once
// From (m/z, intensity) to the tokens of the DreaMS transformer: peak branch, m/z token, Fourier branch. Private to encoders.

#include <span>
#include <vector>

#include "molbridge/encoders/spectrum/dreams.hpp"
#include "molbridge/encoders/spectrum/dreams_layers.hpp"

namespace molbridge::encoders {

class DreamsEmbedding {
 public:
  explicit DreamsEmbedding(const DreamsSource& source);
  /// Shapes: out [peaks, D]. Padding is computed once and kept.
  void embed(std::span<const DreamsPeak> peaks, float* out) const;
  /// The part of a token that m/z differences are taken of: the Fourier branch, or the first channel of the peak branch where there is none.
  std::int64_t difference_offset() const { return fourier_.empty() ? 0 : width_ - fourier_.outputs(); }
  std::int64_t difference_width() const { return fourier_.empty() ? 1 : fourier_.outputs(); }
  std::uint64_t memory() const;

 private:
  void check_widths(const DreamsSource& source) const;
  void embed_block(std::span<const DreamsPeak> peaks, float* out) const;
  void place(const std::vector<float>& part, std::int64_t rows, std::int64_t width, std::int64_t offset,
             float* out) const;
  std::vector<float> fourier_part(std::span<const DreamsPeak> peaks) const;
  std::vector<float> mz_token_part(std::span<const DreamsPeak> peaks) const;

  std::int64_t width_;
  double max_mz_, mz_bin_;
  std::vector<float> frequencies_;
  std::vector<float> mz_classes_;  ///< [classes + 1, d], the last one for masked m/z
  std::int64_t mz_class_width_ = 0;
  DreamsChain peak_, mz_token_, fourier_;
  std::vector<float> padding_;  ///< [D], the token of (0, 0)
};

}  // namespace molbridge::encoders
