// The reference operations: naive loops over f32 with sums in double, kept readable for ever. The fast ones (ops_fast.h)
// and the GPU kernels are held against these, op by op, in tests/parity. Shapes as in core/model/config.h; every output
// buffer is given by the caller and never aliases an input unless said so. Nothing here fails: sizes were checked when
// the model was loaded.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/model.h"

namespace core::ops {

// One element of a weight as a float.
float element(const Tensor& tensor, int64_t index);

// Row r of a matrix, dequantised or widened; to (in)
void row(const Tensor& tensor, int64_t r, float* to);

// y[t] = table[ids[t]] * scale; table (V, D), y (T, D)
void embed(const Tensor& table, const int32_t* ids, int T, double scale, float* y);

// y = x / sqrt(mean(x^2) + eps) * w; x, y (T, D); w (D), absent: 1. With kind Layer the mean is taken off first and the
// bias added last. y may be x.
void norm(NormKind kind, const Norm& weights, double eps, const float* x, int T, int D, float* y);

// y = x W^T + b; x (T, in), W (out, in), y (T, out)
void linear(const Linear& weights, const float* x, int T, float* y);

// x = clamp(x, -limit, limit), n elements
void clip(float* x, int64_t n, double limit);

// Angles of a rotary embedding, made once a forward pass: cos and sin, (T, dimensions / 2) each, for positions
// first .. first + T - 1. `sequenceLength` matters to dynamic and longrope scaling. Computed in double, stored as float.
struct RopeTable {
  int half = 0;    // dimensions / 2
  int offset = 0;  // features of a head before those that rotate
  std::vector<float> cos, sin;
};
RopeTable ropeTable(const RopeConfig& rope, int modelContext, int first, int T, int sequenceLength);

// Rotates the 2 * half features of each head behind `offset` in place; x (T, heads, P)
void rope(const RopeTable& table, RopeLayout layout, float* x, int T, int heads, int P);

// q[t] *= 1 + scale * ln(1 + floor((first + t + 1) / floor)); q (T, width)
void temper(float* q, int first, int T, int64_t width, double scale, int floor);

struct AttentionShape {
  int T = 0;        // queries, at positions first .. first + T - 1
  int first = 0;
  int heads = 0, keyValueHeads = 0, headDim = 0;  // A, G, P
  int valueDim = 0;                               // R; 0: P
  double scale = 1;
  int window = 0;   // 0: all earlier positions
  int chunk = 0;    // 0: no blocks
  bool tiledKeyValues = false;
  double logitCap = 0;
  const float* sinks = nullptr;  // (A)
};

// y[t, a] = sum_s softmax_s(scale * q[t, a] . k[s, g]) v[s, g] over the positions s that t may see.
// q (T, A, P); keys (first + T, G, P), values (first + T, G, R); y (T, A, R)
void attention(const AttentionShape& shape, const float* q, const float* keys, const float* values, float* y);

// Keys and values of latent attention, before rotation: k[t, a] = (made[t, a, :N], shared[t]), v[t, a] = made[t, a, N:].
// N = P less the features of `shared`; made (T, A, N + R), shared (T, P - N), k (T, A, P), v (T, A, R)
struct LatentShape {
  int T = 0, heads = 0, nopeDim = 0, headDim = 0, valueDim = 0;  // T, A, N, P, R
};
void latentHeads(const LatentShape& shape, const float* made, const float* shared, float* k, float* v);

// y = activation(gate, up); gate (n, H) or (n, 2H) for TripleSwiGlu, up (n, H), y (n, H)
void activate(Activation activation, const float* gate, const float* up, int n, int H, float* y);

// y = down(activation(gate x, up x)); x (T, D), y (T, D)
void mlp(const Mlp& weights, Activation activation, const float* x, int T, float* y);

// y[t, j] = weight[t, j] * E_{ids[t, j]}(x[t]), zero where kept[t, j] is 0 (kept null: all kept); x (T, D),
// ids, weights, kept (T, K), y (T, K, D). WeightSide::Input: y = E(weight * x).
void experts(const std::vector<Mlp>& experts, Activation activation, WeightSide side, const float* x, int T, int D, int K,
             const int32_t* ids, const float* weights, const int32_t* kept, float* y);

// y[t, j] = weight[t, j] * M_{ids[t, j]} x, one matrix an expert; x (T, in) by token, or (T, K, in) by choice;
// ids, weights (T, K), weights null: 1; y (T, K, out)
void routedLinear(const std::vector<Linear>& experts, const float* x, bool byChoice, int T, int K, const int32_t* ids,
                  const float* weights, float* y);

// y[t, 2d] = x[t - 1, d], y[t, 2d + 1] = x[t, d]: what a causal convolution of kernel 2 sees at t. `before` (D) stands
// before x[0], null: zeros. x (T, D), y (T, 2D)
void pairWithPrevious(const float* x, const float* before, int T, int D, float* y);

// y[t] = sum_j parts[t, j]; parts (T, K, D), y (T, D); in rank order
void sumRanks(const float* parts, int T, int K, int D, float* y);

// y[t] *= sigmoid(gate . x[t] + bias); x (T, D) or any width, y (T, D)
void sigmoidGate(const Linear& gate, const float* x, int T, int D, float* y);

// x += scale * y, n elements
void add(float* x, const float* y, int64_t n, double scale);

}  // namespace core::ops
