#pragma once
// bfloat16 matrix products on the processor, on and off. Not thread-safe: it is a setting of the calling thread.

#include <ATen/autocast_mode.h>

namespace molbridge::learn {

/// Sets autocast to bfloat16 on or off while it lives.
class Autocast {
 public:
  explicit Autocast(bool on) : was_on_(at::autocast::is_cpu_enabled()) {
    at::autocast::set_cpu_enabled(on);
    if (on) at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  }
  ~Autocast() {
    if (!was_on_) at::autocast::clear_cache();  // its casts of the weights are those of this step
    at::autocast::set_cpu_enabled(was_on_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool was_on_;
};

}  // namespace molbridge::learn
