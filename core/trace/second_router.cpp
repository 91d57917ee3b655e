#include "core/trace/second_router.h"

#include <array>

namespace core {
namespace {

constexpr std::array kPairs = {std::pair{Hook::AttentionRouterLogits, Hook::RouterLogits},
                               std::pair{Hook::AttentionRouterIds, Hook::RouterIds},
                               std::pair{Hook::AttentionRouterWeights, Hook::RouterWeights},
                               std::pair{Hook::AttentionRouterMargin, Hook::RouterMargin},
                               std::pair{Hook::AttentionRouterEntropy, Hook::RouterEntropy}};

constexpr std::array kSeenThrough = {Hook::Embeddings,        Hook::Logits,   Hook::TopIds, Hook::TopProbabilities,
                                     Hook::PredictionEntropy, Hook::Surprisal};

Block wholeLayer(const Trace& trace, int layer) {
  const int tokens = trace.tokens(Stream::Layer, layer);
  Block block{Stream::Layer, layer, 0, tokens, {}};
  for (const auto& [from, to] : kPairs) {
    if (!trace.has(from, layer)) continue;
    Array array{to, trace.columns(from, layer), {}, {}};
    if (hookInfo(from).type == HookType::F32) {
      array.floats = trace.gatherFloats(from, layer, 0, tokens);
    } else {
      array.ints = trace.gatherInts(from, layer, 0, tokens);
    }
    block.arrays.push_back(std::move(array));
  }
  return block;
}

}  // namespace

bool hasAttentionRouter(const ModelConfig& config) { return config.attentionRouter.experts > 0; }

Trace attentionRouting(const Trace& trace) {
  auto info = std::make_shared<RunInfo>(trace.info());
  auto config = std::make_shared<ModelConfig>(trace.config());
  config->router = config->attentionRouter;
  for (LayerConfig& layer : config->layer) layer.moe = true;
  info->config = std::move(config);
  info->replay.reset();
  if (!info->capacity.simulated) info->capacity = {};
  Trace out = trace.replayed(std::move(info), kSeenThrough);
  for (int layer = 0; layer < trace.config().layers; ++layer) {
    if (trace.info().replay) {  // it sees the recorded ones, its own blocks need not hold them
      out = out.with(wholeLayer(trace, layer));
      continue;
    }
    for (const auto& block : trace.blocks(Stream::Layer, layer)) {
      Block mine{Stream::Layer, layer, block->firstToken, block->tokens, {}};
      for (const auto& [from, to] : kPairs) {
        if (const Array* array = block->find(from)) {
          mine.arrays.push_back(*array);
          mine.arrays.back().hook = to;
        }
      }
      out = out.with(std::move(mine));
    }
  }
  return out;
}

}  // namespace core
