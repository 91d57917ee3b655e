// Rotary position embedding (RoFormer): feature pair i of a head turns by position * theta^(-2i / dimensions). To stretch
// a model's context the frequencies are changed:
//   linear   every frequency divided by the factor
//   dynamic  theta grows once a sequence passes the original length ("NTK-aware", Hugging Face's dynamic)
//   yarn     high frequencies kept, low ones divided, a ramp between; cos and sin times 0.1 ln(factor) + 1
//   llama3   the same idea with the ramp over wavelengths
//   longrope a factor for every frequency, one list up to the original length and another past it
#include <algorithm>
#include <cmath>

#include "core/engine/ops.h"

namespace core::ops {
namespace {

double yarnScale(double factor, double mscale) { return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1; }

// The feature pair that turns `rotations` times over the original context.
double yarnDimension(const RopeConfig& rope, double rotations) {
  return rope.dimensions * std::log(rope.originalContext / (rotations * 2 * M_PI)) / (2 * std::log(rope.theta));
}

void yarn(const RopeConfig& rope, std::vector<double>& frequency, double& scale) {
  double low = yarnDimension(rope, rope.betaFast);
  double high = yarnDimension(rope, rope.betaSlow);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, rope.dimensions - 1.0);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < frequency.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    frequency[i] = frequency[i] * (1 - ramp) + frequency[i] / rope.factor * ramp;
  }
  if (rope.attentionFactor > 0) {
    scale = rope.attentionFactor;
  } else if (rope.mscale > 0 && rope.mscaleAllDim > 0) {
    scale = yarnScale(rope.factor, rope.mscale) / yarnScale(rope.factor, rope.mscaleAllDim);
  } else {
    scale = yarnScale(rope.factor, 1);
  }
}

void llama3(const RopeConfig& rope, std::vector<double>& frequency) {
  const double longest = rope.originalContext / rope.lowFrequencyFactor;
  const double shortest = rope.originalContext / rope.highFrequencyFactor;
  for (double& f : frequency) {
    const double wavelength = 2 * M_PI / f;
    if (wavelength < shortest) continue;
    if (wavelength > longest) {
      f /= rope.factor;
      continue;
    }
    const double smooth = (rope.originalContext / wavelength - rope.lowFrequencyFactor) /
                          (rope.highFrequencyFactor - rope.lowFrequencyFactor);
    f = (1 - smooth) * f / rope.factor + smooth * f;
  }
}

void longRope(const RopeConfig& rope, int sequenceLength, std::vector<double>& frequency, double& scale) {
  const bool past = sequenceLength > rope.originalContext;
  const std::vector<double>& factor = past ? rope.longFactor : rope.shortFactor;
  for (size_t i = 0; i < frequency.size() && i < factor.size(); ++i) frequency[i] /= factor[i];
  const double mscale = past ? rope.longMscale : rope.shortMscale;
  if (mscale > 0) {
    scale = mscale;
  } else if (rope.attentionFactor > 0) {
    scale = rope.attentionFactor;
  } else {
    if (rope.factor > 1) scale = std::sqrt(1 + std::log(rope.factor) / std::log(rope.originalContext));
  }
}

}  // namespace

RopeTable ropeTable(const RopeConfig& rope, int modelContext, int first, int T, int sequenceLength) {
  const int half = rope.dimensions / 2;
  double theta = rope.theta;
  const int original = rope.originalContext > 0 ? rope.originalContext : modelContext;
  if (rope.scaling == RopeScaling::Dynamic && sequenceLength > original && rope.dimensions > 2) {
    const double stretch = rope.factor * sequenceLength / original - (rope.factor - 1);
    theta *= std::pow(stretch, static_cast<double>(rope.dimensions) / (rope.dimensions - 2));
  }
  std::vector<double> frequency(static_cast<size_t>(half));
  for (int i = 0; i < half; ++i) frequency[static_cast<size_t>(i)] = std::pow(theta, -2.0 * i / rope.dimensions);

  double scale = 1;
  RopeConfig settled = rope;
  settled.originalContext = original;
  switch (rope.scaling) {
    case RopeScaling::None:
    case RopeScaling::Dynamic: break;
    case RopeScaling::Linear:
      for (double& f : frequency) f /= rope.factor;
      break;
    case RopeScaling::Yarn: yarn(settled, frequency, scale); break;
    case RopeScaling::Llama3: llama3(settled, frequency); break;
    case RopeScaling::LongRope: longRope(settled, sequenceLength, frequency, scale); break;
  }

  RopeTable table;
  table.half = half;
  table.offset = rope.offset;
  table.cos.resize(static_cast<size_t>(T) * static_cast<size_t>(half));
  table.sin.resize(table.cos.size());
  for (int t = 0; t < T; ++t) {
    for (int i = 0; i < half; ++i) {
      const double angle = (first + t) * frequency[static_cast<size_t>(i)];
      const auto at = static_cast<size_t>(t) * static_cast<size_t>(half) + static_cast<size_t>(i);
      table.cos[at] = static_cast<float>(std::cos(angle) * scale);
      table.sin[at] = static_cast<float>(std::sin(angle) * scale);
    }
  }
  return table;
}

}  // namespace core::ops
