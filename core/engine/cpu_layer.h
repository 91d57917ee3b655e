// The weights of one layer as the CPU engine wants them: vectors widened once, matrices where they lie.
#pragma once

#include <vector>

#include "core/engine/ops_fast.h"

namespace core {

struct CpuLayer {
  fast::NormWeights inputNorm, attentionPostNorm, blockNorm, blockPostNorm, sharedNorm;
  std::vector<float> queryNorm, keyNorm, sinks;
  std::vector<float> queryDownNorm, keyValueDownNorm, selectionBias;
  fast::Matrix query, key, value, output, router, sharedGate;
  fast::Matrix queryDown, keyValueDown, sharedKey, keyValueUp;
  fast::Matrix filterFirst, filterSecond, attentionRouter, routerKey, routerValue;
  std::vector<fast::Matrix> attentionQueries, attentionOutputs;
  std::vector<float> filterNorm, outputBias, routedBias;
  std::vector<fast::MlpMatrices> experts;
  fast::MlpMatrices shared, dense;
};

inline CpuLayer cpuLayerOf(const LayerWeights& from) {
  CpuLayer layer;
  layer.inputNorm = fast::weightsOf(from.inputNorm);
  layer.attentionPostNorm = fast::weightsOf(from.attentionPostNorm);
  layer.blockNorm = fast::weightsOf(from.blockNorm);
  layer.blockPostNorm = fast::weightsOf(from.blockPostNorm);
  layer.sharedNorm = fast::weightsOf(from.sharedNorm);
  layer.queryNorm = fast::widened(from.queryNorm.weight);
  layer.keyNorm = fast::widened(from.keyNorm.weight);
  layer.queryDownNorm = fast::widened(from.queryDownNorm.weight);
  layer.keyValueDownNorm = fast::widened(from.keyValueDownNorm.weight);
  layer.selectionBias = fast::widened(from.selectionBias);
  layer.sinks = fast::widened(from.sinks);
  layer.query = fast::matrixOf(from.query);
  layer.key = fast::matrixOf(from.key);
  layer.value = fast::matrixOf(from.value);
  layer.output = fast::matrixOf(from.output);
  layer.queryDown = fast::matrixOf(from.queryDown);
  layer.keyValueDown = fast::matrixOf(from.keyValueDown);
  layer.sharedKey = fast::matrixOf(from.sharedKey);
  layer.keyValueUp = fast::matrixOf(from.keyValueUp);
  layer.filterFirst = fast::matrixOf(from.filterFirst);
  layer.filterSecond = fast::matrixOf(from.filterSecond);
  layer.filterNorm = fast::widened(from.filterNorm.weight);
  layer.attentionRouter = fast::matrixOf(from.attentionRouter);
  for (const Linear& expert : from.attentionQueries) layer.attentionQueries.push_back(fast::matrixOf(expert));
  for (const Linear& expert : from.attentionOutputs) layer.attentionOutputs.push_back(fast::matrixOf(expert));
  if (!from.attentionOutputs.empty()) layer.outputBias = fast::widened(from.output.bias);
  layer.routedBias = fast::widened(from.routedBias);
  layer.routerKey = fast::matrixOf(from.routerKey);
  layer.routerValue = fast::matrixOf(from.routerValue);
  layer.router = fast::matrixOf(from.router);
  layer.sharedGate = fast::matrixOf(from.sharedGate);
  layer.shared = fast::matricesOf(from.shared);
  layer.dense = fast::matricesOf(from.dense);
  for (const Mlp& expert : from.experts) layer.experts.push_back(fast::matricesOf(expert));
  return layer;
}

}  // namespace core
