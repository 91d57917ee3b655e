// make_model SHAPE f32|f16|bf16 FOLDER [CONTEXT]
// make_model SHAPE f32|f16|q8_0 FILE.gguf [CONTEXT]
//
// Writes a model of a reference shape with random weights, tensor by tensor, as a Hugging Face folder or as one GGUF
// file: the same weights in both (rounded to the type), the same file for the same arguments.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "core/base/half.h"
#include "tests/bench/gguf_writer.h"
#include "tests/bench/weights.h"

namespace {

std::string config(const bench::Shape& s, const std::string& type, int context) {
  std::string text = fmt::format(
      R"({{"architectures": ["{}"], "model_type": "{}", "hidden_size": {}, "num_hidden_layers": {}, "num_attention_heads": {},
 "num_key_value_heads": {}, "vocab_size": {}, "max_position_embeddings": {}, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
 "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "{}", "num_experts": {}, "num_experts_per_tok": {},
 "norm_topk_prob": false, )",
      s.family == "olmoe" ? "OlmoeForCausalLM" : "Qwen2MoeForCausalLM", s.family, s.width, s.layers, s.heads, s.heads,
      s.vocabulary, context,
      type == "f32"   ? "float32"
      : type == "f16" ? "float16"
                      : "bfloat16",
      s.experts, s.chosen);
  if (s.family == "olmoe") return text + fmt::format("\"intermediate_size\": {}}}\n", s.expertHidden);
  return text +
         fmt::format(
             "\"intermediate_size\": {0}, \"moe_intermediate_size\": {0}, \"shared_expert_intermediate_size\": {1}, "
             "\"decoder_sparse_step\": 1, \"mlp_only_layers\": []}}\n",
             s.expertHidden, s.sharedHidden);
}

void writeTensor(std::ofstream& file, const bench::Tensor& tensor, size_t number, const std::string& type) {
  std::vector<char> bytes;
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    const float value = bench::valueOf(tensor, number, i);
    const uint16_t half = type == "f16" ? core::floatToHalf(value) : core::floatToBf16(value);
    const auto* from = type == "f32" ? reinterpret_cast<const char*>(&value) : reinterpret_cast<const char*>(&half);
    bytes.insert(bytes.end(), from, from + (type == "f32" ? 4 : 2));
    if (bytes.size() >= size_t{1} << 20 || i + 1 == tensor.elements()) {
      file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      bytes.clear();
    }
  }
}

bool writeFolder(const bench::Shape& shape, const std::string& type, int context, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config(shape, type, context);
  const std::vector<bench::Tensor> tensors = bench::tensorsOf(shape);
  const int64_t size = type == "f32" ? 4 : 2;
  std::string header = "{";
  int64_t at = 0;
  for (const bench::Tensor& tensor : tensors) {
    const std::string dims =
        tensor.isVector() ? fmt::format("{}", tensor.rows) : fmt::format("{},{}", tensor.rows, tensor.columns);
    header += fmt::format("{}\"{}\":{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", at > 0 ? "," : "",
                          tensor.name,
                          type == "f32"   ? "F32"
                          : type == "f16" ? "F16"
                                          : "BF16",
                          dims, at, at + tensor.elements() * size);
    at += tensor.elements() * size;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::ofstream file(folder / "model.safetensors", std::ios::binary);
  const uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), 8);
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (size_t i = 0; i < tensors.size(); ++i) writeTensor(file, tensors[i], i, type);
  file.flush();
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Shape* shape = nullptr;
  for (const bench::Shape& s : bench::shapes()) {
    if (argc >= 4 && s.name == argv[1]) shape = &s;
  }
  const std::string type = argc >= 4 ? argv[2] : "", path = argc >= 4 ? argv[3] : "";
  const bool gguf = path.ends_with(".gguf");
  const bool known = type == "f32" || type == "f16" || (gguf ? type == "q8_0" : type == "bf16");
  if (!shape || !known) {
    fmt::print(stderr,
               "usage: make_model nano|small|qwen2moe|medium f32|f16|bf16 FOLDER [CONTEXT]\n"
               "       make_model nano|small|qwen2moe|medium f32|f16|q8_0 FILE.gguf [CONTEXT]\n");
    return 2;
  }
  const int context = argc > 4 ? std::atoi(argv[4]) : shape->context;
  const bool written =
      gguf ? bench::GgufWriter(*shape, type, context).write(path) : writeFolder(*shape, type, context, path);
  if (!written) {
    fmt::print(stderr, "could not write {}\n", path);
    return 1;
  }
  return 0;
}
