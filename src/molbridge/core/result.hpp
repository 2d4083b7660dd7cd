#pragma once
// A value or the reason why there is none, for failures that are expected per record (one bad SMILES of a million).

#include <string>
#include <utility>
#include <variant>

#include "molbridge/core/error.hpp"

namespace molbridge {

/// The reason of a failed Result: one short sentence for a report line, no file name (the caller knows it).
struct Failure {
  std::string reason;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}            // NOLINT: implicit by design, as in std::expected
  Result(Failure failure) : state_(std::move(failure)) {}  // NOLINT

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  /// Requires bool(*this); otherwise throws kInternal.
  T& value() & {
    MOLBRIDGE_CHECK(*this, reason());
    return std::get<T>(state_);
  }
  const T& value() const& {
    MOLBRIDGE_CHECK(*this, reason());
    return std::get<T>(state_);
  }
  T&& value() && {
    MOLBRIDGE_CHECK(*this, reason());
    return std::get<T>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// Empty when there is a value.
  std::string reason() const { return *this ? std::string() : std::get<Failure>(state_).reason; }

 private:
  std::variant<T, Failure> state_;
};

}  // namespace molbridge
