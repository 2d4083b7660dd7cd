#pragma once
// A frozen encoder as `embed` uses it: items in, rows out. Private to the service. Threads: const use is safe.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/service/embed.hpp"
#include "molbridge/service/embed_item.hpp"

namespace molbridge::service {

class Embedder {
 public:
  virtual ~Embedder() = default;
  virtual std::string name() const = 0;
  virtual std::string digest() const = 0;
  virtual std::uint64_t width() const = 0;
  /// What decides the rows beside the model: "dtype", "peaks", ...; in a fixed order.
  virtual std::vector<std::pair<std::string, std::string>> settings() const = 0;
  /// Shapes: out [items, D]. An item that cannot be embedded gets a reason, and its row is unspecified; an item that has a reason is passed
  /// over. Errors: kCancelled.
  virtual void embed(std::span<EmbedItem> items, std::size_t threads, std::span<float> out) const = 0;
};

/// Errors: kModel, kUsage.
std::shared_ptr<const Embedder> open_embedder(const EmbedOptions& options);

std::shared_ptr<const Embedder> open_spectrum_embedder(const EmbedOptions& options);
std::shared_ptr<const Embedder> open_molecule_embedder(const EmbedOptions& options);
std::shared_ptr<const Embedder> open_sequence_embedder(const EmbedOptions& options);

}  // namespace molbridge::service
