#include "gpu/capture.h"

#include <cstring>

namespace gpu {
namespace {

// Rows without padding, in `scratch` if they have any in `memory`.
const std::byte* tightRows(const CapturePart& part, const std::byte* memory, std::vector<std::byte>& scratch) {
  const std::byte* from = memory + part.offset;
  if (part.stride == part.width) return from;
  const size_t width = size_t{part.width} * 4, stride = size_t{part.stride} * 4;
  scratch.resize(width * part.rows);
  for (size_t r = 0; r < part.rows; ++r) std::memcpy(scratch.data() + r * width, from + r * stride, width);
  return scratch.data();
}

}  // namespace

CapturePlan planCapture(const core::ModelConfig& config, const Sizes& s, const Choosing& choosing,
                        core::Capture capture, uint32_t T) {
  CapturePlan plan;
  if (capture == core::Capture::None) return plan;
  plan.layers.resize(config.layer.size());
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const auto want = [&](Captured kind, uint32_t rows, uint32_t width, uint32_t stride) {
      CapturePart& part = plan.layers[l][static_cast<size_t>(kind)];
      part = {plan.bytes, rows, width, stride};
      plan.bytes += (part.bytes() + 15) / 16 * 16;
    };
    const bool moe = config.layer[l].moe, ledger = capture >= core::Capture::Ledger;
    if (s.attentionE > 0) {
      want(Captured::AttentionLogits, T, s.attentionE, s.attentionE);
      want(Captured::AttentionIds, T, s.attentionK, s.attentionK);
      want(Captured::AttentionWeights, T, s.attentionK, s.attentionK);
    }
    if (moe) {
      want(Captured::Logits, T, s.E, s.E);
      const core::ScoreFunction score = config.router.score;
      if (score == core::ScoreFunction::Softmax || score == core::ScoreFunction::Sigmoid) {
        want(Captured::Scores, T, s.E, s.E);
      }
      if (s.selects) want(Captured::Selection, T, s.E, s.E);
      const uint32_t K = choosing.columns;
      want(Captured::Ids, T, K, K);
      want(Captured::Weights, T, K, K);
      if (config.router.dropsChoices || choosing.queued) {
        want(Captured::Kept, T, K, K);
        want(Captured::Slot, T, K, K);
      }
    }
    if (!ledger) continue;
    want(Captured::In, T, s.D, s.stride);
    want(Captured::Attention, T, s.D, s.stride);
    want(Captured::Out, T, s.D, s.stride);
    if (!moe) {
      want(Captured::Dense, T, s.D, s.stride);
      continue;
    }
    want(Captured::Experts, T * choosing.columns, s.D, s.stride);
    if (config.shared != core::SharedExpert::None) want(Captured::Shared, T, s.D, s.stride);
    if (capture >= core::Capture::Full) want(Captured::Routed, T, s.D, s.stride);
  }
  return plan;
}

core::Status deliver(const CapturePlan& plan, const std::byte* memory, int firstToken, int tokens,
                     core::TensorSink& sink) {
  std::array<std::vector<std::byte>, kCapturedKinds> scratch;
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const auto rows = [&](Captured kind) -> const std::byte* {
      const CapturePart& part = plan.part(l, kind);
      return part.rows == 0 ? nullptr : tightRows(part, memory, scratch[static_cast<size_t>(kind)]);
    };
    const auto floats = [&](Captured kind) { return reinterpret_cast<const float*>(rows(kind)); };
    const auto integers = [&](Captured kind) { return reinterpret_cast<const int32_t*>(rows(kind)); };
    core::LayerTensors tensors;
    tensors.layer = static_cast<int>(l);
    tensors.firstToken = firstToken;
    tensors.tokens = tokens;
    tensors.routerLogits = floats(Captured::Logits);
    tensors.routerScores = floats(Captured::Scores);
    tensors.routerSelection = floats(Captured::Selection);
    tensors.ids = integers(Captured::Ids);
    tensors.weights = floats(Captured::Weights);
    tensors.kept = integers(Captured::Kept);
    tensors.slot = integers(Captured::Slot);
    tensors.attentionRouterLogits = floats(Captured::AttentionLogits);
    tensors.attentionIds = integers(Captured::AttentionIds);
    tensors.attentionWeights = floats(Captured::AttentionWeights);
    tensors.in = floats(Captured::In);
    tensors.attention = floats(Captured::Attention);
    tensors.experts = floats(Captured::Experts);
    tensors.shared = floats(Captured::Shared);
    tensors.dense = floats(Captured::Dense);
    tensors.out = floats(Captured::Out);
    tensors.routed = floats(Captured::Routed);
    TRY_STATUS(sink.layer(tensors));
  }
  return {};
}

}  // namespace gpu
