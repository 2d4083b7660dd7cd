#include "molbridge/nn/linear.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::nn {
namespace {

std::vector<float> random_floats(std::int64_t count, std::uint64_t seed, double scale = 1) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(rng.normal() * scale);
  return values;
}

struct Size {
  std::int64_t inputs, outputs;
};

std::vector<Precision> precisions_that_run() {
  std::vector<Precision> all = {Precision::kFloat32};
  try {
    const std::vector<float> weight(16, 1.0F);
    Linear(weight, {}, 4, 4, Precision::kBfloat16);
    all.insert(all.end(), {Precision::kBfloat16, Precision::kBfloat16x3});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kResource);
  }
  return all;
}

/// Error of a product relative to the size of its terms.
double allowed(Precision precision) {
  switch (precision) {
    case Precision::kFloat32: return 1e-6;
    case Precision::kBfloat16: return 4e-3;
    case Precision::kBfloat16x3: return 1e-5;
  }
  return 0;
}

double activated(double x, Activation activation) {
  switch (activation) {
    case Activation::kRelu: return std::max(x, 0.0);
    case Activation::kGelu: return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::kGeluTanh: return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::kTanh: return std::tanh(x);
    case Activation::kSilu: return x / (1 + std::exp(-x));
    case Activation::kQuickGelu: return x / (1 + std::exp(-1.702 * x));
    case Activation::kNone: return x;
  }
  return x;
}

double expected_value(const std::vector<float>& x, const std::vector<float>& weight, const std::vector<float>& bias,
                      Size size, std::int64_t row, std::int64_t column) {
  double sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(column)];
  for (std::int64_t k = 0; k < size.inputs; ++k) {
    sum += static_cast<double>(x[static_cast<std::size_t>(row * size.inputs + k)]) *
           weight[static_cast<std::size_t>(column * size.inputs + k)];
  }
  return sum;
}

TEST(Linear, ShapesAndActivations_EqualsTheDefinition) {
  for (const Precision precision : precisions_that_run()) {
    for (const Size size : {Size{2, 44}, Size{52, 64}, Size{13, 1}, Size{128, 256}, Size{700, 33}}) {
      for (const Activation activation :
           {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kGeluTanh, Activation::kTanh,
            Activation::kSilu, Activation::kQuickGelu}) {
        const std::int64_t rows = 70;
        const auto weight = random_floats(size.inputs * size.outputs, 1, 1 / std::sqrt(size.inputs)),
                   bias = random_floats(size.outputs, 2);
        const auto x = random_floats(rows * size.inputs, 3);
        const Linear linear(weight, bias, size.inputs, size.outputs, precision, activation);
        std::vector<float> y(static_cast<std::size_t>(rows * size.outputs));
        linear.forward(x.data(), rows, y.data());
        for (std::int64_t i = 0; i < rows * size.outputs; i += 7) {
          const double value = expected_value(x, weight, bias, size, i / size.outputs, i % size.outputs);
          ASSERT_NEAR(y[static_cast<std::size_t>(i)], activated(value, activation), 12 * allowed(precision))
              << name(precision) << " " << size.inputs << "x" << size.outputs;
        }
      }
    }
  }
}

TEST(Linear, AddForward_AddsToWhatIsThereWithoutBiasToo) {
  for (const Precision precision : precisions_that_run()) {
    const Size size{40, 24};
    const auto weight = random_floats(40 * 24, 1, 0.2), x = random_floats(5 * 40, 3);
    const Linear linear(weight, {}, 40, 24, precision);
    std::vector<float> y(5 * 24, 2.0F);
    linear.add_forward(x.data(), 5, y.data());
    for (std::int64_t i = 0; i < 5 * 24; ++i) {
      ASSERT_NEAR(y[static_cast<std::size_t>(i)], 2.0 + expected_value(x, weight, {}, size, i / 24, i % 24),
                  6 * allowed(precision));
    }
  }
}

TEST(FeedForward, EqualsItsTwoParts) {
  for (const Precision precision : precisions_that_run()) {
    const std::int64_t width = 96, hidden = 256, rows = 203;
    const auto w1 = random_floats(width * hidden, 1, 0.1), b1 = random_floats(hidden, 2),
               w2 = random_floats(width * hidden, 3, 0.06), b2 = random_floats(width, 4),
               x = random_floats(rows * width, 5);
    const Linear in(w1, b1, width, hidden, Precision::kFloat32, Activation::kGelu),
        out(w2, b2, hidden, width, Precision::kFloat32);
    std::vector<float> middle(static_cast<std::size_t>(rows * hidden)), expected(x), y(x);
    in.forward(x.data(), rows, middle.data());
    out.add_forward(middle.data(), rows, expected.data());
    FeedForward both({w1, b1, width, hidden, precision, Activation::kGelu}, {w2, b2, hidden, width, precision});
    both.add_forward(x.data(), rows, y.data());
    for (std::size_t i = 0; i < y.size(); ++i)
      ASSERT_NEAR(y[i], expected[i], 10 * allowed(precision)) << name(precision);
  }
}

/// The sizes of published networks, where oneDNN cuts the sums differently for other numbers of rows.
TEST(Linear, ARow_IsTheSameToTheBitAloneInABatchAndOnAnotherThread) {
  for (const Precision precision : precisions_that_run()) {
    for (const Size size : {Size{1024, 3072}, Size{1024, 1024}, Size{4096, 1024}, Size{1024, 4096}, Size{11994, 512},
                            Size{512, 980}, Size{768, 2304}, Size{3072, 768}, Size{128, 256}, Size{464, 384}}) {
      const std::int64_t rows = 300;
      const auto weight = random_floats(size.inputs * size.outputs, 1, 0.03), x = random_floats(rows * size.inputs, 2);
      const Linear linear(weight, {}, size.inputs, size.outputs, precision);
      std::vector<float> batch(static_cast<std::size_t>(rows * size.outputs)), other(batch.size()),
          alone(static_cast<std::size_t>(size.outputs));
      linear.forward(x.data(), rows, batch.data());
      std::thread([&] { linear.forward(x.data(), rows, other.data()); }).join();
      EXPECT_EQ(batch, other);
      for (const std::int64_t row : {0L, 5L, 127L, 128L, 190L, 299L}) {
        linear.forward(x.data() + row * size.inputs, 1, alone.data());
        for (std::int64_t i = 0; i < size.outputs; ++i) {
          ASSERT_EQ(alone[static_cast<std::size_t>(i)], batch[static_cast<std::size_t>(row * size.outputs + i)])
              << name(precision) << " " << size.inputs << "x" << size.outputs << " row " << row;
        }
      }
    }
  }
}

TEST(Precision, Names_GoBothWays) {
  for (const auto* text : {"f32", "bf16", "bf16x3"}) EXPECT_EQ(name(parse_precision(text)), text);
  EXPECT_THROW(parse_precision("f16"), Error);
}

}  // namespace
}  // namespace molbridge::nn
