#include "tests/support/parity_rows.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace test::fast {

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

}  // namespace test::fast
