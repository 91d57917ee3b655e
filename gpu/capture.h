// Which tensors of each layer a pass copies into host memory, where they lie there, and handing them to a sink.
#pragma once

#include <array>
#include <vector>

#include "core/engine/engine.h"
#include "gpu/work.h"

namespace gpu {

enum class Captured : uint8_t {
  Logits,
  Scores,
  Selection,
  Ids,
  Weights,
  Kept,
  Slot,
  AttentionLogits,
  AttentionIds,
  AttentionWeights,
  In,
  Attention,
  Experts,
  Shared,
  Dense,
  Out,
  Routed
};
constexpr size_t kCapturedKinds = 17;

struct CapturePart {
  uint64_t offset = 0;
  uint32_t rows = 0, width = 0, stride = 0;  // rows 0: not captured
  uint64_t bytes() const { return uint64_t{rows} * stride * 4; }
};

struct CapturePlan {
  std::vector<std::array<CapturePart, kCapturedKinds>> layers;
  uint64_t bytes = 0;
  const CapturePart& part(size_t layer, Captured kind) const { return layers[layer][static_cast<size_t>(kind)]; }
};

CapturePlan planCapture(const core::ModelConfig& config, const Sizes& sizes, const Choosing& choosing,
                        core::Capture capture, uint32_t tokens);

// Calls sink.layer for every layer in order; nothing with Capture::None.
core::Status deliver(const CapturePlan& plan, const std::byte* memory, int firstToken, int tokens,
                     core::TensorSink& sink);

}  // namespace gpu
