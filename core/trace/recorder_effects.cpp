#include "core/trace/recorder_effects.h"

#include <algorithm>

#include "core/base/row_loop.h"
#include "core/engine/ops_fast.h"

namespace core {

BlockNorm::BlockNorm(const Model& model, int layer) : config(model.config) {
  if (config.postNorms) weight = fast::widened(model.weights.layer[static_cast<size_t>(layer)].blockPostNorm.weight);
}

Recorder::Effects::Effects(Recorder& recorder)
    : owner(recorder),
      L(recorder.m_model->config.layers),
      K(recorder.m_trace.config().router.chosen),
      P(LedgerParts{K}.count()),
      D(recorder.m_model->config.width),
      finalNorm(fast::widened(recorder.m_model->weights.finalNorm.weight)),
      layers(static_cast<size_t>(L)) {}

Recorder::Effects::~Effects() { letGo(); }

int64_t Recorder::Effects::tapeFloatsPerToken(const ModelConfig& config) {
  int64_t parts = 0;
  for (const LayerConfig& layer : config.layer) {
    parts += layer.moe ? 2 + config.router.chosen + (config.shared != SharedExpert::None ? 1 : 0) : 3;
  }
  return parts * config.width;
}

void Recorder::Effects::letGo() {
  for (Layer& layer : layers) {
    if (owner.m_spare && !layer.rows.empty()) owner.m_spare->give(std::move(layer.rows));
    layer.rows = {};
  }
}

void Recorder::Effects::begin(int first, int tokens) {
  firstToken = first;
  count = tokens;
  taped = tokens == 1 || tokens * tapeFloatsPerToken(owner.m_trace.config()) <= owner.m_tapeBytes / 4;
  if (!taped) letGo();
  stream.resize(static_cast<size_t>(tokens) * static_cast<size_t>(D));
  predicted.assign(static_cast<size_t>(tokens), -1);
  passDue = false;
}

void Recorder::Effects::beginLayer(const LayerTensors& rows) {
  Layer& layer = layers[static_cast<size_t>(rows.layer)];
  layer.present = presentParts(rows, K);
  if (!taped) return;
  const size_t floats = static_cast<size_t>(count) * layer.present.size() * static_cast<size_t>(D);
  if (layer.rows.size() >= floats) return;
  if (owner.m_spare) {
    owner.m_spare->give(std::move(layer.rows));
    layer.rows = owner.m_spare->take(floats);
  } else {
    layer.rows.resize(floats);
  }
}

int32_t Recorder::Effects::actual(int row) const {
  const auto next = static_cast<size_t>(firstToken + row + 1);
  return next < owner.m_ids.size() ? owner.m_ids[next] : -1;
}

Array Recorder::Effects::hookRows(Hook hook, int rows) const {
  return {hook, P, std::vector<float>(static_cast<size_t>(rows) * static_cast<size_t>(P)), {}};
}

void Recorder::Effects::direction(int row, int32_t token, float* to) const {
  logitDirection(kernels(), *owner.m_model, finalNorm.data(),
                 stream.data() + static_cast<size_t>(row) * static_cast<size_t>(D), token, to);
}

void Recorder::Effects::add() {
  // Rows [fromPredicted, count) and [fromActual, known)
  int known = count;
  while (known > 0 && actual(known - 1) < 0) --known;
  const int fromPredicted = std::max(0, owner.m_trace.tokens(Stream::LayerHead) - firstToken);
  int fromActual = owner.m_trace.tokens(Stream::LayerNext) - firstToken;
  if (fromActual < 0 || fromActual > known) fromActual = known;
  const int predictedRows = std::max(0, count - fromPredicted), actualRows = known - fromActual;
  const int from = std::min(predictedRows > 0 ? fromPredicted : count, actualRows > 0 ? fromActual : count);
  const int to = predictedRows > 0 ? count : known;
  if (from >= to) return;

  std::vector<Array> onPredicted, onActual;  // (L)
  for (int layer = 0; layer < L; ++layer) {
    onPredicted.push_back(hookRows(Hook::LedgerPredictedEffect, predictedRows));
    onActual.push_back(hookRows(Hook::LedgerActualEffect, actualRows));
  }
  forRows(owner.m_pool, to - from, [&](int begin, int end) {
    const auto width = static_cast<size_t>(D);
    std::vector<float> scratch(3 * width);
    float *rest = scratch.data(), *toPredicted = rest + width, *toActual = toPredicted + width;
    for (int row = from + begin; row < from + end; ++row) {
      const bool onFirst = predictedRows > 0 && row >= fromPredicted, onNext = row >= fromActual && row < known;
      if (onFirst) direction(row, predicted[static_cast<size_t>(row)], toPredicted);
      if (onNext) direction(row, actual(row), toActual);
      for (int layer = 0; layer < L; ++layer) {
        const auto at = static_cast<size_t>(layer);
        const std::vector<int>& present = layers[at].present;
        const float* parts = partsAt(layer, row);
        const float* out = layer + 1 < L ? partsAt(layer + 1, row) : stream.data() + static_cast<size_t>(row) * width;
        kernels().remainder(parts, static_cast<int>(present.size()), out, D, rest);
        const PartRows rows = {parts, rest, present};
        const auto place = [&](Array& array, int first) {
          return array.floats.data() + static_cast<size_t>(row - first) * static_cast<size_t>(P);
        };
        if (onFirst && onNext) {
          effectsOfBoth(kernels(), rows, toPredicted, toActual, K, D, place(onPredicted[at], fromPredicted),
                        place(onActual[at], fromActual));
        } else if (onFirst) {
          effectsOf(kernels(), rows, toPredicted, K, D, place(onPredicted[at], fromPredicted));
        } else if (onNext) {
          effectsOf(kernels(), rows, toActual, K, D, place(onActual[at], fromActual));
        }
      }
    }
  });
  for (int layer = 0; layer < L; ++layer) {
    const auto at = static_cast<size_t>(layer);
    if (predictedRows > 0) {
      owner.extend({Stream::LayerHead, layer, firstToken + fromPredicted, predictedRows, {std::move(onPredicted[at])}});
    }
    if (actualRows > 0) {
      owner.extend({Stream::LayerNext, layer, firstToken + fromActual, actualRows, {std::move(onActual[at])}});
    }
  }
  owner.publish();
}

std::vector<float> Recorder::Effects::directions(const std::function<int32_t(int)>& token, int to) const {
  std::vector<float> all(static_cast<size_t>(to) * static_cast<size_t>(D));
  forRows(owner.m_pool, to, [&](int begin, int end) {
    for (int row = begin; row < end; ++row) {
      direction(row, token(row), all.data() + static_cast<size_t>(row) * static_cast<size_t>(D));
    }
  });
  return all;
}

void Recorder::Effects::beginPass() {
  const int known = actual(count - 1) >= 0 ? count : count - 1;
  m_passPredicted = directions([&](int row) { return predicted[static_cast<size_t>(row)]; }, count);
  m_passActual = directions([&](int row) { return actual(row); }, known);
}

Status Recorder::Effects::layer(const LayerTensors& rows) {
  Layer& last = layers[static_cast<size_t>(rows.layer)];  // the row whose next token may still come stays on the tape
  last.present = presentParts(rows, K);
  const size_t rowFloats = last.present.size() * static_cast<size_t>(D);
  last.rows.resize(rowFloats);
  const BlockNorm norm(*owner.m_model, rows.layer);
  const int known = actual(count - 1) >= 0 ? count : count - 1;
  Array onPredicted = hookRows(Hook::LedgerPredictedEffect, count),
        onActual = hookRows(Hook::LedgerActualEffect, known);
  forRows(owner.m_pool, rows.tokens, [&](int begin, int end) {
    std::vector<float> one(rowFloats), rest(static_cast<size_t>(D));
    for (int row = begin; row < end; ++row) {
      float* parts = row + 1 == rows.tokens ? last.rows.data() : one.data();
      layerParts(rows, row, last.present, K, D, norm.step(), parts);
      const size_t at = static_cast<size_t>(row) * static_cast<size_t>(D);
      kernels().remainder(parts, static_cast<int>(last.present.size()), rows.out + at, D, rest.data());
      const PartRows these = {parts, rest.data(), last.present};
      const size_t to = static_cast<size_t>(row) * static_cast<size_t>(P);
      effectsOf(kernels(), these, m_passPredicted.data() + at, K, D, onPredicted.floats.data() + to);
      if (row < known) effectsOf(kernels(), these, m_passActual.data() + at, K, D, onActual.floats.data() + to);
    }
  });
  owner.extend({Stream::LayerHead, rows.layer, firstToken, count, {std::move(onPredicted)}});
  if (known > 0) owner.extend({Stream::LayerNext, rows.layer, firstToken, known, {std::move(onActual)}});
  owner.publish();
  return {};
}

void Recorder::Effects::finishPass() {
  // What is left is a tape of one row, the last: its next token may be generated later.
  passDue = false;
  m_passPredicted = {};
  m_passActual = {};
  stream.erase(stream.begin(), stream.end() - D);
  predicted.erase(predicted.begin(), predicted.end() - 1);
  firstToken += count - 1;
  count = 1;
  taped = true;
  add();
}

}  // namespace core
