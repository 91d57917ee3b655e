// Intervention files (core/engine/intervention_json.h): whatever is read and fits the model also routes.
#include <array>
#include <cstdint>
#include <string_view>

#include "core/engine/intervention_json.h"

namespace {

core::ModelConfig smallConfig() {
  core::ModelConfig config;
  config.layers = 3;
  config.vocabulary = 50;
  config.shared = core::SharedExpert::Summed;
  config.router.experts = 6;
  config.router.chosen = 2;
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const core::ModelConfig config = smallConfig();
  const auto file = core::parseInterventions({reinterpret_cast<const char*>(data), size}, "file", config);
  if (!file) return 0;
  const auto changes = core::Interventions::make(file->list, config);
  if (!changes) return 0;
  const std::array<int32_t, 4> ids = {1, 2, 2, 7};
  std::array<float, 24> logits{};
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i * i % 11) / 4 - 1;
  const auto slots = (*changes)->slotsAnExpert(config.router, 4, {}, {});
  if (!slots) return 0;
  for (int layer = 0; layer < config.layers; ++layer) {
    core::Routing routing = core::route(config.router, logits.data(), {}, 4, {});
    (void)(*changes)->apply(config.router, {layer, 0, ids, logits, {}}, *slots, routing);
    (void)(*changes)->sharedFactors(layer, 0, ids);
  }
  return 0;
}
