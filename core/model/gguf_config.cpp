#include "core/model/gguf_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "core/model/gguf_window.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr double kDefaultTheta = 10000;  // llama.cpp's, where no key says it
constexpr size_t kMaxFactors = 1 << 14;

// A float as the decimal number that was meant: 1e-06, not 9.99999997e-07.
double asWritten(float value) {
  const std::string text = fmt::format("{}", value);
  double number = value;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The number or truth value of an entry, or of an array (one a layer) whose elements are all alike.
Json plain(const GgufValue& value) {
  if (value.type() == GgufType::Array) {
    Json first;
    bool alike = value.size() > 0;
    value.each([&](const GgufValue& element) {
      if (element.type() == GgufType::Array) return alike = false;
      const Json next = plain(element);
      if (first.is_null()) first = next;
      return alike = alike && first == next;
    });
    return alike ? first : Json::array();
  }
  if (const auto said = value.truth()) return *said;
  if (value.type() == GgufType::Float32) return asWritten(static_cast<float>(*value.real()));
  if (value.type() == GgufType::Float64) return *value.real();
  if (const auto number = value.integer()) return *number;
  if (const auto number = value.unsignedInteger()) return *number;
  return std::string(value.text().value_or(""));
}

class ConfigMaker {
 public:
  ConfigMaker(const GgufHeader& header, const WeightFiles& files) : m_header(header), m_files(files) {}

  Result<GgufConfig> run() {
    TRY_STATUS(findArch());
    TRY_STATUS(refuse());
    m_document = Json::parse(m_arch->fixed.empty() ? "{}" : m_arch->fixed);
    for (const GgufKey& key : commonGgufKeys()) put(key);
    for (const GgufKey& key : m_arch->keys) put(key);
    // Where the file is silent every head has keys and values of its own; the families' defaults are others.
    if (!m_document.contains("num_key_value_heads") && m_document.contains("num_attention_heads")) {
      m_document["num_key_value_heads"] = m_document["num_attention_heads"];
    }
    TRY_STATUS(putGgufWindow(m_header, *m_arch, layers(), place(), m_document));
    putWhatTensorsSay();
    putRotation();
    if (m_arch->latent) putLatent();
    TRY_ASSIGN(const Family* family, chooseFamily());
    m_document["model_type"] = family->modelTypes.front();
    if (!family->architectures.empty()) m_document["architectures"] = {family->architectures.front()};
    return read(*family);
  }

 private:
  const std::string& place() const { return m_files.place(); }
  std::string full(std::string_view key) const { return fmt::format("{}.{}", m_arch->name, key); }
  const GgufValue* find(std::string_view key) const { return m_header.find(full(key)); }

  std::optional<int64_t> integer(std::string_view key) const {
    const GgufValue* value = find(key);
    return value ? value->integer() : std::nullopt;
  }
  std::optional<double> real(std::string_view key) const {
    const GgufValue* value = find(key);
    if (!value) return std::nullopt;
    const Json number = plain(*value);
    return number.is_number() ? std::optional(number.get<double>()) : std::nullopt;
  }

  Status findArch() {
    const GgufValue* name = m_header.find("general.architecture");
    if (!name || !name->text()) {
      return fail("{}: general.architecture: expected a string, found {}", place(),
                  name ? name->describe() : "no such entry");
    }
    m_arch = ggufArch(*name->text());
    if (m_arch) return {};
    std::string names;
    for (const GgufArch& arch : ggufArchs()) names += fmt::format("{}{}", names.empty() ? "" : ", ", arch.name);
    std::string missing;
    for (const char* key : {"embedding_length", "block_count", "attention.head_count"}) {
      if (m_header.find(fmt::format("{}.{}", *name->text(), key))) continue;
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", key);
    }
    return fail(
        "{}: general.architecture: {} is not run; architectures that run: {}. Keys that all of them need and "
        "this file has not: {}",
        place(), quotedName(*name->text()), names, missing.empty() ? "none" : missing);
  }

  Status refuse() const {
    for (const GgufRefusal& refusal : m_arch->refusals) {
      const GgufValue* entry = find(refusal.name);
      const bool there = (entry && entry->real().value_or(1) != 0) || m_files.find(refusal.name);
      if (there) return fail("{}: {}: the file has {}", place(), refusal.name, refusal.why);
    }
    return {};
  }

  void put(const GgufKey& key) {
    const GgufValue* value = find(key.key);
    if (value) {
      Json json = plain(*value);
      if (key.turn && json.is_number()) {
        const double turned = key.turn(json.get<double>(), whole("hidden_size"), whole("num_hidden_layers"));
        json =
            turned == std::floor(turned) && std::abs(turned) < 1e9 ? Json(static_cast<int64_t>(turned)) : Json(turned);
      }
      m_document[std::string(key.config)] = std::move(json);
      m_names.emplace_back(key.config, full(key.key));
      return;
    }
    if (!key.rowOf.empty()) {
      for (int l = 0; l < layers(); ++l) {
        const WeightFiles::Found* tensor = m_files.find(fmt::format("blk.{}.{}", l, key.rowOf));
        if (!tensor || tensor->shape.empty()) continue;
        m_document[std::string(key.config)] = tensor->shape.back();
        return;
      }
    }
    m_names.emplace_back(key.config, full(key.key));
  }

  // A number that was put into the config already, whatever the file has there; 1: none.
  int whole(const char* key) const {
    const auto found = m_document.find(key);
    if (found == m_document.end() || !found->is_number_integer()) return 1;
    return static_cast<int>(std::clamp<int64_t>(found->get<int64_t>(), 1, 1 << 30));
  }

  int layers() const {
    const std::optional<int64_t> layers = integer("block_count");
    return static_cast<int>(std::clamp<int64_t>(layers.value_or(0), 0, kMaxLayers));
  }

  void putWhatTensorsSay() {
    m_document["tie_word_embeddings"] = m_files.find("output.weight") == nullptr;
    if (const WeightFiles::Found* embedding = m_files.find("token_embd.weight")) {
      if (embedding->shape.size() == 2) m_document["vocab_size"] = embedding->shape[0];
    }
    Json dense = Json::array();
    for (int l = 0; l < layers(); ++l) {
      if (!m_files.find(fmt::format("blk.{}.ffn_gate_inp.weight", l))) dense.push_back(l);
    }
    if (routed() && !dense.empty()) m_document["mlp_only_layers"] = std::move(dense);
    for (const auto& [key, config] : {std::pair("tokenizer.ggml.bos_token_id", "bos_token_id"),
                                      std::pair("tokenizer.ggml.eos_token_id", "eos_token_id")}) {
      const GgufValue* id = m_header.find(key);
      const std::optional<int64_t> number = id ? id->integer() : std::nullopt;
      if (number && *number >= 0 && *number <= INT32_MAX) m_document[config] = *number;
    }
  }

  void putRotation() {
    Json rope = m_document.contains("rope_parameters") ? m_document["rope_parameters"] : Json::object();
    const GgufValue* theta = find("rope.freq_base");
    rope["rope_theta"] = theta ? plain(*theta) : Json(kDefaultTheta);
    const GgufValue* type = find("rope.scaling.type");
    const std::string_view scaling = type ? type->text().value_or("none") : "none";
    std::optional<double> factor = real("rope.scaling.factor");
    if (!factor) factor = real("rope.scale_linear");
    const bool stretched = factor && *factor != 1 && *factor != 0;
    if (scaling == "yarn") {
      rope["rope_type"] = "yarn";
      putNumber(rope, "factor", factor);
      putNumber(rope, "beta_fast", real("rope.scaling.yarn_beta_fast"));
      putNumber(rope, "beta_slow", real("rope.scaling.yarn_beta_slow"));
      // DeepSeek's two multipliers are one in a file, a tenth of it; published models have them equal.
      if (const auto tenth = real("rope.scaling.yarn_log_multiplier"); tenth && m_arch->latent) {
        rope["mscale"] = rope["mscale_all_dim"] = *tenth * 10;
      }
      if (const auto attention = real("rope.scaling.attn_factor"); attention && *attention != 1) {
        putNumber(rope, "attention_factor", *attention * (0.1 * std::log(factor.value_or(1)) + 1));
      }
    } else if (stretched && (scaling == "linear" || (!type && find("rope.scale_linear")))) {
      rope["rope_type"] = "linear";
      rope["factor"] = *factor;
    } else {
      rope["rope_type"] = "default";
    }
    if (const auto original = integer("rope.scaling.original_context_length"); original && scaling == "yarn") {
      rope["original_max_position_embeddings"] = *original;
    }
    m_document["rope_parameters"] = std::move(rope);
    const std::optional<int64_t> dimensions = integer("rope.dimension_count");
    const int64_t heads = integer("attention.head_count").value_or(0);
    const int64_t width = integer("embedding_length").value_or(0);
    const std::optional<int64_t> head = integer("attention.key_length");
    const int64_t headDim = head.value_or(heads > 0 ? width / heads : 0);
    if (!m_arch->latent && dimensions && headDim > 0 && *dimensions != headDim) {
      m_document["partial_rotary_factor"] = static_cast<double>(*dimensions) / static_cast<double>(headDim);
      m_names.emplace_back("partial_rotary_factor", full("rope.dimension_count") + " over the head's length");
    }
  }

  // A head of latent attention: what rotates, what does not, and its value. Newer files give the lengths of the
  // latent itself under the usual keys and those of a head under others.
  void putLatent() {
    const auto length = [&](const char* newer, const char* older) {
      const auto said = integer(newer);
      return said ? said : integer(older);
    };
    const std::optional<int64_t> key = length("attention.key_length_mla", "attention.key_length");
    const std::optional<int64_t> value = length("attention.value_length_mla", "attention.value_length");
    const std::optional<int64_t> rotated = integer("rope.dimension_count");
    if (rotated) m_document["qk_rope_head_dim"] = *rotated;
    if (rotated && key) m_document["qk_nope_head_dim"] = *key - *rotated;
    if (value) m_document["v_head_dim"] = *value;
    m_document["num_key_value_heads"] = m_document["num_attention_heads"];
    const auto groups = integer("expert_group_count").value_or(1);
    if (!judgedBySigmoid()) m_document["topk_method"] = groups > 1 ? "group_limited_greedy" : "greedy";
    m_names.emplace_back("qk_nope_head_dim", full("attention.key_length less rope.dimension_count"));
  }

  bool judgedBySigmoid() const { return integer("expert_gating_func") == 2; }

  static void putNumber(Json& rope, const char* key, std::optional<double> value) {
    if (value) rope[key] = *value;
  }

  bool routed() const { return integer("expert_count").value_or(0) > 0; }

  Result<const Family*> chooseFamily() const {
    std::string_view name = m_arch->family;
    if (judgedBySigmoid() && !m_arch->sigmoidFamily.empty()) name = m_arch->sigmoidFamily;
    if (!routed()) name = m_arch->denseFamily;
    const auto hidden = m_document.find("shared_intermediate_size");
    const bool shared = hidden != m_document.end() && hidden->is_number_integer() && hidden->get<int64_t>() > 0;
    if (shared && !m_arch->sharedFamily.empty()) name = m_arch->sharedFamily;
    if (name.empty()) {
      return fail("{}: {}: expected experts, found none; this architecture is run with them only", place(),
                  full("expert_count"));
    }
    for (const Family& family : families()) {
      if (family.name == name) return &family;
    }
    return fail("{}: general.architecture: family {} is not run yet", place(), name);
  }

  Result<GgufConfig> read(const Family& family) {
    GgufConfig result;
    result.arch = m_arch;
    result.family = family;
    result.family.tensors = m_arch->tensors;
    result.family.prefix = {};
    ConfigReader reader(m_document, place());
    reader.callKeys(m_names);
    result.config = family.read(reader);
    TRY_STATUS(reader.status());
    ModelConfig& model = result.config.model;
    model.family = family.name;
    model.architecture = fmt::format("{} in GGUF", m_arch->name);
    if (m_arch->pairs) model.attention.rope.layout = RopeLayout::Interleaved;
    result.config.qkvBias = m_files.find("blk.0.attn_q.bias") || m_files.find("blk.0.attn_qkv.bias");
    result.config.outputBias = m_files.find("blk.0.attn_output.bias") != nullptr;
    result.config.headBias = m_files.find("output.bias") != nullptr;
    // A folder written from this file says which biases there are; here the tensors do.
    m_document["qkv_bias"] = result.config.qkvBias;
    m_document["lm_head_bias"] = result.config.headBias;
    m_document["attention_bias"] = result.config.qkvBias && result.config.outputBias;
    if (model.shared == SharedExpert::None) {
      std::erase_if(result.family.tensors, [](const TensorRule& rule) {
        return rule.role == Role::SharedGate || rule.role == Role::SharedUp || rule.role == Role::SharedDown ||
               rule.role == Role::SharedMix;
      });
    }
    if (!model.router.selectionBias) {
      std::erase_if(result.family.tensors, [](const TensorRule& rule) { return rule.role == Role::SelectionBias; });
    }
    model.partsAsAdded = m_arch->partsAsAdded;
    TRY_STATUS(readFactors(model));
    nameGgufWindow(*m_arch, model);
    result.document = std::move(m_document);
    return result;
  }

  // Factors of the angles, for llama3's scaling (rope_freqs) or longrope's two lists.
  Status readFactors(ModelConfig& model) const {
    RopeConfig& rope = model.attention.rope;
    const auto pairs = static_cast<size_t>(rope.dimensions / 2);
    const auto factors = [&](const char* name, std::vector<double>& list) -> Result<bool> {
      const WeightFiles::Found* tensor = m_files.find(name);
      if (!tensor) return false;
      const bool fits = tensor->type == DType::F32 && tensor->shape.size() == 1 && pairs <= kMaxFactors &&
                        static_cast<size_t>(tensor->shape[0]) == pairs;
      for (size_t i = 0; fits && i < pairs; ++i) {
        float factor = 0;
        std::memcpy(&factor, tensor->data() + 4 * i, 4);
        if (!(factor > 0) || !std::isfinite(factor)) break;
        list.push_back(asWritten(factor));
      }
      if (!list.empty() && list.size() == pairs) return true;
      return fail("{}: {}: expected {} F32 numbers above 0, found others", tensor->fileName(), name, pairs);
    };
    std::vector<double> all, longs, shorts;
    TRY_ASSIGN(const bool hasAll, factors("rope_freqs.weight", all));
    TRY_ASSIGN(const bool hasLong, factors("rope_factors_long.weight", longs));
    TRY_ASSIGN(const bool hasShort, factors("rope_factors_short.weight", shorts));
    if (!hasAll && !hasLong && !hasShort) return {};
    if (rope.scaling != RopeScaling::None || hasLong != hasShort || (hasAll && hasLong)) {
      return fail("{}: rope_freqs.weight, rope_factors_*.weight: expected one scaling of the rotation, found several",
                  place());
    }
    rope.scaling = RopeScaling::LongRope;
    const auto original = integer("rope.scaling.original_context_length");
    rope.originalContext = static_cast<int>(std::clamp<int64_t>(original.value_or(model.context), 2, 1 << 30));
    rope.factor = static_cast<double>(model.context) / rope.originalContext;
    rope.longFactor = hasAll ? all : longs;
    rope.shortFactor = hasAll ? all : shorts;
    const double said = real("rope.scaling.attn_factor").value_or(0);
    rope.attentionFactor = hasAll ? 1 : std::max(0.0, said);
    // This program's own keys, for a model that has two of what attn_factor is one of.
    if (hasLong) {
      rope.longMscale = std::max(0.0, real("rope.scaling.attn_factor_long").value_or(0));
      rope.shortMscale = std::max(0.0, real("rope.scaling.attn_factor_short").value_or(0));
    }
    return {};
  }

  const GgufHeader& m_header;
  const WeightFiles& m_files;
  const GgufArch* m_arch = nullptr;
  Json m_document;
  std::vector<std::pair<std::string, std::string>> m_names;  // config.json's key, the file's
};

}  // namespace

Result<GgufConfig> readGgufConfig(const GgufHeader& header, const WeightFiles& files) {
  return ConfigMaker(header, files).run();
}

}  // namespace core
