#include "core/model/gguf_window.h"

#include <algorithm>
#include <functional>

namespace core {
namespace {

constexpr int64_t kMaxWindow = 1 << 30;

// 0: all layers.
std::vector<bool> everyButNth(int64_t period, int layers) {
  std::vector<bool> list;
  for (int64_t l = 0; l < layers; ++l) list.push_back(period == 0 || l % period < period - 1);
  return list;
}

// The pattern's layers; an empty list: it is not one.
std::vector<bool> layersOf(const GgufValue& pattern, int layers) {
  if (pattern.type() != GgufType::Array) {
    const std::optional<int64_t> period = pattern.integer();
    return period && *period >= 0 ? everyButNth(*period, layers) : std::vector<bool>();
  }
  std::vector<bool> list;
  if (pattern.size() != static_cast<uint64_t>(layers)) return {};
  pattern.each([&](const GgufValue& element) {
    const std::optional<bool> truth = element.truth();
    const std::optional<int64_t> number = element.integer();
    if (truth || number) list.push_back(truth ? *truth : *number != 0);
    return truth || number;
  });
  if (list.size() != static_cast<size_t>(layers)) list.clear();
  return list;
}

}  // namespace

int silentPeriod(GgufWindow kind) {
  if (kind == GgufWindow::EveryOther) return 2;
  return kind == GgufWindow::Chunks ? 4 : 0;
}

std::optional<int> periodOf(const std::vector<bool>& pattern) {
  const int layers = static_cast<int>(pattern.size());
  for (int period = 0; period <= layers; ++period) {
    if (everyButNth(period, layers) == pattern) return period;
  }
  return std::nullopt;
}

std::vector<bool> windowPattern(GgufWindow kind, const ModelConfig& model) {
  std::vector<bool> pattern;
  for (const LayerConfig& layer : model.layer) {
    pattern.push_back(kind == GgufWindow::Chunks ? layer.rope : layer.window > 0);
  }
  return pattern;
}

Status putGgufWindow(const GgufHeader& header, const GgufArch& arch, int layers, const std::string& place,
                     nlohmann::json& document) {
  const std::string key = fmt::format("{}.attention.sliding_window", arch.name);
  const GgufValue* value = header.find(key);
  if (arch.window == GgufWindow::None || !value) return {};
  const std::optional<int64_t> window = value->integer();
  if (!window || *window < 0 || *window > kMaxWindow) {
    return fail("{}: {}: expected a whole number from 0 to {}, found {}", place, key, kMaxWindow, value->describe());
  }
  std::vector<bool> list = everyButNth(silentPeriod(arch.window), layers);
  if (const GgufValue* pattern = header.find(key + "_pattern"); pattern && *window > 0 && layers > 0) {
    list = layersOf(*pattern, layers);
    if (list.empty()) {
      return fail("{}: {}_pattern: expected a whole number or a truth value for each of {} layers, found {}", place,
                  key, layers, pattern->describe());
    }
  }
  if (*window == 0) std::fill(list.begin(), list.end(), false);
  const nlohmann::json number = *window > 0 ? nlohmann::json(*window) : nlohmann::json();

  if (arch.window == GgufWindow::Chunks) {
    document["attention_chunk_size"] = number;
    // Without chunks every layer rotates and no query grows, as in llama.cpp.
    const auto growth = document.find("attn_scale");
    const bool none = growth != document.end() && growth->is_number() && growth->get<double>() == 0;
    if (*window == 0 || none) document["attn_temperature_tuning"] = false;
    nlohmann::json rotating = nlohmann::json::array();
    for (const bool chunked : list) rotating.push_back(chunked || *window == 0 ? 1 : 0);
    document["no_rope_layers"] = std::move(rotating);
    return {};
  }
  const bool alike = std::adjacent_find(list.begin(), list.end(), std::not_equal_to<>()) == list.end();
  if (arch.window == GgufWindow::Every && !alike) {
    return fail("{}: {}_pattern: expected the same in all layers, with this architecture, found layers that differ",
                place, key);
  }
  const bool any = std::find(list.begin(), list.end(), true) != list.end();
  if (!arch.windowSwitch.empty()) document[std::string(arch.windowSwitch)] = any;
  if (arch.window == GgufWindow::Every) {
    document["sliding_window"] = any ? number : nlohmann::json();
    return {};
  }
  if (*window > 0) document["sliding_window"] = number;
  nlohmann::json types = nlohmann::json::array();
  for (const bool slides : list) types.push_back(slides ? "sliding_attention" : "full_attention");
  document["layer_types"] = std::move(types);
  return {};
}

void nameGgufWindow(const GgufArch& arch, ModelConfig& model) {
  const auto has = [&](auto says) { return std::any_of(model.layer.begin(), model.layer.end(), says); };
  if (arch.window == GgufWindow::Every || arch.window == GgufWindow::Listed) {
    const auto cuts = [&](const LayerConfig& layer) { return layer.window > 0 && layer.window < model.context; };
    if (!has(cuts)) return;
    model.disagreements.push_back(fmt::format(
        "the file's sliding window is kept; llama.cpp lets the layers of the architecture {} see everything",
        arch.name));
    return;
  }
  if (arch.window == GgufWindow::None) return;
  if (!periodOf(windowPattern(arch.window, model))) {
    model.disagreements.push_back(fmt::format(
        "the file lists which layers see less, and the list is kept; llama.cpp passes over it: all but every {} layer",
        arch.window == GgufWindow::Chunks ? "fourth" : "second"));
  }
  const auto cuts = [&](const LayerConfig& layer) {
    return layer.chunk > 0 && layer.chunk < model.context && layer.chunk != 8192;
  };
  const AttentionConfig& attention = model.attention;
  const bool grows = attention.temperatureScale > 0;
  if (!has(cuts) && (!grows || (attention.temperatureFloor == 8192 && attention.temperatureScale == 0.1))) return;
  model.disagreements.push_back(fmt::format(
      "the file's chunks and growth of queries are kept; llama.cpp has 8192, 8192 and 0.1 for all of {}", arch.name));
}

}  // namespace core
