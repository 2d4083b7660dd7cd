#pragma once
// Seeded random numbers with named streams. The whole state is four words, so a checkpoint can hold it.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace molbridge {

/// xoshiro256** (Blackman and Vigna, public domain algorithm). Same numbers on every platform and standard library, which
/// std::shuffle and the std distributions do not promise. Not thread-safe.
class Rng {
 public:
  using State = std::array<std::uint64_t, 4>;
  explicit Rng(std::uint64_t seed, std::string_view stream = "");
  explicit Rng(State state) : state_(state) {}

  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0. Unbiased.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double uniform();
  /// Standard normal (Box-Muller, one of the pair).
  double normal();

  template <typename T>
  void shuffle(std::span<T> values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }
  const State& state() const { return state_; }

 private:
  State state_{};
};

}  // namespace molbridge
