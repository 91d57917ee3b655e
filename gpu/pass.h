// A recorded forward pass over T tokens: the layers, then the logits in blocks of rows.
#pragma once

#include "gpu/capture.h"
#include "gpu/gpu_context.h"

namespace gpu {

struct DeviceLayer {
  NormViews inputNorm, attentionPostNorm, blockNorm, blockPostNorm, sharedNorm, queryNorm, keyNorm;
  NormViews queryDownNorm, keyValueDownNorm;
  NormViews filterNorm;
  View sinks, selectionBias, outputBias, routedBias;
  Matrix query, key, value, output, router, sharedGate;
  Matrix queryDown, keyValueDown, sharedKey, keyValueUp;
  Matrix filterFirst, filterSecond, routerKey, routerValue;
  Matrix attentionRouter, attentionQueries, attentionOutputs;
  MlpMatrices experts, shared, dense;
};

struct DeviceModel {
  std::vector<DeviceLayer> layers;
  Matrix embedding, logits;
  NormViews finalNorm;
};

// What makes two passes the same commands.
struct PassKey {
  uint64_t generation = 0;  // of the context's buffers
  uint32_t tokens = 0;      // T
  uint32_t positions = 0;   // bound of first + T
  uint32_t capacity = 0;    // C, UINT32_MAX: no choice is dropped
  Choosing choosing;
  core::Capture capture = core::Capture::None;
  uint32_t firstLogits = 0;  // first row whose logits are wanted; T: none
  bool timed = false;        // with a timestamp behind each command
  friend auto operator<=>(const PassKey&, const PassKey&) = default;
};

struct LogitsBlock {
  uint32_t firstRow = 0, rows = 0;
  size_t groupEnd = 0;  // groups of the sequence that must have run
};

struct Pass {
  std::unique_ptr<Sequence> sequence;
  size_t layerGroups = 0;  // groups until every layer is done
  CapturePlan capture;
  std::vector<LogitsBlock> blocks;
};

struct PassInputs {
  const core::ModelConfig& config;
  const Sizes& sizes;
  const DeviceModel& weights;
  const Work& work;
  const GpuContext& context;
};

// `budget`: multiply-adds of one submission.
core::Result<Pass> recordPass(const std::shared_ptr<Device>& device, const PassInputs& inputs, const PassKey& key,
                              double budget);

}  // namespace gpu
