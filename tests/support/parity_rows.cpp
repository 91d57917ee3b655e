#include "tests/support/parity_rows.h"

#include <fmt/format.h>

#include <array>

#include "core/engine/rope_cache.h"

namespace test::fast {

using core::DType;

std::vector<DType> allTypes() {
  std::vector<DType> all;
  for (size_t i = 0; i < core::kDTypes.size(); ++i) all.push_back(static_cast<DType>(i));
  return all;
}

void addProducts(std::vector<Row>& rows) {
  for (const DType type : allTypes()) {
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
                      const DType type = allTypes()[static_cast<size_t>(D) % allTypes().size()];
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

}  // namespace test::fast
