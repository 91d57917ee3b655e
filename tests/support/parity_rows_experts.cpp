#include "tests/support/parity_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

namespace test::fast {

using core::DType;

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

}  // namespace test::fast
