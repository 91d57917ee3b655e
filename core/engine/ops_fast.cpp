#include "core/engine/ops_fast.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/model/quant/dequantize.h"
#include "core/routing/score.h"

namespace core::fast {
namespace {

constexpr int kRowBlock = 512;    // rows of x that one piece of a product takes
constexpr int kStreamTile = 64;   // outputs a piece then
constexpr int kFlatBlock = 8192;  // floats a piece of an elementwise operation

void rowBlocks(Machine& machine, int rows, int D, const std::function<void(int begin, int count)>& body) {
  const int block = std::max(1, kFlatBlock / std::max(1, D));
  if (rows <= block) {
    if (rows > 0) body(0, rows);
    return;
  }
  machine.pool().run((rows + block - 1) / block,
                     [&](int piece) { body(piece * block, std::min(block, rows - piece * block)); });
}

// How the kernels read a weight: formats they have loops for, or the readable dequantiser, a few blocks at a time.
kernels::WeightType typeOf(DType type) {
  switch (type) {
    case DType::F32: return kernels::kF32;
    case DType::F16: return kernels::kF16;
    case DType::BF16: return kernels::kBf16;
    case DType::Q8_0: return kernels::kQ80;
    case DType::Q4_0: return kernels::kQ40;
    case DType::Q4_K: return kernels::kQ4K;
    case DType::Q5_K: return kernels::kQ5K;
    case DType::Q6_K: return kernels::kQ6K;
    case DType::MXFP4: return kernels::kMxfp4;
    default: return kernels::kBlocks;
  }
}

template <DType Type>
void widenBlocks(const void* blocks, int64_t elements, float* to) {
  dequantize(Type, static_cast<const std::byte*>(blocks), elements, to);
}

void setWidener(DType type, kernels::Product& p) {
  p.blockElements = infoOf(type).blockElements;
  p.blockBytes = infoOf(type).blockBytes;
  switch (type) {
    case DType::Q4_1: p.widen = widenBlocks<DType::Q4_1>; break;
    case DType::Q5_0: p.widen = widenBlocks<DType::Q5_0>; break;
    case DType::Q5_1: p.widen = widenBlocks<DType::Q5_1>; break;
    case DType::Q2_K: p.widen = widenBlocks<DType::Q2_K>; break;
    case DType::Q3_K: p.widen = widenBlocks<DType::Q3_K>; break;
    case DType::IQ4_NL: p.widen = widenBlocks<DType::IQ4_NL>; break;
    case DType::IQ4_XS: p.widen = widenBlocks<DType::IQ4_XS>; break;
    default: CHECK(p.type != kernels::kBlocks, "{} has neither a kernel nor a dequantiser", nameOf(type));
  }
}

}  // namespace

Machine::Machine(int threads, int valueDim, const kernels::Table& table) : m_pool(threads), m_table(table) {
  m_scratch.resize(static_cast<size_t>(m_pool.threads()));
  for (auto& memory : m_scratch) memory.resize(static_cast<size_t>(kernels::scratchFloats(0, valueDim) + 15) / 16);
}

std::vector<float> widened(const Tensor& tensor) {
  std::vector<float> values(tensor ? static_cast<size_t>(tensor.elements()) : 0);
  if (tensor) dequantize(tensor.type, tensor.data, tensor.elements(), values.data());
  return values;
}

Matrix matrixOf(const Linear& linear) { return {linear.weight, widened(linear.bias)}; }

MlpMatrices matricesOf(const Mlp& mlp) { return {matrixOf(mlp.gate), matrixOf(mlp.up), matrixOf(mlp.down)}; }

void products(Machine& machine, std::span<const Product> jobs) {
  struct Piece {
    int job, begin, end, row, rows;
  };
  std::vector<Piece> pieces;
  for (size_t j = 0; j < jobs.size(); ++j) {
    const Product& job = jobs[j];
    if (job.T <= 0) continue;
    const int out = job.matrix->out();
    const bool few = job.T < machine.kernels().fewRows;
    const int tile = few ? kStreamTile : 2 * machine.kernels().panel;
    const int blocks = few ? 1 : (job.T + kRowBlock - 1) / kRowBlock;
    for (int block = 0; block < blocks; ++block) {
      // Blocks of equal size: a last block of a few rows would take another path and round differently.
      const int row = static_cast<int>(static_cast<int64_t>(job.T) * block / blocks);
      const int end = static_cast<int>(static_cast<int64_t>(job.T) * (block + 1) / blocks);
      for (int begin = 0; begin < out; begin += tile) {
        pieces.push_back({static_cast<int>(j), begin, std::min(out, begin + tile), row, end - row});
      }
    }
  }
  // Threads take turns: behind a piece a thread will probably get the one that is so many places further on.
  const auto threads = static_cast<size_t>(machine.pool().threads());
  machine.pool().runOnWorkers(static_cast<int>(pieces.size()), [&](int index, int worker) {
    const Piece& piece = pieces[static_cast<size_t>(index)];
    const Product& job = jobs[static_cast<size_t>(piece.job)];
    kernels::Product p;
    p.weight = job.matrix->weight.data;
    if (static_cast<size_t>(index) + threads < pieces.size()) {
      const Piece& next = pieces[static_cast<size_t>(index) + threads];
      const Tensor& weight = jobs[static_cast<size_t>(next.job)].matrix->weight;
      p.next = weight.data + weight.bytes() / weight.rows() * next.begin;
    }
    p.type = typeOf(job.matrix->weight.type);
    setWidener(job.matrix->weight.type, p);
    p.bias = job.matrix->bias.empty() ? nullptr : job.matrix->bias.data();
    p.in = job.matrix->in();
    p.xStride = p.in;
    p.yStride = job.yStride > 0 ? job.yStride : job.matrix->out();
    p.x = job.x + static_cast<int64_t>(piece.row) * p.xStride;
    p.y = job.y + static_cast<int64_t>(piece.row) * p.yStride;
    p.T = piece.rows;
    machine.kernels().product(p, piece.begin, piece.end, machine.scratch(worker));
  });
}

void embed(Machine& machine, const Tensor& table, const int32_t* ids, int T, double scale, float* y) {
  const int64_t D = table.columns();
  rowBlocks(machine, T, static_cast<int>(D), [&](int begin, int count) { ops::embed(table, ids + begin, count, scale, y + begin * D); });
}

void rmsNorm(Machine& machine, const std::vector<float>& weight, double eps, const float* x, int rows, int D, float* y) {
  const float* w = weight.empty() ? nullptr : weight.data();
  rowBlocks(machine, rows, D, [&](int begin, int count) {
    const int64_t at = static_cast<int64_t>(begin) * D;
    machine.kernels().rmsNorm(x + at, w, static_cast<float>(eps), count, D, y + at);
  });
}

NormWeights weightsOf(const Norm& norm) { return {widened(norm.weight), widened(norm.bias)}; }

void layerNorm(Machine& machine, const NormWeights& weights, double eps, const float* x, int rows, int D, float* y) {
  rowBlocks(machine, rows, D, [&](int begin, int count) {
    for (int64_t r = begin; r < begin + count; ++r) {
      const float* from = x + r * D;
      float* to = y + r * D;
      double mean = 0, square = 0;
      for (int d = 0; d < D; ++d) mean += from[d];
      mean /= D;
      for (int d = 0; d < D; ++d) square += (from[d] - mean) * (from[d] - mean);
      const double scale = 1 / std::sqrt(square / D + eps);
      for (int d = 0; d < D; ++d) {
        const auto i = static_cast<size_t>(d);
        const double value = (from[d] - mean) * scale * (weights.weight.empty() ? 1 : weights.weight[i]);
        to[d] = static_cast<float>(value + (weights.bias.empty() ? 0 : weights.bias[i]));
      }
    }
  });
}

void activate(Machine& machine, Activation activation, const float* gate, const float* up, int n, int H, float* y) {
  rowBlocks(machine, n, H, [&](int begin, int count) {
    const int64_t at = static_cast<int64_t>(begin) * H;
    switch (activation) {
      case Activation::SwiGlu:
        machine.kernels().siluTimes(gate + at, up + at, static_cast<int64_t>(count) * H, y + at);
        break;
      case Activation::TripleSwiGlu: machine.kernels().tripleSilu(gate + 2 * at, up + at, count, H, y + at); break;
      case Activation::GeGluTanh:
      case Activation::ClampedSwiGlu: ops::activate(activation, gate + at, up + at, count, H, y + at); break;
    }
  });
}

void rope(Machine& machine, const ops::RopeTable& table, int row, RopeLayout layout, float* x, int T, int heads, int P) {
  rowBlocks(machine, T, heads * P, [&](int begin, int count) {
    for (int t = begin; t < begin + count; ++t) {
      const int64_t angles = static_cast<int64_t>(row + t) * table.half;
      machine.kernels().rotate(table.cos.data() + angles, table.sin.data() + angles, table.half, layout == RopeLayout::Half ? 1 : 0,
                               x + static_cast<int64_t>(t) * heads * P + table.offset, heads, P);
    }
  });
}

void attention(Machine& machine, const AttentionJob& job, const float* q, const LayerCache& cache, float* y) {
  const int rows = kernels::kAttentionRows;
  const int blocks = (job.T + rows - 1) / rows;
  const int valueDim = job.valueDim > 0 ? job.valueDim : job.headDim;
  const int64_t qStride = static_cast<int64_t>(job.heads) * job.headDim;
  const int64_t yStride = static_cast<int64_t>(job.heads) * valueDim;
  machine.pool().runOnWorkers(blocks * job.heads, [&](int piece, int worker) {
    const int block = blocks - 1 - piece / job.heads;  // late blocks see the most keys: they go first
    const int head = piece % job.heads;
    const int64_t group = job.tiledKeyValues ? head % job.keyValueHeads : head / (job.heads / job.keyValueHeads);
    kernels::HeadAttention a;
    a.rows = std::min(rows, job.T - block * rows);
    a.first = job.first + block * rows;
    a.P = job.headDim;
    a.R = valueDim;
    a.scale = static_cast<float>(job.scale);
    a.window = job.window;
    a.chunk = job.chunk;
    a.logitCap = static_cast<float>(job.logitCap);
    a.sink = job.sinks ? job.sinks + head : nullptr;
    a.q = q + block * rows * qStride + static_cast<int64_t>(head) * job.headDim;
    a.y = y + block * rows * yStride + static_cast<int64_t>(head) * valueDim;
    a.qStride = qStride;
    a.yStride = yStride;
    a.keys = cache.keys.data() + group * job.capacity * job.headDim;
    a.values = cache.values.data() + group * job.capacity * valueDim;
    machine.kernels().attention(a, machine.scratch(worker));
  });
}

void latentHeads(Machine& machine, const ops::LatentShape& shape, const float* made, const float* shared, float* k,
                 float* v) {
  const int64_t A = shape.heads, P = shape.headDim, R = shape.valueDim, N = shape.nopeDim;
  rowBlocks(machine, shape.T, static_cast<int>(A * (P + R)), [&](int begin, int count) {
    ops::LatentShape piece = shape;
    piece.T = count;
    ops::latentHeads(piece, made + begin * A * (N + R), shared + begin * (P - N), k + begin * A * P, v + begin * A * R);
  });
}

void experts(Machine& machine, const ExpertJob& job, std::span<const MlpMatrices> matrices, const float* x,
             ExpertBuffers& buffers, float* parts, float* routed) {
  const ExpertBatches& batches = *job.batches;
  const auto D = static_cast<size_t>(job.D);
  const size_t choices = batches.rows.size();
  const auto E = matrices.size();
  const auto gateOut = static_cast<size_t>(matrices[0].gate.out());
  const auto hidden = static_cast<size_t>(matrices[0].up.out());
  buffers.input.resize(choices * D);
  buffers.gate.resize(choices * gateOut);
  buffers.up.resize(choices * hidden);
  buffers.output.resize(choices * D);

  rowBlocks(machine, static_cast<int>(choices), job.D, [&](int begin, int count) {
    for (int i = begin; i < begin + count; ++i) {
      const int32_t choice = batches.rows[static_cast<size_t>(i)];
      const float scale = job.side == WeightSide::Input ? job.weights[choice] : 1.f;
      machine.kernels().scaled(x + static_cast<int64_t>(choice / job.K) * job.D, scale, job.D,
                               buffers.input.data() + static_cast<size_t>(i) * D);
    }
  });
  std::vector<Product> first, second;
  for (size_t e = 0; e < E; ++e) {
    const auto begin = static_cast<size_t>(batches.begin[e]);
    const int count = batches.begin[e + 1] - batches.begin[e];
    if (count == 0) continue;
    first.push_back({&matrices[e].gate, buffers.input.data() + begin * D, buffers.gate.data() + begin * gateOut, count});
    first.push_back({&matrices[e].up, buffers.input.data() + begin * D, buffers.up.data() + begin * hidden, count});
    second.push_back({&matrices[e].down, buffers.up.data() + begin * hidden, buffers.output.data() + begin * D, count});
  }
  products(machine, first);
  activate(machine, job.activation, buffers.gate.data(), buffers.up.data(), static_cast<int>(choices),
           static_cast<int>(hidden), buffers.up.data());
  products(machine, second);

  // place[t, j]: the row of the output that belongs to the choice, -1 if it was dropped
  std::vector<int32_t> place(static_cast<size_t>(job.T) * static_cast<size_t>(job.K), -1);
  for (size_t i = 0; i < choices; ++i) place[static_cast<size_t>(batches.rows[i])] = static_cast<int32_t>(i);
  rowBlocks(machine, job.T, job.D * job.K, [&](int begin, int count) {
    for (int64_t t = begin; t < begin + count; ++t) {
      float* sum = routed + t * job.D;
      std::fill_n(sum, job.D, 0.f);
      for (int64_t j = 0; j < job.K; ++j) {
        const int64_t choice = t * job.K + j;
        const int32_t row = place[static_cast<size_t>(choice)];
        float* part = parts ? parts + choice * job.D : nullptr;
        if (row < 0) {
          if (part) std::fill_n(part, job.D, 0.f);
          continue;
        }
        const float weight = job.side == WeightSide::Output ? job.weights[choice] : 1.f;
        // Weighted first, then added, whether or not the parts are kept: the sum is the same bits either way.
        float* output = buffers.output.data() + static_cast<size_t>(row) * D;
        if (!part) part = output;
        machine.kernels().scaled(output, weight, job.D, part);
        machine.kernels().addScaled(sum, part, 1.f, job.D);
      }
    }
  });
}

void routedLinear(Machine& machine, const RoutedJob& job, std::span<const Matrix> matrices, const float* x,
                  ExpertBuffers& buffers, float* y) {
  const ExpertBatches& batches = *job.batches;
  const auto choices = static_cast<int>(batches.rows.size());
  const int in = matrices[0].in(), out = matrices[0].out();
  const auto width = static_cast<size_t>(in), made = static_cast<size_t>(out);
  buffers.input.resize(static_cast<size_t>(choices) * width);
  buffers.output.resize(static_cast<size_t>(choices) * made);
  rowBlocks(machine, choices, in, [&](int begin, int count) {
    for (int i = begin; i < begin + count; ++i) {
      const int64_t choice = batches.rows[static_cast<size_t>(i)];
      std::copy_n(x + (job.byChoice ? choice : choice / job.K) * in, in, buffers.input.data() + static_cast<size_t>(i) * width);
    }
  });
  std::vector<Product> jobs;
  for (size_t e = 0; e < matrices.size(); ++e) {
    const auto begin = static_cast<size_t>(batches.begin[e]);
    const int count = batches.begin[e + 1] - batches.begin[e];
    if (count == 0) continue;
    jobs.push_back({&matrices[e], buffers.input.data() + begin * width, buffers.output.data() + begin * made, count});
  }
  products(machine, jobs);
  rowBlocks(machine, choices, out, [&](int begin, int count) {
    for (int i = begin; i < begin + count; ++i) {
      const int64_t choice = batches.rows[static_cast<size_t>(i)];
      machine.kernels().scaled(buffers.output.data() + static_cast<size_t>(i) * made, job.weights ? job.weights[choice] : 1.f,
                               out, y + choice * out);
    }
  });
}

void pairWithPrevious(Machine& machine, const float* x, const float* before, int T, int D, float* y) {
  rowBlocks(machine, T, 2 * D, [&](int begin, int count) {
    const int64_t at = static_cast<int64_t>(begin) * D;
    ops::pairWithPrevious(x + at, begin > 0 ? x + at - D : before, count, D, y + 2 * at);
  });
}

void mlp(Machine& machine, const MlpMatrices& matrices, Activation activation, const float* x, int T,
         ExpertBuffers& buffers, float* y) {
  const int hidden = matrices.up.out();
  buffers.gate.resize(static_cast<size_t>(T) * static_cast<size_t>(matrices.gate.out()));
  buffers.up.resize(static_cast<size_t>(T) * static_cast<size_t>(hidden));
  const Product first[] = {{&matrices.gate, x, buffers.gate.data(), T}, {&matrices.up, x, buffers.up.data(), T}};
  products(machine, first);
  activate(machine, activation, buffers.gate.data(), buffers.up.data(), T, hidden, buffers.up.data());
  const Product second[] = {{&matrices.down, buffers.up.data(), y, T}};
  products(machine, second);
}

void sigmoidGate(Machine& machine, const Matrix& gate, const float* x, int T, int D, float* y) {
  const int width = gate.in();
  const std::vector<float> weight = widened(gate.weight);
  rowBlocks(machine, T, D, [&](int begin, int count) {
    for (int64_t t = begin; t < begin + count; ++t) {
      double logit = machine.kernels().dot(x + t * width, weight.data(), width);
      if (!gate.bias.empty()) logit += gate.bias[0];
      machine.kernels().scaled(y + t * D, sigmoid(static_cast<float>(logit)), D, y + t * D);
    }
  });
}

void add(Machine& machine, float* x, const float* y, double scale, int rows, int D) {
  rowBlocks(machine, rows, D, [&](int begin, int count) {
    const int64_t at = static_cast<int64_t>(begin) * D;
    machine.kernels().addScaled(x + at, y + at, static_cast<float>(scale), static_cast<int64_t>(count) * D);
  });
}

}  // namespace core::fast
