#include "core/engine/ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/check.h"
#include "core/base/half.h"
#include "core/model/quant/dequantize.h"
#include "core/routing/score.h"

namespace core::ops {
namespace {

double silu(double x) { return x / (1 + std::exp(-x)); }

double geluTanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

}  // namespace

float element(const Tensor& tensor, int64_t index) {
  if (isQuantised(tensor.type)) return dequantizedElement(tensor.type, tensor.data, index);
  if (tensor.type == DType::F32) {
    float value;
    std::memcpy(&value, tensor.data + index * 4, 4);
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, tensor.data + index * 2, 2);
  return tensor.type == DType::F16 ? halfToFloat(bits) : bf16ToFloat(bits);
}

void row(const Tensor& tensor, int64_t r, float* to) {
  const int64_t columns = tensor.columns();
  dequantize(tensor.type, tensor.data + static_cast<size_t>(r) * bytesOf(tensor.type, static_cast<size_t>(columns)),
             columns, to);
}

void embed(const Tensor& table, const int32_t* ids, int T, double scale, float* y) {
  const int64_t D = table.columns();
  for (int t = 0; t < T; ++t) {
    row(table, ids[t], y + t * D);
    for (int64_t d = 0; d < D; ++d) y[t * D + d] = static_cast<float>(y[t * D + d] * scale);
  }
}

void norm(NormKind kind, const Norm& weights, double eps, const float* x, int T, int D, float* y) {
  for (int t = 0; t < T; ++t) {
    const float* row = x + static_cast<int64_t>(t) * D;
    double mean = 0;
    if (kind == NormKind::Layer) {
      for (int d = 0; d < D; ++d) mean += row[d];
      mean /= D;
    }
    double square = 0;
    for (int d = 0; d < D; ++d) square += (row[d] - mean) * (row[d] - mean);
    const double scale = 1 / std::sqrt(square / D + eps);
    for (int d = 0; d < D; ++d) {
      double value = (row[d] - mean) * scale;
      if (weights.weight) value *= element(weights.weight, d);
      if (weights.bias) value += element(weights.bias, d);
      y[static_cast<int64_t>(t) * D + d] = static_cast<float>(value);
    }
  }
}

void linear(const Linear& weights, const float* x, int T, float* y) {
  const int64_t out = weights.weight.rows();
  const int64_t in = weights.weight.columns();
  std::vector<float> w(static_cast<size_t>(in));
  for (int64_t o = 0; o < out; ++o) {
    row(weights.weight, o, w.data());
    for (int64_t t = 0; t < T; ++t) {
      double sum = weights.bias ? element(weights.bias, o) : 0;
      for (int64_t i = 0; i < in; ++i) sum += static_cast<double>(x[t * in + i]) * w[static_cast<size_t>(i)];
      y[t * out + o] = static_cast<float>(sum);
    }
  }
}

void clip(float* x, int64_t n, double limit) {
  const auto bound = static_cast<float>(limit);
  for (int64_t i = 0; i < n; ++i) x[i] = std::clamp(x[i], -bound, bound);
}

void rope(const RopeTable& table, RopeLayout layout, float* x, int T, int heads, int P) {
  for (int t = 0; t < T; ++t) {
    const float* cos = table.cos.data() + static_cast<int64_t>(t) * table.half;
    const float* sin = table.sin.data() + static_cast<int64_t>(t) * table.half;
    for (int h = 0; h < heads; ++h) {
      float* head = x + (static_cast<int64_t>(t) * heads + h) * P + table.offset;
      for (int i = 0; i < table.half; ++i) {
        float& a = head[layout == RopeLayout::Half ? i : 2 * i];
        float& b = head[layout == RopeLayout::Half ? i + table.half : 2 * i + 1];
        const float turned = a * cos[i] - b * sin[i];
        b = b * cos[i] + a * sin[i];
        a = turned;
      }
    }
  }
}

void temper(float* q, int first, int T, int64_t width, double scale, int floor) {
  for (int64_t t = 0; t < T; ++t) {
    const int64_t steps = (first + t + 1) / floor;
    const auto factor = static_cast<float>(1 + scale * std::log1p(static_cast<double>(steps)));
    for (int64_t i = 0; i < width; ++i) q[t * width + i] *= factor;
  }
}

void attention(const AttentionShape& shape, const float* q, const float* keys, const float* values, float* y) {
  const int A = shape.heads, G = shape.keyValueHeads, P = shape.headDim;
  const int R = shape.valueDim > 0 ? shape.valueDim : P;
  std::vector<double> score;
  for (int t = 0; t < shape.T; ++t) {
    const int position = shape.first + t;
    int begin = 0;
    if (shape.window > 0) begin = std::max(begin, position - shape.window + 1);
    if (shape.chunk > 0) begin = std::max(begin, position / shape.chunk * shape.chunk);
    for (int a = 0; a < A; ++a) {
      const int g = shape.tiledKeyValues ? a % G : a / (A / G);
      const float* query = q + (static_cast<int64_t>(t) * A + a) * P;
      score.assign(static_cast<size_t>(position - begin) + 1, 0);
      double top = shape.sinks ? shape.sinks[a] : -INFINITY;
      for (int s = begin; s <= position; ++s) {
        const float* key = keys + (static_cast<int64_t>(s) * G + g) * P;
        double dot = 0;
        for (int p = 0; p < P; ++p) dot += static_cast<double>(query[p]) * key[p];
        dot *= shape.scale;
        if (shape.logitCap > 0) dot = shape.logitCap * std::tanh(dot / shape.logitCap);
        score[static_cast<size_t>(s - begin)] = dot;
        top = std::max(top, dot);
      }
      double total = shape.sinks ? std::exp(shape.sinks[a] - top) : 0;
      for (double& value : score) total += value = std::exp(value - top);
      float* out = y + (static_cast<int64_t>(t) * A + a) * R;
      for (int p = 0; p < R; ++p) {
        double sum = 0;
        for (int s = begin; s <= position; ++s) {
          sum += score[static_cast<size_t>(s - begin)] * values[(static_cast<int64_t>(s) * G + g) * R + p];
        }
        out[p] = static_cast<float>(sum / total);
      }
    }
  }
}

void latentHeads(const LatentShape& shape, const float* made, const float* shared, float* k, float* v) {
  const int N = shape.nopeDim, P = shape.headDim, R = shape.valueDim;
  for (int64_t t = 0; t < shape.T; ++t) {
    for (int64_t a = 0; a < shape.heads; ++a) {
      const int64_t head = t * shape.heads + a;
      const float* from = made + head * (N + R);
      std::copy_n(from, N, k + head * P);
      std::copy_n(shared + t * (P - N), P - N, k + head * P + N);
      std::copy_n(from + N, R, v + head * R);
    }
  }
}

void activate(Activation activation, const float* gate, const float* up, int n, int H, float* y) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t h = 0; h < H; ++h) {
      const double u = up[i * H + h];
      double value = 0;
      switch (activation) {
        case Activation::SwiGlu: value = silu(gate[i * H + h]) * u; break;
        case Activation::GeGluTanh: value = geluTanh(gate[i * H + h]) * u; break;
        case Activation::TripleSwiGlu: value = gate[i * 2 * H + h] * silu(gate[i * 2 * H + H + h]) * u; break;
        case Activation::ClampedSwiGlu: {
          const double g = std::min<double>(gate[i * H + h], 7);
          value = g / (1 + std::exp(-1.702 * g)) * (std::clamp<double>(u, -7, 7) + 1);
          break;
        }
      }
      y[i * H + h] = static_cast<float>(value);
    }
  }
}

void mlp(const Mlp& weights, Activation activation, const float* x, int T, float* y) {
  const int64_t H = weights.up.weight.rows();
  std::vector<float> gate(static_cast<size_t>(T * weights.gate.weight.rows()));
  std::vector<float> up(static_cast<size_t>(T * H)), hidden(static_cast<size_t>(T * H));
  linear(weights.gate, x, T, gate.data());
  linear(weights.up, x, T, up.data());
  activate(activation, gate.data(), up.data(), T, static_cast<int>(H), hidden.data());
  linear(weights.down, hidden.data(), T, y);
}

void experts(const std::vector<Mlp>& experts, Activation activation, WeightSide side, const float* x, int T, int D, int K,
             const int32_t* ids, const float* weights, const int32_t* kept, float* y) {
  std::vector<float> input(static_cast<size_t>(D));
  for (int64_t choice = 0; choice < static_cast<int64_t>(T) * K; ++choice) {
    float* out = y + choice * D;
    if (kept && !kept[choice]) {
      std::fill_n(out, D, 0.f);
      continue;
    }
    const float* row = x + choice / K * D;
    const bool onInput = side == WeightSide::Input;
    for (int d = 0; d < D; ++d) input[static_cast<size_t>(d)] = onInput ? row[d] * weights[choice] : row[d];
    mlp(experts[static_cast<size_t>(ids[choice])], activation, input.data(), 1, out);
    if (!onInput) {
      for (int d = 0; d < D; ++d) out[d] *= weights[choice];
    }
  }
}

void routedLinear(const std::vector<Linear>& experts, const float* x, bool byChoice, int T, int K, const int32_t* ids,
                  const float* weights, float* y) {
  for (int64_t choice = 0; choice < static_cast<int64_t>(T) * K; ++choice) {
    const Linear& expert = experts[static_cast<size_t>(ids[choice])];
    const int64_t in = expert.weight.columns(), out = expert.weight.rows();
    linear(expert, x + (byChoice ? choice : choice / K) * in, 1, y + choice * out);
    for (int64_t o = 0; weights && o < out; ++o) y[choice * out + o] *= weights[choice];
  }
}

void pairWithPrevious(const float* x, const float* before, int T, int D, float* y) {
  for (int64_t t = 0; t < T; ++t) {
    const float* previous = t > 0 ? x + (t - 1) * D : before;
    for (int64_t d = 0; d < D; ++d) {
      y[(t * D + d) * 2] = previous ? previous[d] : 0;
      y[(t * D + d) * 2 + 1] = x[t * D + d];
    }
  }
}

void sumRanks(const float* parts, int T, int K, int D, float* y) {
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t d = 0; d < D; ++d) {
      float sum = 0;
      for (int64_t j = 0; j < K; ++j) sum += parts[(t * K + j) * D + d];
      y[t * D + d] = sum;
    }
  }
}

void sigmoidGate(const Linear& gate, const float* x, int T, int D, float* y) {
  std::vector<float> logit(static_cast<size_t>(T));
  linear(gate, x, T, logit.data());
  for (int64_t t = 0; t < T; ++t) {
    const float open = sigmoid(logit[static_cast<size_t>(t)]);
    for (int64_t d = 0; d < D; ++d) y[t * D + d] *= open;
  }
}

void add(float* x, const float* y, int64_t n, double scale) {
  const auto factor = static_cast<float>(scale);
  for (int64_t i = 0; i < n; ++i) x[i] += factor * y[i];
}

}  // namespace core::ops
