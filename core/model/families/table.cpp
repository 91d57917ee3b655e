#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/model/families/family.h"

namespace core {

const std::vector<Family>& families() {
  static const std::vector<Family> rows = {
      qwen2MoeFamily(),   mixtralFamily(),  olmoeFamily(),   mistralFamily(),    openMoeFamily(),
      qwen3MoeFamily(),   deepseekFamily(), minicpmFamily(), graniteMoeFamily(), graniteMoeSharedFamily(),
      skyworkFamily(),    llama4Family(),   grok1Family(),   gptOssFamily(),     deepseekV2Family(),
      deepseekV3Family(), phimoeFamily(),   yuanFamily(),    jetMoeFamily()};
  return rows;
}

const std::vector<KnownFamily>& knownFamilies() {
  static const std::vector<KnownFamily> rows = {
      {"granitemoehybrid", {"granitemoehybrid"}, {"GraniteMoeHybridForCausalLM"}, "Mamba layers"},
      {"switch_transformers",
       {"switch_transformers"},
       {"SwitchTransformersForConditionalGeneration"},
       "an encoder with a decoder"},
  };
  return rows;
}

namespace {

template <class Row>
const Row* rowOfType(const std::vector<Row>& rows, std::string_view type) {
  for (const Row& row : rows) {
    if (std::find(row.modelTypes.begin(), row.modelTypes.end(), type) != row.modelTypes.end()) return &row;
  }
  return nullptr;
}

template <class Row>
const Row* rowOfArchitecture(const std::vector<Row>& rows, const std::vector<std::string>& names) {
  for (const Row& row : rows) {
    for (const std::string& name : names) {
      if (std::find(row.architectures.begin(), row.architectures.end(), name) != row.architectures.end()) return &row;
    }
  }
  return nullptr;
}

// The keys that nearly every family needs, as far as this config has none of their spellings; "none" if it has all.
std::string missingKeys(ConfigReader& config) {
  static constexpr std::array<std::string_view, 4> kNeeded = {"hidden_size", "num_hidden_layers", "num_attention_heads",
                                                              "vocab_size"};
  static constexpr std::array<std::string_view, 4> kExperts = {"num_experts", "num_local_experts", "n_routed_experts",
                                                               "moe_num_experts"};
  const std::optional<ConfigReader> inner = config.objectOr("text_config");
  const auto has = [&](std::string_view key) { return config.has(key) || (inner && inner->has(key)); };
  std::string missing;
  for (const std::string_view key : kNeeded) {
    if (!has(key)) missing += fmt::format("{}, ", key);
  }
  if (std::none_of(kExperts.begin(), kExperts.end(), has)) {
    missing += fmt::format("{} (or {}), ", kExperts[0], fmt::join(kExperts.begin() + 1, kExperts.end(), ", "));
  }
  return missing.empty() ? "none" : missing.substr(0, missing.size() - 2);
}

}  // namespace

// The type decides where it can: classes that wrap a family (a classifier, an embedding model) keep its type. Types
// that say nothing (remote code often claims "llama") leave the architecture to decide.
Result<const Family*> detectFamily(ConfigReader& config) {
  const std::string type = config.textOr("model_type", "");
  const std::vector<std::string> architectures = config.textsOr("architectures");
  TRY_STATUS(config.status());
  if (type.empty() && architectures.empty()) {
    config.problem("model_type", fmt::format("expected model_type or architectures, found neither; this is no model's "
                                             "config.json. Other keys that are missing: {}",
                                             missingKeys(config)));
    return tl::unexpected<Error>(config.status().error());
  }
  if (const Family* family = rowOfType(families(), type)) return family;
  const KnownFamily* known = rowOfType(knownFamilies(), type);
  if (!known) {
    if (const Family* family = rowOfArchitecture(families(), architectures)) return family;
    known = rowOfArchitecture(knownFamilies(), architectures);
  }
  std::string runnable;
  for (const Family& family : families()) runnable += fmt::format("{}{}", runnable.empty() ? "" : ", ", family.name);
  if (known) {
    return fail("config.json: family {} is known but not run yet; it needs {}. Families that run: {}", known->name,
                known->needs, runnable);
  }
  const std::string shown = (type.empty() ? architectures.front() : type).substr(0, 60);
  return fail(
      "config.json: family \"{}\" is unknown. Families that run: {}. Keys that they have in common and that are "
      "missing "
      "here: {}",
      shown, runnable, missingKeys(config));
}

}  // namespace core
