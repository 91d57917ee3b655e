#include "app/html/run_facts.h"

#include <algorithm>

#include "core/trace/run_info_json.h"

namespace app {
namespace {

std::string capacityText(const core::CapacityOptions& capacity) {
  if (!capacity.active) return "none, every choice is kept";
  return fmt::format("{}, {}, factor {}", capacity.simulated ? "simulated on the recorded choices" : "the model's own",
                     core::capacityRuleName(capacity.rule), capacity.factor);
}

std::string samplingText(const core::Sampling& sampling) {
  if (sampling.temperature <= 0) return "most likely token";
  return fmt::format("temperature {}, top-k {}, top-p {}, seed {}", sampling.temperature, sampling.topK, sampling.topP,
                     sampling.seed);
}

std::string engineText(const core::EngineInfo& engine) {
  std::string text = engine.engine;
  for (const std::string& part : {engine.device, engine.driver, engine.kernels}) {
    if (!part.empty()) text += ", " + part;
  }
  return text;
}

std::string modelText(const core::RunInfo& info) {
  return info.modelHash.empty() ? info.modelName : fmt::format("{} ({})", info.modelName, info.modelHash);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> runFacts(const core::Trace& trace) {
  const core::RunInfo& info = trace.info();
  const core::RouterConfig& router = trace.config().router;
  const int generated = std::max(0, trace.length() - trace.promptTokens());
  return {
      {"Program", "Expertscope " + info.programVersion},
      {"Model", modelText(info)},
      {"Family", fmt::format("{}, {} layers, {} experts, {} chosen", trace.config().family, trace.config().layers,
                             router.experts, router.chosen)},
      {"Engine", engineText(info.engine)},
      {"Tokens", fmt::format("{} of the prompt, {} generated", trace.promptTokens(), generated)},
      {"Sampling", samplingText(info.sampling)},
      {"Capture", std::string(core::captureName(info.capture))},
      {"Capacity", capacityText(info.capacity)},
  };
}

std::string provenanceLine(const core::Trace& trace) {
  const core::RunInfo& info = trace.info();
  return fmt::format("Expertscope {} \u00B7 {} \u00B7 {} \u00B7 capture {} \u00B7 capacity: {}", info.programVersion,
                     modelText(info), engineText(info.engine), core::captureName(info.capture),
                     capacityText(info.capacity));
}

std::string runTitle(const core::Trace& trace) {
  const core::RunInfo& info = trace.info();
  if (!info.prompt) return info.modelName;
  return fmt::format("{}: {}", info.modelName, *info.prompt);
}

}  // namespace app
