#include "tests/support/made_trace.h"

#include <algorithm>

#include "core/base/uniform.h"
#include "core/engine/routing_step.h"

namespace test {
namespace {

using core::Hook;
using core::Stream;

// About normal, and leaning: low experts are liked more, so that some queues overflow.
float logitAt(const MadeTrace& options, int layer, int token, int expert) {
  const uint64_t stream = static_cast<uint64_t>(layer) << 32 | static_cast<uint64_t>(token);
  double sum = -2;
  for (uint64_t i = 0; i < 4; ++i) sum += core::uniformAt(options.seed, stream, static_cast<uint64_t>(expert) * 4 + i);
  return static_cast<float>(2 * sum - expert / static_cast<double>(options.router.experts));
}

core::Block routed(const MadeTrace& options, int layer, int first, int count) {
  const core::RouterConfig& router = options.router;
  std::vector<float> logits;
  for (int t = first; t < first + count; ++t) {
    for (int e = 0; e < router.experts; ++e) logits.push_back(logitAt(options, layer, t, e));
  }
  const auto slots = core::slotsFor(router, count, {}, {});
  const core::Routing routing = core::route(router, logits.data(), {}, count, *slots);
  core::Block block{Stream::Layer, layer, first, count, {}};
  block.arrays.push_back({Hook::RouterLogits, router.experts, logits, {}});
  if (!routing.scores.empty()) block.arrays.push_back({Hook::RouterScores, router.experts, routing.scores, {}});
  block.arrays.push_back({Hook::RouterIds, router.chosen, {}, routing.ids});
  block.arrays.push_back({Hook::RouterWeights, router.chosen, routing.weights, {}});
  if (!routing.kept.empty()) {
    block.arrays.push_back({Hook::RouterKept, router.chosen, {}, routing.kept});
    block.arrays.push_back({Hook::RouterSlot, router.chosen, {}, routing.slot});
  }
  return block;
}

}  // namespace

core::RouterConfig plainRouter(int experts, int chosen) {
  core::RouterConfig router;
  router.experts = experts;
  router.chosen = chosen;
  return router;
}

core::Trace makeTrace(const MadeTrace& options) {
  auto config = std::make_shared<core::ModelConfig>();
  config->family = "made";
  config->layers = options.layers;
  config->width = 8;
  config->vocabulary = 64;
  config->router = options.router;
  config->layer.assign(static_cast<size_t>(options.layers), {.moe = true});
  auto info = std::make_shared<core::RunInfo>();
  info->modelName = "made";
  info->config = config;
  info->promptTokens = options.prompt;
  info->capture = core::Capture::Routing;
  info->engine.engine = "cpu";
  if (options.router.dropsChoices) {
    info->capacity = {true, false, options.router.capacityRule, options.router.capacityFactor,
                      options.router.minCapacity};
  }
  std::vector<int32_t> ids;
  std::vector<std::string> texts;
  for (int t = 0; t < options.tokens; ++t) {
    ids.push_back(static_cast<int32_t>(64 * core::uniformAt(options.seed, ~uint64_t{0}, static_cast<uint64_t>(t))));
    texts.push_back("#" + std::to_string(ids.back()));
  }
  core::Trace trace = core::Trace(info).withIds(ids, texts);
  for (int first = 0; first < options.tokens;) {
    const bool prompt = first < options.prompt;
    const int piece = options.router.dropsChoices && prompt ? options.prompt : prompt ? options.block : 1;
    const int count = std::min(piece, (prompt ? options.prompt : options.tokens) - first);
    for (int layer = 0; layer < options.layers; ++layer) trace = trace.with(routed(options, layer, first, count));
    first += count;
  }
  return trace;
}

core::Trace withCapacity(const core::Trace& trace, core::CapacityRule rule, double factor) {
  auto info = std::make_shared<core::RunInfo>(trace.info());
  core::CapacityOptions& capacity = info->capacity;
  const bool own = capacity.active && !capacity.simulated && capacity.rule == rule && capacity.factor == factor;
  capacity = {true, !own, rule, factor, capacity.minCapacity};
  return trace.withInfo(std::move(info));
}

std::vector<core::LayerDispatch> decidedUnder(const core::Trace& trace, core::CapacityRule rule, double factor) {
  const core::Trace other = withCapacity(trace, rule, factor);
  std::vector<core::LayerDispatch> layers;
  for (int layer = 0; layer < trace.config().layers; ++layer) layers.push_back(core::dispatchOf(other, layer));
  return layers;
}

}  // namespace test
