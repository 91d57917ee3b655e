// The pushes of a layer's parts on logits (recorder.h says what they are): the tape of the parts of one call, and what
// reads it back once the directions are known. A layer's remainder is not on the tape: what it is left over from, the
// layer's output, is the first part of the next layer.
#pragma once

#include <functional>

#include "core/base/lazy_floats.h"
#include "core/trace/ledger.h"
#include "core/trace/recorder.h"

namespace core {

// The norm behind a layer's block, of models that have one.
struct BlockNorm {
  BlockNorm(const Model& model, int layer);
  BlockStep step() const { return {config.residualScale, weight.empty() ? nullptr : weight.data(), config.normEps}; }
  const ModelConfig& config;
  std::vector<float> weight;  // (D), empty without
};

struct Recorder::Effects : public TensorSink {
  explicit Effects(Recorder& recorder);
  ~Effects() override;

  static int64_t tapeFloatsPerToken(const ModelConfig& config);

  void begin(int first, int tokens);

  // Of one layer of the call: the parts it has, and their rows on the tape.
  struct Layer {
    std::vector<int> present;
    LazyFloats rows;  // (count, N, D)
  };
  // Makes room for a layer of the call.
  void beginLayer(const LayerTensors& rows);
  float* partsAt(int layer, int row) {
    Layer& at = layers[static_cast<size_t>(layer)];
    return at.rows.data() + static_cast<size_t>(row) * at.present.size() * static_cast<size_t>(D);
  }

  int32_t actual(int row) const;  // the token behind a row of the call, -1 where it is not known yet

  // Writes the pushes that can be known by now and that have not been written.
  void add();

  // The second pass: both directions are known before the parts come.
  void beginPass();
  Status layer(const LayerTensors& rows) override;
  Status logits(const LogitsTensors&) override { return {}; }
  void finishPass();

  Recorder& owner;
  int L, K, P, D;
  std::vector<float> finalNorm;   // (D)
  int firstToken = 0, count = 0;  // of the call on the tape
  bool taped = true, passDue = false;
  std::vector<Layer> layers;       // (L)
  std::vector<float> stream;       // (count, D) after the last layer
  std::vector<int32_t> predicted;  // (count)

 private:
  const kernels::Table& kernels() const { return *owner.m_kernels; }
  Array hookRows(Hook hook, int rows) const;
  void direction(int row, int32_t token, float* to) const;  // to (D)
  std::vector<float> directions(const std::function<int32_t(int)>& token, int to) const;
  void letGo();

  std::vector<float> m_passPredicted, m_passActual;  // (count, D)
};

}  // namespace core
