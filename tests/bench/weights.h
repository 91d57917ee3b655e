// The tensors of a random model of a reference shape, in the order of their numbers, and their values. Weights are
// uniform with the variance of a usual initialisation, from a counter-based generator: element i of tensor n is the
// same whatever file it is written to.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "core/engine/sampler.h"
#include "tests/bench/shapes.h"

namespace bench {

struct Tensor {
  std::string name;       // as Hugging Face folders spell it
  int64_t rows, columns;  // columns 0: a vector
  int64_t elements() const { return rows * (columns > 0 ? columns : 1); }
  bool isVector() const { return columns == 0; }
};

inline std::vector<Tensor> tensorsOf(const Shape& s) {
  std::vector<Tensor> all = {{"model.embed_tokens.weight", s.vocabulary, s.width}};
  const int64_t D = s.width, H = s.expertHidden;
  for (int l = 0; l < s.layers; ++l) {
    const std::string p = fmt::format("model.layers.{}.", l);
    all.push_back({p + "input_layernorm.weight", D, 0});
    all.push_back({p + "post_attention_layernorm.weight", D, 0});
    for (const char* q : {"q", "k", "v", "o"}) {
      all.push_back({fmt::format("{}self_attn.{}_proj.weight", p, q), D, D});
      if (s.family == "qwen2_moe" && *q != 'o') all.push_back({fmt::format("{}self_attn.{}_proj.bias", p, q), D, 0});
    }
    if (s.family == "olmoe") {
      all.push_back({p + "self_attn.q_norm.weight", D, 0});
      all.push_back({p + "self_attn.k_norm.weight", D, 0});
    }
    all.push_back({p + "mlp.gate.weight", s.experts, D});
    const auto mlp = [&](const std::string& at, int64_t hidden) {
      all.push_back({at + "gate_proj.weight", hidden, D});
      all.push_back({at + "up_proj.weight", hidden, D});
      all.push_back({at + "down_proj.weight", D, hidden});
    };
    for (int e = 0; e < s.experts; ++e) mlp(fmt::format("{}mlp.experts.{}.", p, e), H);
    if (s.sharedHidden > 0) {
      mlp(p + "mlp.shared_expert.", s.sharedHidden);
      all.push_back({p + "mlp.shared_expert_gate.weight", 1, D});
    }
  }
  all.push_back({"model.norm.weight", D, 0});
  all.push_back({"lm_head.weight", s.vocabulary, D});
  return all;
}

inline float valueOf(const Tensor& tensor, size_t number, int64_t element) {
  const double scale = tensor.isVector() ? 0.1 : std::sqrt(3.0 / static_cast<double>(tensor.columns));
  const double uniform = core::uniformAt(1, number, static_cast<uint64_t>(element)) * 2 - 1;
  return static_cast<float>(uniform * scale + (tensor.isVector() ? 1 : 0));
}

}  // namespace bench
