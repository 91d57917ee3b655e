#include "tests/support/small_trace.h"

#include <limits>

namespace test {
namespace {

using core::Array;
using core::Block;
using core::Hook;
using core::Stream;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

core::ModelConfig smallConfig() {
  core::ModelConfig config;
  config.family = "mixtral";
  config.width = 2;
  config.layers = 2;
  config.vocabulary = 9;
  config.router.experts = 4;
  config.router.chosen = 2;
  config.layer.resize(2);
  config.layer[1].moe = true;
  return config;
}

core::RunInfo smallInfo(const SmallTraceOptions& options) {
  core::RunInfo info;
  info.programVersion = "0.1.0";
  info.modelName = "tiny";
  info.modelHash = "00ff";
  info.config = std::make_shared<const core::ModelConfig>(smallConfig());
  info.engine = {"cpu", "a processor", "", "sse2"};
  info.prompt = "a=b";
  info.promptTokens = 3;
  info.capture = core::Capture::Full;
  info.capacity.active = info.capacity.simulated = options.simulated;
  info.capacity.factor = 0.25;  // gshard: ceil(2 * 4 / 4 * 0.25) = 1 slot for the four tokens that were run
  return info;
}

Array floats(Hook hook, int columns, std::vector<float> values) { return {hook, columns, std::move(values), {}}; }
Array ints(Hook hook, int columns, std::vector<int32_t> values) { return {hook, columns, {}, std::move(values)}; }

}  // namespace

core::Trace smallTrace(const SmallTraceOptions& options) {
  core::Trace trace(std::make_shared<const core::RunInfo>(smallInfo(options)));
  trace = trace.withIds({1, 2, 3, 4, 5}, {"a", "=", "\"b\n", "c", "\\d"});
  const int T = 4;
  trace = trace.with(Block{Stream::Embeddings, 0, 0, T, {floats(Hook::Embeddings, 2, {0, 1, 2, 3, 4, 5, 6, 7})}});
  trace = trace.with(Block{Stream::Layer, 0, 0, T, {floats(Hook::Dense, 2, {1, 1, 1, 1, 1, 1, 1, 1})}});
  Block experts{Stream::Layer, 1, 0, T, {}};
  experts.arrays.push_back(floats(Hook::RouterLogits, 4, {1, 2, 3, 4, 0.1f, 0.2f, 0.3f, 0.4f, 4, 3, 2, 1, 0, 0, 0, 0}));
  experts.arrays.push_back(ints(Hook::RouterIds, 2, {3, 2, 3, 2, 0, 1, 0, 1}));
  experts.arrays.push_back(floats(Hook::RouterWeights, 2, {0.75f, 0.25f, 0.5f, 0.5f, 0.6f, 0.4f, 0.5f, 0.5f}));
  experts.arrays.push_back(floats(Hook::RouterMargin, 1, {1, 0.1f, 1, kNone}));
  trace = trace.with(std::move(experts));
  Block effects{Stream::LayerHead, 1, 0, T, {}};
  effects.arrays.push_back(floats(Hook::LedgerPredictedEffect, 7, std::vector<float>(28, 0.125f)));
  trace = trace.with(std::move(effects));
  // The second generated token was not run, but it tells how unexpected it was after the first.
  trace = trace.with(Block{Stream::Head, 0, 0, T, {floats(Hook::PredictionEntropy, 1, {2, 2, 2, 2})}});
  return trace.with(Block{Stream::HeadNext, 0, 0, 3, {floats(Hook::Surprisal, 1, {0.5f, 1, 1.5f})}});
}

}  // namespace test
