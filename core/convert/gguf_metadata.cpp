#include "core/convert/gguf_metadata.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>

#include "core/base/result.h"
#include "core/engine/ops.h"
#include "core/model/gguf_window.h"

namespace core {
namespace {

template <class Number>
std::string bytesOfNumber(Number number) {
  std::string bytes(sizeof(Number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(Number));
  return bytes;
}

std::string lengthAndText(std::string_view text) { return bytesOfNumber(uint64_t{text.size()}).append(text); }

int largestHidden(const ModelConfig& config) {
  int dense = 0;
  for (const LayerConfig& layer : config.layer) dense = std::max(dense, layer.denseHidden);
  return dense > 0 ? dense : config.expertHidden;
}

int firstRouted(const ModelConfig& config) {
  int l = 0;
  while (l < config.layers && !config.layer[static_cast<size_t>(l)].moe) ++l;
  return l;
}

// A whole number under a key of the file, if the model has one.
std::optional<int> wholeNumber(std::string_view key, const ModelConfig& c) {
  const auto positive = [](int number) { return number > 0 ? std::optional(number) : std::nullopt; };
  if (key == "embedding_length") return c.width;
  if (key == "block_count") return c.layers;
  if (key == "context_length") return positive(c.context);
  if (key == "attention.head_count") return c.attention.heads;
  if (key == "attention.head_count_kv") return c.attention.keyValueHeads;
  if (key == "attention.key_length") return c.attention.headDim;
  if (key == "expert_count") return positive(c.router.experts);
  if (key == "expert_used_count") return positive(c.router.chosen);
  if (key == "feed_forward_length") return largestHidden(c);
  if (key == "expert_feed_forward_length") return positive(c.expertHidden);
  if (key == "expert_shared_feed_forward_length") return positive(c.sharedHidden);
  if (key == "leading_dense_block_count") return firstRouted(c);
  if (key == "expert_shared_count") return c.expertHidden > 0 ? c.sharedHidden / c.expertHidden : 0;
  if (key == "interleave_moe_layer_step") return firstRouted(c) + 1;
  if (key == "attention.q_lora_rank") return positive(c.attention.latent.queryRank);
  if (key == "attention.kv_lora_rank") return positive(c.attention.latent.keyValueRank);
  if (key == "expert_group_count") return c.router.groups;
  if (key == "expert_group_used_count") return c.router.groupsChosen;
  if (key == "attention.temperature_length") {
    return c.attention.temperatureScale > 0 ? std::optional(c.attention.temperatureFloor) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> fraction(const GgufKey& key, const ModelConfig& c) {
  if (key.key == "attention.layer_norm_rms_epsilon") return c.normEps;
  if (key.key == "attention.clamp_kqv")
    return c.attention.clipQkv > 0 ? std::optional(c.attention.clipQkv) : std::nullopt;
  if (key.key == "attention.scale" || key.key == "attention.output_scale") return c.attention.scale;
  if (key.key == "attn_logit_softcapping") return c.attention.logitCap;
  if (key.key == "attention.temperature_scale") return c.attention.temperatureScale;
  if (key.key == "expert_weights_scale") return c.router.scale;
  if (key.key == "embedding_scale") return c.embeddingScale;
  if (key.key == "residual_scale") return c.residualScale;
  // Grok's multiplies the logits, the others' divides them.
  if (key.key == "logit_scale") return key.config == "output_multiplier_scale" ? c.logitScale : 1 / c.logitScale;
  return std::nullopt;
}

void writeWindow(const ModelConfig& config, const GgufArch& arch, GgufEntries& entries) {
  if (arch.window == GgufWindow::None) return;
  const bool chunks = arch.window == GgufWindow::Chunks;
  const std::vector<bool> pattern = windowPattern(arch.window, config);
  const bool everywhere = std::find(pattern.begin(), pattern.end(), false) == pattern.end();
  int window = 0;
  for (const LayerConfig& layer : config.layer) window = std::max(window, chunks ? layer.chunk : layer.window);
  // 0 says that every layer of Llama 4 rotates, and nothing in gpt-oss; as long as the context is the same as none.
  if (window == 0 && ((chunks && !everywhere) || arch.window == GgufWindow::EveryOther)) {
    window = std::max(config.context, 1);
  }
  if (window == 0 && !chunks) return;
  const std::string key = fmt::format("{}.attention.sliding_window", arch.name);
  entries.number(key, static_cast<uint32_t>(window));
  const std::optional<int> period = periodOf(pattern);
  if (window == 0 || period == silentPeriod(arch.window)) return;
  if (period) {
    entries.number(key + "_pattern", static_cast<uint32_t>(*period));
  } else {
    entries.truths(key + "_pattern", pattern);
  }
}

// One factor of cos and sin has a key of llama.cpp's. PhiMoE has one for short and one for long sequences: where they
// differ both are written under keys of this program's own, and other readers find the long one.
void writeLongRope(const ModelConfig& config, const std::string& scaling, GgufEntries& entries) {
  const RopeConfig& rope = config.attention.rope;
  const double silent = static_cast<double>(config.context) / rope.originalContext;
  const bool ownRule = rope.attentionFactor == 0 && std::abs(rope.factor - silent) <= 1e-6 * silent;
  if (rope.longMscale == 0 && rope.shortMscale == 0 && ownRule) return;
  const RotationScales scales = rotationScales(config);
  entries.real(scaling + "attn_factor", static_cast<float>(scales.past));
  if (scales.past == scales.within) return;
  entries.real(scaling + "attn_factor_long", static_cast<float>(scales.past));
  entries.real(scaling + "attn_factor_short", static_cast<float>(scales.within));
}

Status writeRotation(const ModelConfig& config, const std::string& arch, GgufEntries& entries) {
  const RopeConfig& rope = config.attention.rope;
  entries.number(arch + ".rope.dimension_count", static_cast<uint32_t>(rope.dimensions));
  entries.real(arch + ".rope.freq_base", static_cast<float>(rope.theta));
  const std::string scaling = arch + ".rope.scaling.";
  const auto original = [&] {
    entries.number(scaling + "original_context_length", static_cast<uint32_t>(rope.originalContext));
  };
  switch (rope.scaling) {
    case RopeScaling::None:
    case RopeScaling::Llama3:  // a tensor of factors
      return {};
    case RopeScaling::Linear:
      entries.text(scaling + "type", "linear");
      entries.real(scaling + "factor", static_cast<float>(rope.factor));
      return {};
    case RopeScaling::Yarn:
      entries.text(scaling + "type", "yarn");
      entries.real(scaling + "factor", static_cast<float>(rope.factor));
      original();
      entries.real(scaling + "yarn_beta_fast", static_cast<float>(rope.betaFast));
      entries.real(scaling + "yarn_beta_slow", static_cast<float>(rope.betaSlow));
      if (rope.mscaleAllDim > 0 && rope.mscale == rope.mscaleAllDim) {
        entries.real(scaling + "yarn_log_multiplier", static_cast<float>(0.1 * rope.mscaleAllDim));
      }
      if (rope.attentionFactor > 0) {
        entries.real(scaling + "attn_factor",
                     static_cast<float>(rope.attentionFactor / (0.1 * std::log(rope.factor) + 1)));
      }
      return {};
    case RopeScaling::LongRope:
      original();
      writeLongRope(config, scaling, entries);
      return {};
    case RopeScaling::Dynamic:
      break;
  }
  return fail("GGUF has no key for a rotation whose base grows with the length; this model cannot be written as one");
}

}  // namespace

void GgufEntries::start(std::string_view key, GgufType type) {
  put(lengthAndText(key));
  put(bytesOfNumber(static_cast<uint32_t>(type)));
  ++m_count;
}

void GgufEntries::startArray(std::string_view key, GgufType element, size_t count) {
  start(key, GgufType::Array);
  put(bytesOfNumber(static_cast<uint32_t>(element)));
  put(bytesOfNumber(uint64_t{count}));
}

void GgufEntries::text(std::string_view key, std::string_view value) {
  start(key, GgufType::Text);
  put(lengthAndText(value));
}

void GgufEntries::number(std::string_view key, uint32_t value) {
  start(key, GgufType::UInt32);
  put(bytesOfNumber(value));
}

void GgufEntries::real(std::string_view key, float value) {
  start(key, GgufType::Float32);
  put(bytesOfNumber(value));
}

void GgufEntries::truth(std::string_view key, bool value) {
  start(key, GgufType::Bool);
  put(bytesOfNumber(static_cast<uint8_t>(value)));
}

void GgufEntries::texts(std::string_view key, const std::vector<std::string>& values) {
  startArray(key, GgufType::Text, values.size());
  for (const std::string& value : values) put(lengthAndText(value));
}

void GgufEntries::numbers(std::string_view key, const std::vector<int32_t>& values) {
  startArray(key, GgufType::Int32, values.size());
  for (const int32_t value : values) put(bytesOfNumber(value));
}

void GgufEntries::truths(std::string_view key, const std::vector<bool>& values) {
  startArray(key, GgufType::Bool, values.size());
  for (const bool value : values) put(bytesOfNumber(static_cast<uint8_t>(value)));
}

void GgufEntries::reals(std::string_view key, const std::vector<float>& values) {
  startArray(key, GgufType::Float32, values.size());
  for (const float value : values) put(bytesOfNumber(value));
}

void GgufEntries::copy(std::string_view key, const GgufValue& value) {
  if (value.type() == GgufType::Array) {
    startArray(key, value.elementType(), static_cast<size_t>(value.size()));
    put(value.bytes());
    return;
  }
  if (value.type() == GgufType::Text) return text(key, value.bytes());
  start(key, value.type());
  put(value.bytes());
}

const GgufArch* ggufArchOf(const ModelConfig& config) {
  for (const GgufArch& arch : ggufArchs()) {
    const bool routed = config.router.experts > 0;
    for (const std::string_view family : {arch.family, arch.sharedFamily, arch.sigmoidFamily}) {
      if (routed && !family.empty() && family == config.family) return &arch;
    }
    if (!routed && arch.denseFamily == config.family) return &arch;
  }
  return nullptr;
}

Status writeGgufConfig(const ModelConfig& config, const GgufArch& arch, GgufEntries& entries) {
  const std::string name(arch.name);
  std::vector<GgufKey> keys(commonGgufKeys().begin(), commonGgufKeys().end());
  keys.insert(keys.end(), arch.keys.begin(), arch.keys.end());
  for (const GgufKey& key : keys) {
    const std::string full = fmt::format("{}.{}", arch.name, key.key);
    if (const auto number = wholeNumber(key.key, config)) {
      entries.number(full, static_cast<uint32_t>(*number));
    } else if (const auto real = fraction(key, config)) {
      entries.real(full, static_cast<float>(*real));
    }
    if (key.key == "attention.key_length") {
      entries.number(name + ".attention.value_length", static_cast<uint32_t>(config.attention.headDim));
    }
  }
  if (arch.latent) {
    // The lengths of a head, as files have them whose keys and values are made anew for every token.
    entries.number(name + ".attention.key_length", static_cast<uint32_t>(config.attention.headDim));
    entries.number(name + ".attention.value_length", static_cast<uint32_t>(config.attention.latent.valueDim));
    const WeightForm weights = config.router.weights;
    entries.truth(name + ".expert_weights_norm", weights == WeightForm::Renorm || weights == WeightForm::SigmoidRenorm);
    entries.number(name + ".expert_gating_func", config.router.score == ScoreFunction::Sigmoid ? 2 : 1);
  }
  entries.number(name + ".vocab_size", static_cast<uint32_t>(config.vocabulary));
  writeWindow(config, arch, entries);
  return writeRotation(config, name, entries);
}

RotationScales rotationScales(const ModelConfig& config) {
  const RopeConfig& rope = config.attention.rope;
  const auto scale = [&](int length) {
    const ops::RopeTable table =
        ops::ropeTable(rope, config.context, 0, 1, length);  // of position 0, whose cosine is 1
    return table.cos.empty() ? 1.0 : double{table.cos.front()};
  };
  return {scale(1), scale(std::max(rope.originalContext, 1) + 1)};
}

std::vector<RotationTensor> rotationTensors(const ModelConfig& config) {
  const RopeConfig& rope = config.attention.rope;
  const auto floats = [](const std::vector<double>& list) { return std::vector<float>(list.begin(), list.end()); };
  if (rope.scaling == RopeScaling::LongRope && rope.longFactor == rope.shortFactor && rope.attentionFactor == 1 &&
      rope.longMscale == 0 && rope.shortMscale == 0) {
    return {{"rope_freqs.weight", floats(rope.longFactor)}};
  }
  if (rope.scaling == RopeScaling::LongRope) {
    return {{"rope_factors_long.weight", floats(rope.longFactor)},
            {"rope_factors_short.weight", floats(rope.shortFactor)}};
  }
  if (rope.scaling != RopeScaling::Llama3) return {};
  // Llama 3: slow rotations are slowed by the factor, fast ones are left, those between get something between.
  std::vector<float> factors;
  const double low = rope.originalContext / rope.lowFrequencyFactor;
  const double high = rope.originalContext / rope.highFrequencyFactor;
  for (int i = 0; i < rope.dimensions / 2; ++i) {
    const double length = 2 * std::numbers::pi * std::pow(rope.theta, 2.0 * i / rope.dimensions);
    const double smooth = (rope.originalContext / length - rope.lowFrequencyFactor) /
                          (rope.highFrequencyFactor - rope.lowFrequencyFactor);
    const double factor = length < high ? 1 : length > low ? rope.factor : 1 / ((1 - smooth) / rope.factor + smooth);
    factors.push_back(static_cast<float>(factor));
  }
  return {{"rope_freqs.weight", factors}};
}

}  // namespace core
