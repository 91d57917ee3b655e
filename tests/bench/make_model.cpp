// make_model SHAPE f32|f16|bf16 FOLDER [CONTEXT]: writes a model of a reference shape with random weights as a
// Hugging Face folder, tensor by tensor. Weights are uniform with the variance of a usual initialisation, from a
// counter-based generator: the same file for the same arguments.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/base/half.h"
#include "core/engine/sampler.h"
#include "tests/bench/shapes.h"

namespace {

struct Tensor {
  std::string name;
  int64_t rows, columns;  // columns 0: a vector
};

std::vector<Tensor> tensorsOf(const bench::Shape& s) {
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

std::string config(const bench::Shape& s, const std::string& type, int context) {
  std::string text = fmt::format(
      R"({{"architectures": ["{}"], "model_type": "{}", "hidden_size": {}, "num_hidden_layers": {}, "num_attention_heads": {},
 "num_key_value_heads": {}, "vocab_size": {}, "max_position_embeddings": {}, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
 "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "{}", "num_experts": {}, "num_experts_per_tok": {},
 "norm_topk_prob": false, )",
      s.family == "olmoe" ? "OlmoeForCausalLM" : "Qwen2MoeForCausalLM", s.family, s.width, s.layers, s.heads, s.heads,
      s.vocabulary, context, type == "f32" ? "float32" : type == "f16" ? "float16" : "bfloat16", s.experts, s.chosen);
  if (s.family == "olmoe") return text + fmt::format("\"intermediate_size\": {}}}\n", s.expertHidden);
  return text + fmt::format(
                    "\"intermediate_size\": {0}, \"moe_intermediate_size\": {0}, \"shared_expert_intermediate_size\": {1}, "
                    "\"decoder_sparse_step\": 1, \"mlp_only_layers\": []}}\n",
                    s.expertHidden, s.sharedHidden);
}

int64_t count(const Tensor& t) { return t.rows * (t.columns > 0 ? t.columns : 1); }

void writeTensor(std::ofstream& file, const Tensor& tensor, size_t index, const std::string& type) {
  const bool norm = tensor.columns == 0;
  const double scale = norm ? 0.1 : std::sqrt(3.0 / static_cast<double>(tensor.columns));
  std::vector<char> bytes;
  for (int64_t i = 0; i < count(tensor); ++i) {
    const auto value = static_cast<float>((core::uniformAt(1, index, static_cast<uint64_t>(i)) * 2 - 1) * scale + (norm ? 1 : 0));
    const uint16_t half = type == "f16" ? core::floatToHalf(value) : core::floatToBf16(value);
    const auto* from = type == "f32" ? reinterpret_cast<const char*>(&value) : reinterpret_cast<const char*>(&half);
    bytes.insert(bytes.end(), from, from + (type == "f32" ? 4 : 2));
    if (bytes.size() >= size_t{1} << 20 || i + 1 == count(tensor)) {
      file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      bytes.clear();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Shape* shape = nullptr;
  for (const bench::Shape& s : bench::shapes()) {
    if (argc >= 4 && s.name == argv[1]) shape = &s;
  }
  const std::string type = argc >= 4 ? argv[2] : "";
  if (!shape || (type != "f32" && type != "f16" && type != "bf16")) {
    fmt::print(stderr, "usage: make_model nano|small|qwen2moe|medium f32|f16|bf16 FOLDER [CONTEXT]\n");
    return 2;
  }
  const std::filesystem::path folder = argv[3];
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config(*shape, type, argc > 4 ? std::atoi(argv[4]) : shape->context);

  const std::vector<Tensor> tensors = tensorsOf(*shape);
  const int64_t size = type == "f32" ? 4 : 2;
  std::string header = "{";
  int64_t at = 0;
  for (const Tensor& tensor : tensors) {
    const std::string dims = tensor.columns > 0 ? fmt::format("{},{}", tensor.rows, tensor.columns) : fmt::format("{}", tensor.rows);
    header += fmt::format("{}\"{}\":{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", at > 0 ? "," : "", tensor.name,
                          type == "f32" ? "F32" : type == "f16" ? "F16" : "BF16", dims, at, at + count(tensor) * size);
    at += count(tensor) * size;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::ofstream file(folder / "model.safetensors", std::ios::binary);
  const uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), 8);
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (size_t i = 0; i < tensors.size(); ++i) writeTensor(file, tensors[i], i, type);
  file.flush();
  if (!file) {
    fmt::print(stderr, "could not write {}\n", (folder / "model.safetensors").string());
    return 1;
  }
  return 0;
}
