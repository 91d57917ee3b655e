// The parity table of the processor: every fast operation against its readable reference, on every instruction set this
// machine has, over sizes that hurt (1, 13, 64, 127).
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <regex>
#include <set>

#include "core/base/half.h"
#include "core/engine/ops.h"
#include "core/engine/ops_fast.h"
#include "core/engine/rope_cache.h"
#include "core/engine/sampler.h"
#include "tests/support/random_blocks.h"
#include "tests/support/support.h"

namespace {

using core::DType;

// Weights and inputs of one row, from its own stream of random numbers.
class Source {
 public:
  explicit Source(uint64_t seed) : m_seed(seed) {}

  std::vector<float> floats(size_t count, double scale = 1) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>((core::uniformAt(m_seed, 7, m_next++) * 2 - 1) * scale);
    return values;
  }

  core::Tensor tensor(DType type, std::vector<int64_t> shape, double scale = 0.5) {
    core::Tensor tensor;
    tensor.type = type;
    tensor.shape = std::move(shape);
    if (core::isQuantised(type)) {
      const auto random = test::randomWeights(type, static_cast<size_t>(tensor.elements()), m_seed * 1000 + m_next++);
      auto blocks = std::make_shared<std::vector<std::byte>>(random.size() + 1);  // as below
      std::memcpy(blocks->data() + 1, random.data(), random.size());
      tensor.data = blocks->data() + 1;
      m_kept.push_back(std::move(blocks));
      return tensor;
    }
    const std::vector<float> values = floats(static_cast<size_t>(tensor.elements()), scale);
    // One byte off any alignment, as tensors in files may be.
    auto bytes = std::make_shared<std::vector<std::byte>>(tensor.bytes() + 1);
    std::byte* at = bytes->data() + 1;
    for (const float value : values) {
      if (type == DType::F32) {
        std::memcpy(at, &value, 4);
        at += 4;
      } else {
        const uint16_t half = type == DType::F16 ? core::floatToHalf(value) : core::floatToBf16(value);
        std::memcpy(at, &half, 2);
        at += 2;
      }
    }
    tensor.data = bytes->data() + 1;
    m_kept.push_back(std::move(bytes));
    return tensor;
  }

  core::Linear linear(DType type, int out, int in, bool bias = false) {
    core::Linear linear;
    linear.weight = tensor(type, {out, in});
    if (bias) linear.bias = tensor(core::isQuantised(type) ? DType::F32 : type, {out});
    return linear;
  }

  core::Mlp mlp(DType type, core::Activation activation, int D, int H) {
    const int wide = activation == core::Activation::TripleSwiGlu ? 2 * H : H;
    return {linear(type, wide, D), linear(type, H, D), linear(type, D, H)};
  }

 private:
  uint64_t m_seed;
  uint64_t m_next = 0;
  std::vector<std::shared_ptr<std::vector<std::byte>>> m_kept;
};

struct Outcome {
  std::vector<float> expected, got;
};

struct Row {
  std::string op, shape;
  double abs, rel;
  std::function<Outcome(core::fast::Machine&, Source&)> run;
};

constexpr core::Activation kActivations[] = {core::Activation::SwiGlu, core::Activation::TripleSwiGlu,
                                             core::Activation::GeGluTanh, core::Activation::ClampedSwiGlu};

// All types, by their place in the table.
std::vector<DType> types() {
  std::vector<DType> all;
  for (size_t i = 0; i < core::kDTypes.size(); ++i) all.push_back(static_cast<DType>(i));
  return all;
}

void addProducts(std::vector<Row>& rows) {
  for (const DType type : types()) {
    const int unit = core::infoOf(type).blockElements;  // inputs below are made a multiple of it
    for (const auto& sizes : {std::array{1, 1, 1},
                              {1, 127, 13},
                              {3, 64, 127},
                              {4, 300, 64},
                              {7, 13, 33},
                              {11, 64, 5},
                              {12, 13, 31},
                              {13, 127, 64},
                              {64, 300, 127},
                              {127, 64, 13},
                              {300, 13, 65},
                              {2, 700, 21},
                              {13, 700, 33}}) {
      const int T = sizes[0], least = sizes[1], out = sizes[2];
      const int in = (least + unit - 1) / unit * unit;
      // The reference takes long where a processor is emulated; many rows are the floats' own path.
      if (unit > 1 && int64_t{T} * in * out > 1'000'000) continue;
      rows.push_back({"products", fmt::format("{} T{} in{} out{}", core::nameOf(type), T, in, out), 2e-5, 2e-5,
                      [=](core::fast::Machine& machine, Source& source) {
                        const core::Linear linear = source.linear(type, out, in, T % 2 == 1);
                        const auto x = source.floats(static_cast<size_t>(T * in));
                        Outcome o{std::vector<float>(static_cast<size_t>(T * out)),
                                  std::vector<float>(static_cast<size_t>(T * out))};
                        core::ops::linear(linear, x.data(), T, o.expected.data());
                        const core::fast::Matrix matrix = core::fast::matrixOf(linear);
                        const core::fast::Product jobs[] = {{&matrix, x.data(), o.got.data(), T}};
                        core::fast::products(machine, jobs);
                        return o;
                      }});
    }
  }
}

void addRows(std::vector<Row>& rows) {
  for (const auto& sizes : {std::array{1, 1}, {1, 13}, {13, 64}, {64, 127}, {127, 300}}) {
    const int T = sizes[0], D = sizes[1];
    const auto n = static_cast<size_t>(T * D);
    rows.push_back(
        {"rmsNorm", fmt::format("T{} D{}", T, D), 1e-6, 1e-5, [=](core::fast::Machine& machine, Source& source) {
           const core::Norm norm{source.tensor(DType::BF16, {D}), {}};
           const auto x = source.floats(n, 3);
           Outcome o{std::vector<float>(n), std::vector<float>(n)};
           core::ops::norm(core::NormKind::Rms, norm, 1e-5, x.data(), T, D, o.expected.data());
           core::fast::rmsNorm(machine, core::fast::widened(norm.weight), 1e-5, x.data(), T, D, o.got.data());
           return o;
         }});
    rows.push_back({"embed", fmt::format("T{} D{}", T, D), 0, 0, [=](core::fast::Machine& machine, Source& source) {
                      const core::Tensor table = source.tensor(DType::F16, {T + 2, D});
                      std::vector<int32_t> ids;
                      for (int t = 0; t < T; ++t) ids.push_back((t * 5 + 1) % (T + 2));
                      Outcome o{std::vector<float>(n), std::vector<float>(n)};
                      core::ops::embed(table, ids.data(), T, 3, o.expected.data());
                      core::fast::embed(machine, table, ids.data(), T, 3, o.got.data());
                      return o;
                    }});
    rows.push_back(
        {"layerNorm", fmt::format("T{} D{}", T, D), 1e-6, 1e-5, [=](core::fast::Machine& machine, Source& source) {
           const core::Norm norm{source.tensor(DType::BF16, {D}), source.tensor(DType::F16, {D})};
           const auto x = source.floats(n, 3);
           Outcome o{std::vector<float>(n), x};  // in place
           core::ops::norm(core::NormKind::Layer, norm, 1e-5, x.data(), T, D, o.expected.data());
           core::fast::layerNorm(machine, core::fast::weightsOf(norm), 1e-5, o.got.data(), T, D, o.got.data());
           return o;
         }});
    rows.push_back({"add", fmt::format("T{} D{}", T, D), 1e-6, 1e-6, [=](core::fast::Machine& machine, Source& source) {
                      const auto y = source.floats(n);
                      Outcome o;
                      o.expected = o.got = source.floats(n);
                      core::ops::add(o.expected.data(), y.data(), static_cast<int64_t>(n), 0.25);
                      core::fast::add(machine, o.got.data(), y.data(), 0.25, T, D);
                      return o;
                    }});
    rows.push_back(
        {"sigmoidGate", fmt::format("T{} D{}", T, D), 1e-6, 1e-5, [=](core::fast::Machine& machine, Source& source) {
           const core::Linear gate = source.linear(DType::F16, 1, D, T > 13);
           const auto x = source.floats(n);
           Outcome o;
           o.expected = o.got = source.floats(n);
           core::ops::sigmoidGate(gate, x.data(), T, D, o.expected.data());
           core::fast::sigmoidGate(machine, core::fast::matrixOf(gate), x.data(), T, D, o.got.data());
           return o;
         }});
    rows.push_back({"widened", fmt::format("{}", D), 0, 0, [=](core::fast::Machine&, Source& source) {
                      // A vector of any type, as long as its blocks let it be.
                      const DType type = types()[static_cast<size_t>(D) % types().size()];
                      const int unit = core::infoOf(type).blockElements, length = (D + unit - 1) / unit * unit;
                      const core::Tensor tensor = source.tensor(type, {length});
                      Outcome o;
                      for (int i = 0; i < length; ++i) o.expected.push_back(core::ops::element(tensor, i));
                      o.got = core::fast::widened(tensor);
                      return o;
                    }});
    for (const core::Activation activation : kActivations) {
      rows.push_back({"activate", fmt::format("kind {} T{} H{}", static_cast<int>(activation), T, D), 1e-6, 1e-5,
                      [=](core::fast::Machine& machine, Source& source) {
                        const auto gate = source.floats(2 * n, 9), up = source.floats(n, 9);
                        Outcome o{std::vector<float>(n), up};  // in place, as the engine does it
                        core::ops::activate(activation, gate.data(), up.data(), T, D, o.expected.data());
                        core::fast::activate(machine, activation, gate.data(), o.got.data(), T, D, o.got.data());
                        return o;
                      }});
    }
  }
}

void addRotations(std::vector<Row>& rows) {
  for (const auto& sizes :
       {std::array{1, 1, 2, 2}, {13, 3, 14, 14}, {64, 2, 64, 64}, {127, 5, 80, 64}, {3, 2, 127, 90}}) {
    const int T = sizes[0], heads = sizes[1], P = sizes[2], dimensions = sizes[3];
    for (const core::RopeLayout layout : {core::RopeLayout::Half, core::RopeLayout::Interleaved}) {
      rows.push_back(
          {"rope", fmt::format("layout {} T{} heads{} P{} turned{}", static_cast<int>(layout), T, heads, P, dimensions),
           1e-6, 1e-6, [=](core::fast::Machine& machine, Source& source) {
             core::RopeConfig rope;
             rope.dimensions = dimensions;
             rope.offset = P - dimensions;
             Outcome o;
             o.expected = o.got = source.floats(static_cast<size_t>(T * heads * P));
             core::ops::rope(core::ops::ropeTable(rope, 4096, 70, T, 200), layout, o.expected.data(), T, heads, P);
             core::RopeCache cache;
             cache.rows(rope, 4096, 0, 7, 200);
             const core::RopeCache::Rows from = cache.rows(rope, 4096, 70, T, 200);
             core::fast::rope(machine, *from.table, from.row, layout, o.got.data(), T, heads, P);
             return o;
           }});
    }
  }
}

void addAttention(std::vector<Row>& rows) {
  struct Case {
    int T, first, A, G, P, window, chunk, cap, R = P;
  };
  for (const auto& sizes : std::vector<Case>{{1, 0, 1, 1, 1, 0, 0, 0},
                                             {1, 300, 4, 2, 13, 0, 0, 0},
                                             {13, 0, 3, 3, 14, 5, 0, 0},
                                             {33, 270, 2, 1, 64, 0, 0, 0},
                                             {64, 5, 6, 2, 8, 9, 0, 3},
                                             {127, 0, 2, 2, 127, 0, 0, 0},
                                             {40, 600, 1, 1, 16, 300, 0, 0},
                                             {3, 257, 2, 2, 32, 1, 0, 0},
                                             {70, 250, 4, 2, 12, 0, 13, 0},
                                             {300, 0, 2, 1, 16, 0, 270, 0},
                                             {1, 26, 2, 2, 8, 0, 13, 0},
                                             {64, 3, 2, 1, 8, 9, 16, 0},
                                             {40, 300, 2, 1, 16, 0, 0, 2},
                                             {13, 5, 3, 3, 18, 0, 0, 0, 14},
                                             {70, 250, 2, 2, 10, 0, 0, 0, 127},
                                             {1, 13, 4, 4, 24, 0, 0, 0, 1}}) {
    const int T = sizes.T, first = sizes.first, A = sizes.A, G = sizes.G, P = sizes.P, window = sizes.window,
              chunk = sizes.chunk, cap = sizes.cap, R = sizes.R;
    rows.push_back(
        {"attention",
         fmt::format("T{} first{} A{} G{} P{} window{} chunk{} cap{} R{}", T, first, A, G, P, window, chunk, cap, R),
         2e-6, 2e-5, [=](core::fast::Machine& machine, Source& source) {
           const int length = first + T, capacity = length + 3;
           const auto q = source.floats(static_cast<size_t>(T * A * P), 2);
           const auto k = source.floats(static_cast<size_t>(length * G * P), 2);
           const auto v = source.floats(static_cast<size_t>(length * G * R));
           core::fast::LayerCache cache;
           cache.keys.resize(static_cast<size_t>(G * capacity * P));
           cache.values.resize(static_cast<size_t>(G * capacity * R));
           for (int s = 0; s < length; ++s) {
             for (int g = 0; g < G; ++g) {
               std::copy_n(k.data() + (s * G + g) * P, P, cache.keys.data() + (g * capacity + s) * P);
               std::copy_n(v.data() + (s * G + g) * R, R, cache.values.data() + (g * capacity + s) * R);
             }
           }
           const auto mixed = static_cast<size_t>(T * A * R);
           Outcome o{std::vector<float>(mixed), std::vector<float>(mixed)};
           core::ops::AttentionShape shape;
           shape.T = T;
           shape.first = first;
           shape.heads = A;
           shape.keyValueHeads = G;
           shape.headDim = P;
           shape.valueDim = R;
           shape.scale = 0.3;
           shape.window = window;
           shape.chunk = chunk;
           shape.logitCap = cap;
           const auto sinks = source.floats(static_cast<size_t>(A), 3);
           if (window == 9) shape.sinks = sinks.data();
           core::ops::attention(shape, q.data(), k.data(), v.data(), o.expected.data());
           core::fast::AttentionJob job;
           job.T = T;
           job.first = first;
           job.heads = A;
           job.keyValueHeads = G;
           job.headDim = P;
           job.valueDim = R;
           job.capacity = capacity;
           job.scale = 0.3;
           job.window = window;
           job.chunk = chunk;
           job.logitCap = cap;
           if (window == 9) job.sinks = sinks.data();
           core::fast::attention(machine, job, q.data(), cache, o.got.data());
           return o;
         }});
  }
}

void addLatentHeads(std::vector<Row>& rows) {
  for (const core::ops::LatentShape& shape :
       {core::ops::LatentShape{1, 1, 1, 3, 1}, {13, 3, 10, 18, 14}, {64, 4, 64, 127, 13}}) {
    rows.push_back(
        {"latentHeads",
         fmt::format("T{} A{} N{} P{} R{}", shape.T, shape.heads, shape.nopeDim, shape.headDim, shape.valueDim), 0, 0,
         [=](core::fast::Machine& machine, Source& source) {
           const auto size = [&](int width) { return static_cast<size_t>(shape.T) * static_cast<size_t>(width); };
           const auto made = source.floats(size(shape.heads * (shape.nopeDim + shape.valueDim)));
           const auto common = source.floats(size(shape.headDim - shape.nopeDim));
           const size_t keys = size(shape.heads * shape.headDim), values = size(shape.heads * shape.valueDim);
           Outcome o{std::vector<float>(keys + values), std::vector<float>(keys + values)};
           core::ops::latentHeads(shape, made.data(), common.data(), o.expected.data(), o.expected.data() + keys);
           core::fast::latentHeads(machine, shape, made.data(), common.data(), o.got.data(), o.got.data() + keys);
           return o;
         }});
  }
}

void addTiledAttention(std::vector<Row>& rows) {
  for (const auto& sizes : {std::array{1, 4, 2, 8}, {13, 6, 3, 13}, {40, 6, 2, 16}}) {
    const int T = sizes[0], A = sizes[1], G = sizes[2], P = sizes[3];
    rows.push_back({"attention", fmt::format("tiled T{} A{} G{} P{}", T, A, G, P), 2e-6, 2e-5,
                    [=](core::fast::Machine& machine, Source& source) {
                      const auto q = source.floats(static_cast<size_t>(T * A * P), 2);
                      const auto k = source.floats(static_cast<size_t>(T * G * P), 2), v = source.floats(k.size());
                      core::fast::LayerCache cache;
                      cache.keys.resize(k.size());
                      cache.values.resize(v.size());
                      for (int s = 0; s < T; ++s) {
                        for (int g = 0; g < G; ++g) {
                          std::copy_n(k.data() + (s * G + g) * P, P, cache.keys.data() + (g * T + s) * P);
                          std::copy_n(v.data() + (s * G + g) * P, P, cache.values.data() + (g * T + s) * P);
                        }
                      }
                      core::ops::AttentionShape shape;
                      core::fast::AttentionJob job;
                      shape.T = job.T = job.capacity = T;
                      shape.heads = job.heads = A;
                      shape.keyValueHeads = job.keyValueHeads = G;
                      shape.headDim = job.headDim = P;
                      shape.tiledKeyValues = job.tiledKeyValues = true;
                      Outcome o{std::vector<float>(q.size()), std::vector<float>(q.size())};
                      core::ops::attention(shape, q.data(), k.data(), v.data(), o.expected.data());
                      core::fast::attention(machine, job, q.data(), cache, o.got.data());
                      return o;
                    }});
  }
}

void addRouted(std::vector<Row>& rows) {
  for (const auto& sizes : {std::array{1, 13, 1, 1, 1}, {1, 64, 13, 8, 2}, {13, 13, 64, 3, 3}, {64, 40, 24, 6, 2}}) {
    const int T = sizes[0], in = sizes[1], out = sizes[2], E = sizes[3], K = sizes[4];
    for (const bool byChoice : {false, true}) {
      rows.push_back(
          {"routedLinear", fmt::format("T{} in{} out{} E{} K{} {}", T, in, out, E, K, byChoice ? "by choice" : ""),
           2e-5, 2e-5, [=](core::fast::Machine& machine, Source& source) {
             std::vector<core::Linear> experts;
             std::vector<core::fast::Matrix> matrices;
             for (int e = 0; e < E; ++e) {
               experts.push_back(source.linear(DType::BF16, out, in));
               matrices.push_back(core::fast::matrixOf(experts.back()));
             }
             const auto x = source.floats(static_cast<size_t>(T * in * (byChoice ? K : 1)));
             const auto weights = source.floats(static_cast<size_t>(T * K));
             std::vector<int32_t> ids;
             for (int t = 0; t < T; ++t) {
               for (int j = 0; j < K; ++j) ids.push_back((t * 7 + j) % E);
             }
             const core::Dispatch dispatch = core::dispatch<float>(ids, {}, E, K, {});
             const core::ExpertBatches batches = core::batchByExpert(ids, dispatch, E);
             const float* applied = byChoice ? weights.data() : nullptr;
             Outcome o{std::vector<float>(static_cast<size_t>(T * K * out)),
                       std::vector<float>(static_cast<size_t>(T * K * out))};
             core::ops::routedLinear(experts, x.data(), byChoice, T, K, ids.data(), applied, o.expected.data());
             core::fast::ExpertBuffers buffers;
             core::fast::routedLinear(machine, {T, K, &batches, applied, byChoice}, matrices, x.data(), buffers,
                                      o.got.data());
             return o;
           }});
    }
  }
  for (const auto& sizes : {std::array{1, 1}, {13, 127}, {300, 64}}) {
    const int T = sizes[0], D = sizes[1];
    for (const bool begins : {false, true}) {
      rows.push_back({"pairWithPrevious", fmt::format("T{} D{}{}", T, D, begins ? " begins" : ""), 0, 0,
                      [=](core::fast::Machine& machine, Source& source) {
                        const auto x = source.floats(static_cast<size_t>((T + 1) * D));
                        const float* before = begins ? nullptr : x.data();
                        Outcome o{std::vector<float>(static_cast<size_t>(2 * T * D)),
                                  std::vector<float>(static_cast<size_t>(2 * T * D))};
                        core::ops::pairWithPrevious(x.data() + D, before, T, D, o.expected.data());
                        core::fast::pairWithPrevious(machine, x.data() + D, before, T, D, o.got.data());
                        return o;
                      }});
    }
  }
}

void addExperts(std::vector<Row>& rows) {
  for (const auto& sizes :
       {std::array{1, 13, 1, 1, 1}, {1, 64, 13, 8, 2}, {13, 13, 64, 3, 3}, {64, 40, 12, 16, 2}, {127, 13, 13, 5, 4}}) {
    const int T = sizes[0], D = sizes[1], H = sizes[2], E = sizes[3], K = sizes[4];
    for (const auto side : {core::WeightSide::Output, core::WeightSide::Input}) {
      for (const core::Activation activation : kActivations) {
        rows.push_back({"experts",
                        fmt::format("T{} D{} H{} E{} K{} kind {} side {}", T, D, H, E, K, static_cast<int>(activation),
                                    static_cast<int>(side)),
                        2e-5, 2e-5, [=](core::fast::Machine& machine, Source& source) {
                          std::vector<core::Mlp> experts;
                          std::vector<core::fast::MlpMatrices> matrices;
                          for (int e = 0; e < E; ++e) {
                            experts.push_back(source.mlp(DType::F16, activation, D, H));
                            matrices.push_back(core::fast::matricesOf(experts.back()));
                          }
                          const auto x = source.floats(static_cast<size_t>(T * D)),
                                     weights = source.floats(static_cast<size_t>(T * K));
                          std::vector<int32_t> ids, kept(static_cast<size_t>(T * K));
                          for (int t = 0; t < T; ++t) {
                            for (int j = 0; j < K; ++j) ids.push_back((t * 7 + j) % E);
                          }
                          core::DispatchOptions<float> options;
                          options.capacity = std::max(1, T * K / E);
                          const core::Dispatch dispatch = core::dispatch<float>(ids, {}, E, K, options);
                          for (size_t i = 0; i < kept.size(); ++i) kept[i] = dispatch.kept[i];
                          const core::ExpertBatches batches = core::batchByExpert(ids, dispatch, E);

                          const size_t parts = static_cast<size_t>(T * K * D), sums = static_cast<size_t>(T * D);
                          Outcome o{std::vector<float>(parts), std::vector<float>(parts)};
                          core::ops::experts(experts, activation, side, x.data(), T, D, K, ids.data(), weights.data(),
                                             kept.data(), o.expected.data());
                          core::fast::ExpertJob job;
                          job.T = T;
                          job.D = D;
                          job.K = K;
                          job.ids = ids.data();
                          job.weights = weights.data();
                          job.batches = &batches;
                          job.activation = activation;
                          job.side = side;
                          core::fast::ExpertBuffers buffers;
                          std::vector<float> sum(sums), bare(sums), expected(sums);
                          core::fast::experts(machine, job, matrices, x.data(), buffers, o.got.data(), sum.data());
                          core::fast::experts(machine, job, matrices, x.data(), buffers, nullptr, bare.data());
                          EXPECT_EQ(sum, bare) << "keeping the parts changed the sum";
                          core::ops::sumRanks(o.expected.data(), T, K, D, expected.data());
                          o.expected.insert(o.expected.end(), expected.begin(), expected.end());
                          o.got.insert(o.got.end(), sum.begin(), sum.end());
                          return o;
                        }});
      }
    }
  }
  for (const auto& sizes : {std::array{1, 13, 64}, {13, 64, 127}, {64, 13, 1}}) {
    const int T = sizes[0], D = sizes[1], H = sizes[2];
    for (const core::Activation activation : kActivations) {
      rows.push_back({"mlp", fmt::format("T{} D{} H{} kind {}", T, D, H, static_cast<int>(activation)), 2e-5, 2e-5,
                      [=](core::fast::Machine& machine, Source& source) {
                        const core::Mlp mlp = source.mlp(DType::BF16, activation, D, H);
                        const auto x = source.floats(static_cast<size_t>(T * D));
                        Outcome o{std::vector<float>(x.size()), std::vector<float>(x.size())};
                        core::ops::mlp(mlp, activation, x.data(), T, o.expected.data());
                        core::fast::ExpertBuffers buffers;
                        core::fast::mlp(machine, core::fast::matricesOf(mlp), activation, x.data(), T, buffers,
                                        o.got.data());
                        return o;
                      }});
    }
  }
}

std::vector<Row> table() {
  std::vector<Row> rows;
  addProducts(rows);
  addRows(rows);
  addRotations(rows);
  addAttention(rows);
  addLatentHeads(rows);
  addExperts(rows);
  addTiledAttention(rows);
  addRouted(rows);
  return rows;
}

std::vector<const core::kernels::Table*> instructionSets() {
  std::vector<const core::kernels::Table*> sets = {&core::kernels::sse2()};
  const std::string best = core::kernels::best().name;
  if (best != "sse2") sets.push_back(&core::kernels::avx2());
  if (best == "avx512") sets.push_back(&core::kernels::avx512());
  return sets;
}

TEST(OpsParity, EveryFastOperationAgreesWithItsReferenceOnEveryInstructionSet) {
  for (const core::kernels::Table* set : instructionSets()) {
    core::fast::Machine machine(2, 128, *set);
    uint64_t seed = 1;
    for (const Row& row : table()) {
      Source source(seed++);
      const Outcome o = row.run(machine, source);
      ASSERT_EQ(o.expected.size(), o.got.size());
      double largest = 0;
      for (float value : o.expected) largest = std::max(largest, static_cast<double>(std::fabs(value)));
      for (size_t i = 0; i < o.expected.size(); ++i) {
        const double b = o.expected[i];
        ASSERT_LE(std::fabs(o.got[i] - b), row.abs + row.rel * std::max(std::fabs(b), largest))
            << row.op << " " << row.shape << " on " << set->name << ", index " << i << ": expected " << b << ", got "
            << o.got[i];
      }
    }
  }
}

TEST(OpsParity, EveryFunctionOfTheFastOperationsHasARow) {
  std::set<std::string> rows = {"matrixOf", "matricesOf"};  // conversions that every row goes through
  for (const Row& row : table()) rows.insert(row.op);
  const std::string header = test::readFile(test::fixture("../../core/engine/ops_fast.h"));
  const std::regex declaration("\\n(?:void|Matrix|MlpMatrices|std::vector<float>) ([a-zA-Z]+)\\(");
  int found = 0;
  for (std::sregex_iterator it(header.begin(), header.end(), declaration), end; it != end; ++it, ++found) {
    EXPECT_TRUE(rows.count((*it)[1].str())) << (*it)[1].str() << " has no row in the parity table";
  }
  EXPECT_GE(found, 9);
}

TEST(OpsParity, ThreadsDoNotChangeABitOfAProduct) {
  std::vector<std::vector<float>> results;
  for (int threads : {1, 2, 5}) {
    core::fast::Machine machine(threads, 64);
    std::vector<float> all;
    for (const auto& [type, in] :
         {std::pair{DType::F16, 127}, {DType::Q8_0, 96}, {DType::Q6_K, 512}, {DType::IQ4_NL, 96}}) {
      Source source(9);
      const core::Linear linear = source.linear(type, 300, in);
      const auto x = source.floats(static_cast<size_t>(300 * in));
      const core::fast::Matrix matrix = core::fast::matrixOf(linear);
      for (const int T : {1, 7, 300}) {
        std::vector<float> y(static_cast<size_t>(T) * 300);
        const core::fast::Product jobs[] = {{&matrix, x.data(), y.data(), T}};
        core::fast::products(machine, jobs);
        all.insert(all.end(), y.begin(), y.end());
      }
    }
    results.push_back(std::move(all));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(Kernels, SoftmaxSumsAgreeWithDoublePrecision) {
  Source source(3);
  for (const size_t n : {1u, 13u, 1023u, 1024u, 5000u}) {
    const auto x = source.floats(n, 12);
    double top = -INFINITY, sum = 0, moment = 0;
    for (float value : x) top = std::max(top, static_cast<double>(value));
    for (float value : x) {
      sum += std::exp(value - top);
      moment += std::exp(value - top) * (value - top);
    }
    for (const core::kernels::Table* set : instructionSets()) {
      float gotTop = 0;
      double gotSum = 0, gotMoment = 0;
      set->softmaxSums(x.data(), static_cast<int64_t>(n), &gotTop, &gotSum, &gotMoment);
      EXPECT_EQ(gotTop, top);
      EXPECT_NEAR(gotSum, sum, 1e-5 * sum);
      EXPECT_NEAR(gotMoment, moment, 1e-5 * std::fabs(moment) + 1e-9);
    }
  }
}

}  // namespace
