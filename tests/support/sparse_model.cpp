#include "tests/support/sparse_model.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/base/half.h"
#include "tests/core/model/gguf_bytes.h"

namespace test {
namespace {

namespace fs = std::filesystem;
using core::DType;

constexpr int kVocabulary = 8;
constexpr double kBestLogit = 4, kSecondLogit = 3;

double embeddingOf(int token) { return 1 + token / 8.0; }
double upOf(int expert) { return (1 + expert % 5) / 8.0; }

// `count` elements that are all `value`.
std::string repeated(DType type, double value, uint64_t count) {
  std::string one;
  if (type == DType::F32) {
    one = bytesOf(static_cast<float>(value));
  } else {
    one = bytesOf(core::floatToHalf(static_cast<float>(value / 127))) + std::string(32, '\x7f');
    count /= 32;
  }
  std::string all;
  all.reserve(one.size() * count);
  for (uint64_t i = 0; i < count; ++i) all += one;
  return all;
}

// A file of so many bytes, of which those that are put are there and the others are holes.
class SparseFile {
 public:
  SparseFile(const fs::path& path, uint64_t bytes) : m_path(path) {
    std::ofstream(path, std::ios::binary).put('\0');
    fs::resize_file(path, bytes);
    m_file.open(path, std::ios::binary | std::ios::in | std::ios::out);
  }
  void put(uint64_t at, std::string_view bytes) {
    m_file.seekp(static_cast<std::streamoff>(at));
    m_file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void finish() {
    if (!m_file.flush()) throw std::runtime_error("cannot write " + m_path.string());
  }

 private:
  fs::path m_path;
  std::fstream m_file;
};

class Writer {
 public:
  explicit Writer(const SparseModel& model) : m_model(model), m_isGguf(model.type != DType::F32) { list(); }

  uint64_t write(const fs::path& path) {
    const std::string header = m_isGguf ? ggufHeader() : folderHeader(path);
    const uint64_t bytes = header.size() + m_end;
    SparseFile file(m_isGguf ? path : path / "model.safetensors", bytes);
    file.put(0, header);
    m_begin = header.size();
    fill(file);
    file.finish();
    return bytes;
  }

 private:
  struct Tensor {
    std::string name;
    std::vector<uint64_t> shape;
    DType type;
    uint64_t offset, bytes;
  };

  void add(const std::string& name, std::vector<uint64_t> shape, DType type = DType::F32) {
    uint64_t elements = 1;
    for (const uint64_t size : shape) elements *= size;
    m_end = (m_end + 31) / 32 * 32;
    m_tensors.push_back({name, std::move(shape), type, m_end, core::bytesOf(type, elements)});
    m_end += m_tensors.back().bytes;
  }

  std::string at(int layer, std::string_view inFolder, std::string_view inGguf) const {
    return (m_isGguf ? "blk." : "model.layers.") + std::to_string(layer) + "." +
           std::string(m_isGguf ? inGguf : inFolder) + ".weight";
  }

  void list() {
    const auto D = static_cast<uint64_t>(m_model.width), H = static_cast<uint64_t>(m_model.hidden),
               E = static_cast<uint64_t>(m_model.experts);
    add(m_isGguf ? "token_embd.weight" : "model.embed_tokens.weight", {kVocabulary, D});
    add(m_isGguf ? "output_norm.weight" : "model.norm.weight", {D});
    for (int l = 0; l < m_model.layers; ++l) {
      add(at(l, "input_layernorm", "attn_norm"), {D});
      add(at(l, "post_attention_layernorm", "ffn_norm"), {D});
      for (const char* name : {"q", "k", "v"}) {
        add(at(l, std::string("self_attn.") + name + "_proj", std::string("attn_") + name), {D, D});
      }
      add(at(l, "self_attn.o_proj", "attn_output"), {D, D});
      add(at(l, "block_sparse_moe.gate", "ffn_gate_inp"), {E, D});
      if (m_isGguf) {
        add(at(l, "", "ffn_gate_exps"), {E, H, D}, m_model.type);
        add(at(l, "", "ffn_up_exps"), {E, H, D}, m_model.type);
        add(at(l, "", "ffn_down_exps"), {E, D, H}, m_model.type);
      } else {
        const std::string experts = "model.layers." + std::to_string(l) + ".block_sparse_moe.experts.";
        add(experts + "gate_up_proj", {E, 2 * H, D});
        add(experts + "down_proj", {E, D, H});
      }
    }
  }

  std::string folderHeader(const fs::path& folder) const {
    fs::create_directories(folder);
    const nlohmann::json config = {{"model_type", "mixtral"},
                                   {"hidden_size", m_model.width},
                                   {"num_hidden_layers", m_model.layers},
                                   {"num_attention_heads", 4},
                                   {"num_key_value_heads", 4},
                                   {"vocab_size", kVocabulary},
                                   {"intermediate_size", m_model.hidden},
                                   {"num_local_experts", m_model.experts},
                                   {"num_experts_per_tok", 2},
                                   {"tie_word_embeddings", true}};
    std::ofstream(folder / "config.json") << config.dump();
    nlohmann::json header;
    uint64_t end = 0;
    for (const Tensor& tensor : m_tensors) {  // without gaps: every tensor is a multiple of 32 bytes
      header[tensor.name] = {
          {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {tensor.offset, tensor.offset + tensor.bytes}}};
      if (tensor.offset != end) throw std::runtime_error("a gap before " + tensor.name);
      end = tensor.offset + tensor.bytes;
    }
    std::string text = header.dump();
    text.resize((text.size() + 31) / 32 * 32 - 8, ' ');
    return bytesOf(uint64_t{text.size()}) + text;
  }

  std::string ggufHeader() const {
    GgufBytes file;
    const auto number = [&](const char* key, int value) {
      file.number(std::string("llama.") + key, static_cast<uint32_t>(value));
    };
    file.text("general.architecture", "llama");
    number("block_count", m_model.layers);
    number("context_length", 4096);
    number("embedding_length", m_model.width);
    number("feed_forward_length", m_model.hidden);
    number("attention.head_count", 4);
    number("expert_count", m_model.experts);
    number("expert_used_count", 2);
    file.real("llama.attention.layer_norm_rms_epsilon", 1e-6f);
    for (const Tensor& tensor : m_tensors) {
      file.tensorInfo(tensor.name, {tensor.shape.rbegin(), tensor.shape.rend()}, tensor.type == DType::F32 ? 0 : 8,
                      tensor.offset);
    }
    return file.file();
  }

  const Tensor& named(const std::string& name) const {
    for (const Tensor& tensor : m_tensors) {
      if (tensor.name == name) return tensor;
    }
    throw std::runtime_error("no tensor " + name);
  }

  // `count` elements of a tensor from element `first` on.
  void put(SparseFile& file, const std::string& name, double value, uint64_t first, uint64_t count) const {
    const Tensor& tensor = named(name);
    file.put(m_begin + tensor.offset + core::bytesOf(tensor.type, first), repeated(tensor.type, value, count));
  }

  void fill(SparseFile& file) const {
    const auto D = static_cast<uint64_t>(m_model.width), H = static_cast<uint64_t>(m_model.hidden);
    for (int token = 0; token < kVocabulary; ++token) {
      put(file, m_tensors[0].name, embeddingOf(token), static_cast<uint64_t>(token) * D, D);
    }
    put(file, m_tensors[1].name, 1, 0, D);
    for (int l = 0; l < m_model.layers; ++l) {
      put(file, at(l, "input_layernorm", "attn_norm"), 1, 0, D);
      put(file, at(l, "post_attention_layernorm", "ffn_norm"), 1, 0, D);
      double logit = kBestLogit;
      for (const int32_t expert : m_model.chosen(l)) {
        const auto e = static_cast<uint64_t>(expert);
        const double one = 1 / static_cast<double>(D);
        put(file, at(l, "block_sparse_moe.gate", "ffn_gate_inp"), logit * one, e * D, D);
        logit = kSecondLogit;
        if (m_isGguf) {
          put(file, at(l, "", "ffn_gate_exps"), one, e * H * D, H * D);
          put(file, at(l, "", "ffn_up_exps"), upOf(expert) * one, e * H * D, H * D);
          put(file, at(l, "", "ffn_down_exps"), 1.0 / m_model.hidden, e * D * H, D * H);
        } else {
          const std::string experts = "model.layers." + std::to_string(l) + ".block_sparse_moe.experts.";
          put(file, experts + "gate_up_proj", one, 2 * e * H * D, H * D);
          put(file, experts + "gate_up_proj", upOf(expert) * one, (2 * e + 1) * H * D, H * D);
          put(file, experts + "down_proj", 1.0 / m_model.hidden, e * D * H, D * H);
        }
      }
    }
  }

  const SparseModel& m_model;
  bool m_isGguf;
  std::vector<Tensor> m_tensors;
  uint64_t m_begin = 0, m_end = 0;
};

}  // namespace

std::array<int32_t, 2> SparseModel::chosen(int layer) const {
  return {(37 * layer + 5) % experts, experts - 1 - 11 * layer};
}

// The norms give ones; a gate gives 1 and lets silu(1) of what `up` gives through.
double SparseModel::stream(int token, int layer) const {
  double x = embeddingOf(token);
  const double best = 1 / (1 + std::exp(kSecondLogit - kBestLogit)), silu = 1 / (1 + std::exp(-1.0));
  for (int l = 0; l <= layer; ++l) {
    const auto [a, b] = chosen(l);
    x += silu * (best * upOf(a) + (1 - best) * upOf(b));
  }
  return x;
}

uint64_t SparseModel::expertBytes() const {
  return core::bytesOf(type, uint64_t{3} * static_cast<uint64_t>(width) * static_cast<uint64_t>(hidden));
}

uint64_t SparseModel::write(const fs::path& path) const { return Writer(*this).write(path); }

}  // namespace test
