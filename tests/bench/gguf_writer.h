// The same random model as one GGUF v3 file, for programs that read nothing else. This writer shares no line with the
// program's own reader, so that the two can be held against each other.
//
// A GGUF file is a header (magic, version, counts), key-value pairs, a table of tensors (name, sizes with the innermost
// first, type, offset), and the data, every tensor at a multiple of 32 bytes. Experts of a layer are one tensor.
// Vectors and the router stay f32 in every type of file; in an f16 file they hold the rounded values, so that the file
// says exactly what the f16 folder says. The tokenizer is a synthetic one: 256 bytes, one merge, and words nobody
// types.
#pragma once

#include <fstream>
#include <map>

#include "core/base/half.h"
#include "tests/bench/weights.h"

namespace bench {

class GgufWriter {
 public:
  GgufWriter(const Shape& shape, std::string type, int context)
      : m_shape(shape), m_type(std::move(type)), m_context(context) {}

  bool write(const std::string& path) {
    gather();
    std::string head = "GGUF";
    put<uint32_t>(head, 3);
    put<uint64_t>(head, m_tensors.size());
    std::string pairs = metadata();
    put<uint64_t>(head, m_pairs);
    head += pairs;
    uint64_t at = 0;
    for (const Stored& tensor : m_tensors) {
      putString(head, tensor.name);
      put<uint32_t>(head, static_cast<uint32_t>(tensor.sizes.size()));
      for (const int64_t size : tensor.sizes) put<uint64_t>(head, static_cast<uint64_t>(size));
      put<uint32_t>(head, tensor.type);
      put<uint64_t>(head, at);
      at += (bytesOf(tensor) + 31) / 32 * 32;
    }
    std::ofstream file(path, std::ios::binary);
    pad(head);
    file << head;
    for (const Stored& tensor : m_tensors) writeData(file, tensor);
    file.flush();
    return file.good();
  }

 private:
  static constexpr uint32_t kF32 = 0, kF16 = 1, kQ8 = 8;
  static constexpr int kBlock = 32;  // numbers a Q8_0 block holds, behind their scale

  struct Stored {
    std::string name;
    std::vector<int64_t> sizes;  // innermost first
    uint32_t type;
    std::vector<size_t> pieces;  // numbers of the tensors of tensorsOf, one after the other
  };

  template <class T>
  static void put(std::string& to, T value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  static void putString(std::string& to, const std::string& text) {
    put<uint64_t>(to, text.size());
    to += text;
  }
  static void pad(std::string& to) { to.resize((to.size() + 31) / 32 * 32, '\0'); }

  void key(std::string& to, const std::string& name, uint32_t type) {
    ++m_pairs;
    putString(to, name);
    put<uint32_t>(to, type);
  }
  void integer(std::string& to, const std::string& name, uint32_t value) {
    key(to, name, 4);
    put(to, value);
  }
  void number(std::string& to, const std::string& name, float value) {
    key(to, name, 6);
    put(to, value);
  }
  void text(std::string& to, const std::string& name, const std::string& value) {
    key(to, name, 8);
    putString(to, value);
  }
  void texts(std::string& to, const std::string& name, const std::vector<std::string>& values) {
    key(to, name, 9);
    put<uint32_t>(to, 8);
    put<uint64_t>(to, values.size());
    for (const std::string& value : values) putString(to, value);
  }

  std::string metadata() {
    const Shape& s = m_shape;
    const std::string arch = s.family == "olmoe" ? "olmoe" : "qwen2moe";
    const auto count = [](int value) { return static_cast<uint32_t>(value); };
    std::string to;
    text(to, "general.architecture", arch);
    text(to, "general.name", s.name);
    integer(to, arch + ".context_length", count(m_context));
    integer(to, arch + ".embedding_length", count(s.width));
    integer(to, arch + ".block_count", count(s.layers));
    integer(to, arch + ".feed_forward_length", count(s.expertHidden));
    integer(to, arch + ".attention.head_count", count(s.heads));
    integer(to, arch + ".attention.head_count_kv", count(s.heads));
    number(to, arch + ".attention.layer_norm_rms_epsilon", 1e-5f);
    number(to, arch + ".rope.freq_base", 10000.f);
    integer(to, arch + ".expert_count", count(s.experts));
    integer(to, arch + ".expert_used_count", count(s.chosen));
    integer(to, arch + ".vocab_size", count(s.vocabulary));
    if (s.sharedHidden > 0) {
      integer(to, arch + ".expert_feed_forward_length", count(s.expertHidden));
      integer(to, arch + ".expert_shared_feed_forward_length", count(s.sharedHidden));
    }
    tokenizer(to);
    return to;
  }

  // Bytes as byte-level BPE spells them: printable Latin-1 as itself, the others from U+0100 on.
  static std::vector<std::string> byteTokens() {
    std::vector<std::string> all;
    int moved = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      const int point = printable ? byte : moved++;
      std::string spelled;
      if (point < 0x80) {
        spelled = {static_cast<char>(point)};
      } else {
        spelled = {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 0x3F))};
      }
      all.push_back(spelled);
    }
    return all;
  }

  void tokenizer(std::string& to) {
    std::vector<std::string> tokens = byteTokens();
    tokens.emplace_back("th");
    while (static_cast<int>(tokens.size()) < m_shape.vocabulary) tokens.push_back(fmt::format("word{}", tokens.size()));
    text(to, "tokenizer.ggml.model", "gpt2");
    text(to, "tokenizer.ggml.pre", "olmo");
    texts(to, "tokenizer.ggml.tokens", tokens);
    key(to, "tokenizer.ggml.token_type", 9);
    put<uint32_t>(to, 5);
    put<uint64_t>(to, tokens.size());
    for (size_t i = 0; i < tokens.size(); ++i) put<int32_t>(to, 1);
    texts(to, "tokenizer.ggml.merges", {"t h"});
    integer(to, "tokenizer.ggml.eos_token_id", static_cast<uint32_t>(m_shape.vocabulary - 1));
  }

  // Names: blk.L.<role>; the three matrices of all experts of a layer become one tensor each.
  void gather() {
    static const std::map<std::string, std::string> roles = {
        {"input_layernorm.weight", "attn_norm.weight"},
        {"post_attention_layernorm.weight", "ffn_norm.weight"},
        {"self_attn.q_proj.weight", "attn_q.weight"},
        {"self_attn.k_proj.weight", "attn_k.weight"},
        {"self_attn.v_proj.weight", "attn_v.weight"},
        {"self_attn.o_proj.weight", "attn_output.weight"},
        {"self_attn.q_proj.bias", "attn_q.bias"},
        {"self_attn.k_proj.bias", "attn_k.bias"},
        {"self_attn.v_proj.bias", "attn_v.bias"},
        {"self_attn.q_norm.weight", "attn_q_norm.weight"},
        {"self_attn.k_norm.weight", "attn_k_norm.weight"},
        {"mlp.gate.weight", "ffn_gate_inp.weight"},
        {"mlp.shared_expert.gate_proj.weight", "ffn_gate_shexp.weight"},
        {"mlp.shared_expert.up_proj.weight", "ffn_up_shexp.weight"},
        {"mlp.shared_expert.down_proj.weight", "ffn_down_shexp.weight"},
        {"mlp.shared_expert_gate.weight", "ffn_gate_inp_shexp.weight"}};
    static const std::map<std::string, std::string> whole = {{"model.embed_tokens.weight", "token_embd.weight"},
                                                             {"model.norm.weight", "output_norm.weight"},
                                                             {"lm_head.weight", "output.weight"}};
    m_source = tensorsOf(m_shape);
    std::map<std::string, size_t> experts;  // stored name -> place in m_tensors
    for (size_t n = 0; n < m_source.size(); ++n) {
      const Tensor& tensor = m_source[n];
      if (const auto found = whole.find(tensor.name); found != whole.end()) {
        add(found->second, n);
        continue;
      }
      const size_t dot = tensor.name.find('.', std::string("model.layers.").size());
      const std::string layer = "blk." + tensor.name.substr(13, dot - 13) + ".", role = tensor.name.substr(dot + 1);
      if (const auto found = roles.find(role); found != roles.end()) {
        add(layer + found->second, n);
        continue;
      }
      const std::string matrix = role.substr(role.rfind('.', role.rfind('.') - 1) + 1);  // "gate_proj.weight"
      const std::string name = layer + "ffn_" + matrix.substr(0, matrix.find('_')) + "_exps.weight";
      if (experts.try_emplace(name, m_tensors.size()).second) {
        add(name, n);
        m_tensors.back().sizes.push_back(m_shape.experts);
      } else {
        m_tensors[experts[name]].pieces.push_back(n);
      }
    }
  }

  void add(const std::string& name, size_t number) {
    const Tensor& tensor = m_source[number];
    const bool plain = tensor.isVector() || tensor.rows == 1 || name.ends_with("ffn_gate_inp.weight");
    Stored stored{name, {}, plain || m_type == "f32" ? kF32 : m_type == "f16" ? kF16 : kQ8, {number}};
    if (tensor.isVector()) {
      stored.sizes = {tensor.rows};
    } else if (tensor.rows == 1) {
      stored.sizes = {tensor.columns};
    } else {
      stored.sizes = {tensor.columns, tensor.rows};
    }
    m_tensors.push_back(std::move(stored));
  }

  uint64_t bytesOf(const Stored& tensor) const {
    uint64_t elements = 1;
    for (const int64_t size : tensor.sizes) elements *= static_cast<uint64_t>(size);
    return tensor.type == kF32 ? elements * 4 : tensor.type == kF16 ? elements * 2 : elements / kBlock * (kBlock + 2);
  }

  void writeData(std::ofstream& file, const Stored& tensor) const {
    std::string bytes;
    for (const size_t number : tensor.pieces) {
      const Tensor& source = m_source[number];
      float block[kBlock];
      for (int64_t i = 0; i < source.elements(); ++i) {
        float value = valueOf(source, number, i);
        if (m_type == "f16") value = core::halfToFloat(core::floatToHalf(value));
        if (tensor.type == kF32) put(bytes, value);
        if (tensor.type == kF16) put(bytes, core::floatToHalf(value));
        if (tensor.type == kQ8) {
          block[i % kBlock] = value;
          if (i % kBlock == kBlock - 1) putBlock(bytes, block);
        }
        if (bytes.size() >= size_t{1} << 20) {
          file << bytes;
          bytes.clear();
        }
      }
    }
    file << bytes;
    const uint64_t size = bytesOf(tensor);
    file << std::string((size + 31) / 32 * 32 - size, '\0');
  }

  // d, then 32 bytes q: the value is d * q
  static void putBlock(std::string& to, const float* block) {
    float most = 0;
    for (int i = 0; i < kBlock; ++i) most = std::max(most, std::fabs(block[i]));
    const float step = most / 127;
    put(to, core::floatToHalf(step));
    for (int i = 0; i < kBlock; ++i) put(to, static_cast<int8_t>(step > 0 ? std::round(block[i] / step) : 0.f));
  }

  const Shape& m_shape;
  std::string m_type;
  int m_context;
  std::vector<Tensor> m_source;
  std::vector<Stored> m_tensors;
  uint64_t m_pairs = 0;
};

}  // namespace bench
