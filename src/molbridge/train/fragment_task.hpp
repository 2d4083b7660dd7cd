#pragma once
// The fragment network as a training task: spectra, for each compound its candidates taken apart, softmax over the candidates.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/fragment/observation.hpp"
#include "molbridge/learn/fragment_net.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

/// Candidates by index into `fragmentations`, the truth first.
struct FragmentCompound {
  std::string inchikey14;
  std::vector<std::uint32_t> candidates;
};

struct FragmentSpectrum {
  fragment::Observation observation;  ///< with at least one peak
  std::size_t compound = 0;
};

struct FragmentData {
  std::vector<fragment::Fragmentation> fragmentations;
  std::vector<FragmentCompound> compounds;
  std::vector<FragmentSpectrum> spectra;
};

struct FragmentTaskOptions {
  learn::FragmentNetOptions net;
  std::int64_t candidates = 24;  ///< of a compound that stand in a step, the truth included; drawn anew
  double peak_dropout = 0.1;     ///< share of the peaks left out in a step
  std::uint64_t seed = 1;
};

/// One spectrum with the candidates that are to be scored.
struct FragmentQuery {
  const fragment::Observation* observation = nullptr;
  std::vector<const fragment::Fragmentation*> candidates;
};
/// What the network takes. Queries without peaks or candidates are allowed.
learn::FragmentBatch make_fragment_batch(const std::vector<FragmentQuery>& queries);

/// The sizes that go with the fragment module.
learn::FragmentNetOptions fragment_net_sizes();

/// `data` must outlive the task. Not thread-safe.
class FragmentTask : public Task {
 public:
  FragmentTask(const FragmentData& data, const FragmentTaskOptions& options);
  torch::nn::Module& module() override { return *net_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(data_.spectra.size()); }
  std::int64_t group_of(std::int64_t example) const override {
    return static_cast<std::int64_t>(data_.spectra[static_cast<std::size_t>(example)].compound);
  }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;
  learn::FragmentNet& net() { return net_; }

 private:
  const FragmentData& data_;
  FragmentTaskOptions options_;
  learn::FragmentNet net_{nullptr};
};

/// Recall and MRR of the network by itself on other spectra, by compound, ties against it.
class FragmentValidator : public Validator {
 public:
  FragmentValidator(const FragmentData& data, learn::FragmentNet net, std::int64_t batch_size)
      : data_(data), net_(std::move(net)), batch_size_(batch_size) {}
  std::vector<std::pair<std::string, double>> measure() override;

 private:
  const FragmentData& data_;
  learn::FragmentNet net_;
  std::int64_t batch_size_;
};

}  // namespace molbridge::train
