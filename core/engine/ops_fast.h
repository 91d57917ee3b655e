// The fast operations, each beside its readable reference in ops.h and held against it in tests/parity. They share one
// matrix-product core (kernels/) and a thread pool. Work is cut into pieces by shape alone, so the result is the same
// bits for any number of threads.
#pragma once

#include <span>
#include <vector>

#include "core/base/lazy_floats.h"
#include "core/base/thread_pool.h"
#include "core/engine/kernels/kernels.h"
#include "core/engine/ops.h"
#include "core/model/model.h"
#include "core/routing/dispatch.h"

namespace core::fast {

// Threads, the instruction set in use, and memory for the inner loops of each thread.
class Machine {
 public:
  explicit Machine(int threads, int valueDim, const kernels::Table& table = kernels::best());
  ThreadPool& pool() { return m_pool; }
  const kernels::Table& kernels() const { return m_table; }
  float* scratch(int worker) { return m_scratch[static_cast<size_t>(worker)].data()->floats; }

 private:
  ThreadPool m_pool;
  const kernels::Table& m_table;
  struct alignas(64) Line {  // a vector that lies across two lines of the cache is read twice
    float floats[16];
  };
  std::vector<std::vector<Line>> m_scratch;
};

// A matrix as the kernels want it; the bias, if any, widened once.
struct Matrix {
  Tensor weight;            // (out, in)
  std::vector<float> bias;  // (out) or empty
  int out() const { return static_cast<int>(weight.rows()); }
  int in() const { return static_cast<int>(weight.columns()); }
};
Matrix matrixOf(const Linear& linear);
std::vector<float> widened(const Tensor& tensor);  // empty for an absent tensor

struct MlpMatrices {
  Matrix gate, up, down;
};
MlpMatrices matricesOf(const Mlp& mlp);

// y (T, out) = x (T, in) W^T + b, rows `stride` floats apart
struct Product {
  const Matrix* matrix;
  const float* x;
  float* y;
  int T;
  int64_t yStride = 0;  // 0: out
};

// All products in one parallel region: pieces of all of them are handed out together.
void products(Machine& machine, std::span<const Product> jobs);

// Rows of an embedding table, as ops::embed; y (T, D)
void embed(Machine& machine, const Tensor& table, const int32_t* ids, int T, double scale, float* y);
struct NormWeights {
  std::vector<float> weight, bias;  // (D), empty where absent
};
NormWeights weightsOf(const Norm& norm);

// y = x / sqrt(mean(x^2) + eps) * w; rows of D; w empty: 1
void rmsNorm(Machine& machine, const std::vector<float>& weight, double eps, const float* x, int rows, int D, float* y);

// The same with the mean taken off first and the bias added last; y may be x
void layerNorm(Machine& machine, const NormWeights& weights, double eps, const float* x, int rows, int D, float* y);

// y = activation(gate, up); gate (n, H) or (n, 2H), up (n, H), y (n, H); y may be up's or its own buffer, not gate
void activate(Machine& machine, Activation activation, const float* gate, const float* up, int n, int H, float* y);

// Rotates like ops::rope; row `row` of the table belongs to the first token of x (T, heads, P).
void rope(Machine& machine, const ops::RopeTable& table, int row, RopeLayout layout, float* x, int T, int heads, int P);

// Keys (G, capacity, P) and values (G, capacity, R) of one layer: a head's positions lie back to back.
struct LayerCache {
  LazyFloats keys, values;
  std::vector<float> inputs;  // (capacity, D) what the local filter looks back at; empty without one
};

struct AttentionJob {
  int T = 0, first = 0;
  int heads = 0, keyValueHeads = 0, headDim = 0;
  int valueDim = 0;  // R; 0: P
  bool tiledKeyValues = false;
  int capacity = 0;  // positions a head of the cache has room for
  double scale = 1;
  int window = 0;
  int chunk = 0;
  double logitCap = 0;
  const float* sinks = nullptr;  // (A)
};

// q (T, A, P), cache filled up to first + T, y (T, A, R)
void attention(Machine& machine, const AttentionJob& job, const float* q, const LayerCache& cache, float* y);

// made (T, A, N + R), shared (T, P - N), k (T, A, P), v (T, A, R)
void latentHeads(Machine& machine, const ops::LatentShape& shape, const float* made, const float* shared, float* k,
                 float* v);

// Memory of an expert block, kept between calls.
struct ExpertBuffers {
  std::vector<float> input, gate, up, output;
};

// Routed experts: the tokens of an expert are gathered, multiplied and scattered.
//   parts (T, K, D): weight * E(x) of each choice, zero where dropped; or null
//   routed (T, D): their sum in rank order
struct ExpertJob {
  int T = 0, D = 0, K = 0;
  const int32_t* ids = nullptr;      // (T, K)
  const float* weights = nullptr;    // (T, K)
  const ExpertBatches* batches = nullptr;
  Activation activation = Activation::SwiGlu;
  WeightSide side = WeightSide::Output;
};
void experts(Machine& machine, const ExpertJob& job, std::span<const MlpMatrices> matrices, const float* x,
             ExpertBuffers& buffers, float* parts, float* routed);

// y[t, j] = weight[t, j] * M_{ids[t, j]} x, rows gathered by expert; x (T, in), or (T, K, in) with byChoice; y (T, K, out).
// Every choice is kept; weights null: 1.
struct RoutedJob {
  int T = 0, K = 0;
  const ExpertBatches* batches = nullptr;
  const float* weights = nullptr;  // (T, K)
  bool byChoice = false;
};
void routedLinear(Machine& machine, const RoutedJob& job, std::span<const Matrix> matrices, const float* x,
                  ExpertBuffers& buffers, float* y);

// y[t] = (x[t - 1], x[t]) interleaved; `before` (D) stands before x[0], null: zeros. x (T, D), y (T, 2D)
void pairWithPrevious(Machine& machine, const float* x, const float* before, int T, int D, float* y);

// y = down(activation(gate x, up x)); x (T, D), y (T, D)
void mlp(Machine& machine, const MlpMatrices& matrices, Activation activation, const float* x, int T,
         ExpertBuffers& buffers, float* y);

// y[t] *= sigmoid(gate . x[t] + bias); y (T, D)
void sigmoidGate(Machine& machine, const Matrix& gate, const float* x, int T, int D, float* y);

// x += scale * y over rows of D
void add(Machine& machine, float* x, const float* y, double scale, int rows, int D);

}  // namespace core::fast
