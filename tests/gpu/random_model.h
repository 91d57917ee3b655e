// Models of random weights in memory, of any size: for speed, memory and determinism.
#pragma once

#include <deque>
#include <memory>
#include <random>

#include "core/base/half.h"
#include "core/model/model.h"
#include "tests/support/random_blocks.h"

namespace test {

struct RandomShape {
  int layers = 2, width = 64, heads = 4, experts = 8, chosen = 2, expertHidden = 64, sharedHidden = 0, vocabulary = 256;
  core::DType type = core::DType::F32;
  bool dropsChoices = false;
};

// Owns the weights of the model it makes.
class RandomModel : public core::ModelStorage {
 public:
  core::Status check() const override { return {}; }
  size_t fileBytes() const override { return m_bytes; }

  static std::shared_ptr<const core::Model> make(const RandomShape& s, uint32_t seed = 1) {
    auto storage = std::make_shared<RandomModel>();
    storage->m_generator.seed(seed);
    storage->m_type = s.type;
    auto model = std::make_shared<core::Model>();
    model->name = "random";
    core::ModelConfig& config = model->config;
    config.family = "random";
    config.width = s.width;
    config.layers = s.layers;
    config.vocabulary = s.vocabulary;
    config.expertHidden = s.expertHidden;
    config.sharedHidden = s.sharedHidden;
    config.shared = s.sharedHidden > 0 ? core::SharedExpert::Gated : core::SharedExpert::None;
    config.attention.heads = config.attention.keyValueHeads = s.heads;
    config.attention.headDim = s.width / s.heads;
    config.attention.scale = 1 / std::sqrt(static_cast<double>(config.attention.headDim));
    config.attention.rope.dimensions = config.attention.headDim;
    config.router.experts = s.experts;
    config.router.chosen = s.chosen;
    config.router.dropsChoices = s.dropsChoices;
    config.layer.resize(static_cast<size_t>(s.layers));
    model->weights.embedding = storage->tensor({s.vocabulary, s.width}, 1);
    model->weights.finalNorm.weight = storage->ones(s.width);
    model->weights.output = storage->linear(s.vocabulary, s.width);
    for (core::LayerConfig& layer : config.layer) {
      layer.moe = true;
      core::LayerWeights weights;
      weights.inputNorm.weight = storage->ones(s.width);
      weights.blockNorm.weight = storage->ones(s.width);
      for (core::Linear* linear : {&weights.query, &weights.key, &weights.value, &weights.output}) {
        *linear = storage->linear(s.width, s.width);
      }
      weights.router = storage->linear(s.experts, s.width);
      for (int e = 0; e < s.experts; ++e) weights.experts.push_back(storage->mlp(s.expertHidden, s.width));
      if (s.sharedHidden > 0) {
        weights.shared = storage->mlp(s.sharedHidden, s.width);
        weights.sharedGate = storage->linear(1, s.width);
      }
      model->weights.layer.push_back(std::move(weights));
    }
    model->storage = storage;
    return model;
  }

 private:
  core::Tensor tensor(std::vector<int64_t> shape, float scale) {
    core::Tensor out{nullptr, m_type, std::move(shape)};
    std::vector<std::byte>& bytes = m_blocks.emplace_back(out.bytes());
    if (core::isQuantised(m_type)) bytes = randomWeights(m_type, static_cast<size_t>(out.elements()), m_generator(), scale);
    for (int64_t i = 0; i < out.elements() && !core::isQuantised(m_type); ++i) {
      const float value = scale * (static_cast<float>(m_generator() >> 8) / 8388608.0f - 1);
      const uint16_t packed = m_type == core::DType::F16 ? core::floatToHalf(value) : core::floatToBf16(value);
      if (m_type == core::DType::F32) std::memcpy(bytes.data() + i * 4, &value, 4);
      if (m_type != core::DType::F32) std::memcpy(bytes.data() + i * 2, &packed, 2);
    }
    m_bytes += bytes.size();
    out.data = bytes.data();
    return out;
  }
  core::Tensor ones(int n) {
    core::Tensor out{nullptr, core::DType::F32, {n}};
    std::vector<std::byte>& bytes = m_blocks.emplace_back(out.bytes());
    const float one = 1;
    for (int i = 0; i < n; ++i) std::memcpy(bytes.data() + i * 4, &one, 4);
    out.data = bytes.data();
    return out;
  }
  core::Linear linear(int outputs, int inputs) {
    return {tensor({outputs, inputs}, 1.7f / std::sqrt(static_cast<float>(inputs))), {}};
  }
  core::Mlp mlp(int hidden, int width) { return {linear(hidden, width), linear(hidden, width), linear(width, hidden)}; }

  std::mt19937 m_generator;
  core::DType m_type = core::DType::F32;
  std::deque<std::vector<std::byte>> m_blocks;
  size_t m_bytes = 0;
};

}  // namespace test
