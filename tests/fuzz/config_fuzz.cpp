// Any bytes as a config.json: what comes back is within the limits that everything later relies on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/model/bind.h"
#include "core/model/describe.h"
#include "core/model/loader.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = core::readModelConfig(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!config) {
    require(!config.error().message.empty() && config.error().message.size() < 1000);
    return 0;
  }
  require(config->width >= 1 && config->width <= core::kMaxWidth);
  require(config->layers >= 1 && config->layers <= core::kMaxLayers);
  require(config->layer.size() == static_cast<size_t>(config->layers));
  require(config->vocabulary >= 1 && config->vocabulary <= core::kMaxVocabulary && config->context >= 1);
  require(config->router.experts >= 0 && config->router.experts <= core::kMaxExperts);
  require(config->router.experts == 0 ||
          (config->router.chosen >= 1 && config->router.chosen <= config->router.experts));
  require(config->attention.heads % config->attention.keyValueHeads == 0);
  require(config->attention.rope.dimensions % 2 == 0 && config->attention.rope.theta > 0);
  require(config->attention.rope.offset + config->attention.rope.dimensions <= config->attention.headDim);
  require(config->attention.valueDim() >= 1 && core::cacheBytesPerToken(*config) > 0);
  require(config->router.groups >= 1 && config->router.groupsChosen <= config->router.groups &&
          config->router.experts % config->router.groups == 0);
  require(!core::describeRun(*config).empty());
  for (int l = 0; l < config->layers; ++l) {
    const core::LayerConfig& layer = config->layer[static_cast<size_t>(l)];
    require(layer.window >= 0 &&
            (layer.moe ? config->router.experts > 0 && config->expertHidden > 0 : layer.denseHidden > 0));
    require(!core::describeLayer(*config, l).empty());
  }
  for (int role = 0; role <= static_cast<int>(core::Role::ExpertDown); ++role) {
    for (int64_t dimension : core::shapeOf(static_cast<core::Role>(role), *config)) require(dimension >= 0);
  }
  return 0;
}
