// Rows of the processor's parity table: one fast operation, one shape, and how far its results may be from those of its
// readable reference.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/half.h"
#include "core/engine/ops.h"
#include "core/engine/ops_fast.h"
#include "core/engine/sampler.h"
#include "tests/support/random_blocks.h"

namespace test::fast {

// Weights and inputs of one row, from its own stream of random numbers.
class Source {
 public:
  explicit Source(uint64_t seed) : m_seed(seed) {}

  std::vector<float> floats(size_t count, double scale = 1) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>((core::uniformAt(m_seed, 7, m_next++) * 2 - 1) * scale);
    return values;
  }

  core::Tensor tensor(core::DType type, std::vector<int64_t> shape, double scale = 0.5) {
    core::Tensor tensor;
    tensor.type = type;
    tensor.shape = std::move(shape);
    if (core::isQuantised(type)) {
      const auto random = test::randomWeights(type, static_cast<size_t>(tensor.elements()), m_seed * 1000 + m_next++);
      auto blocks = std::make_shared<std::vector<std::byte>>(random.size() + 1);  // as below
      std::memcpy(blocks->data() + 1, random.data(), random.size());
      tensor.data = blocks->data() + 1;
      m_kept.push_back(std::move(blocks));
      return tensor;
    }
    const std::vector<float> values = floats(static_cast<size_t>(tensor.elements()), scale);
    // One byte off any alignment, as tensors in files may be.
    auto bytes = std::make_shared<std::vector<std::byte>>(tensor.bytes() + 1);
    std::byte* at = bytes->data() + 1;
    for (const float value : values) {
      if (type == core::DType::F32) {
        std::memcpy(at, &value, 4);
        at += 4;
      } else {
        const uint16_t half = type == core::DType::F16 ? core::floatToHalf(value) : core::floatToBf16(value);
        std::memcpy(at, &half, 2);
        at += 2;
      }
    }
    tensor.data = bytes->data() + 1;
    m_kept.push_back(std::move(bytes));
    return tensor;
  }

  core::Linear linear(core::DType type, int out, int in, bool bias = false) {
    core::Linear linear;
    linear.weight = tensor(type, {out, in});
    if (bias) linear.bias = tensor(core::isQuantised(type) ? core::DType::F32 : type, {out});
    return linear;
  }

  core::Mlp mlp(core::DType type, core::Activation activation, int D, int H) {
    const int wide = activation == core::Activation::TripleSwiGlu ? 2 * H : H;
    return {linear(type, wide, D), linear(type, H, D), linear(type, D, H)};
  }

 private:
  uint64_t m_seed;
  uint64_t m_next = 0;
  std::vector<std::shared_ptr<std::vector<std::byte>>> m_kept;
};

struct Outcome {
  std::vector<float> expected, got;
};

struct Row {
  std::string op, shape;
  double abs, rel;
  std::function<Outcome(core::fast::Machine&, Source&)> run;
};

inline constexpr core::Activation kActivations[] = {core::Activation::SwiGlu, core::Activation::TripleSwiGlu,
                                                    core::Activation::GeGluTanh, core::Activation::ClampedSwiGlu};

std::vector<core::DType> allTypes();  // by their place in the table

// Each adds the rows of its operations.
void addProducts(std::vector<Row>& rows);
void addRows(std::vector<Row>& rows);
void addRotations(std::vector<Row>& rows);
void addAttention(std::vector<Row>& rows);
void addLatentHeads(std::vector<Row>& rows);
void addTiledAttention(std::vector<Row>& rows);
void addRouted(std::vector<Row>& rows);
void addExperts(std::vector<Row>& rows);

}  // namespace test::fast
