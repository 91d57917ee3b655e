#include "tests/parity/parity.h"

#include <limits>

#include "core/routing/attention_router.h"
#include "core/routing/dispatch.h"
#include "core/routing/grouped.h"
#include "core/routing/logit_norm.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/sparse_mixer.h"
#include "core/routing/weights.h"

namespace test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Rows with ties, zeros of both signs, infinities, masked experts and not-a-numbers among random ones.
std::vector<float> hardLogits(uint32_t T, uint32_t E, bool finite) {
  std::vector<float> logits = randomFloats(size_t{T} * E, 31, 3);
  for (uint32_t t = 0; t < T; ++t) {
    float* row = logits.data() + size_t{t} * E;
    switch (t % 6) {
      case 1:
        for (uint32_t e = 0; e < E; ++e) row[e] = static_cast<float>(e % 3);
        break;
      case 2:
        std::fill_n(row, E, 0.25f);
        break;
      case 3:
        for (uint32_t e = 0; e < E; ++e) row[e] = e % 2 ? 0.0f : -0.0f;
        break;
      case 4:
        for (uint32_t e = 0; e + 1 < E; e += 2) row[e] = -kInfinity;
        break;
      case 5:
        if (!finite) {
          row[0] = kNan;
          row[E / 2] = kInfinity;
          row[E - 1] = E > 2 ? kNan : row[E - 1];
        }
        break;
      default:
        break;
    }
  }
  return logits;
}

struct RouterBuffers {
  gpu::Buffer step, logits, scores, ids, applied;
  RouterBuffers(const std::shared_ptr<gpu::Device>& device, const std::vector<float>& values, uint32_t T, uint32_t K)
      : step(stepAt(device, 0)),
        logits(deviceBuffer(device, values)),
        scores(deviceBuffer(device, std::vector<float>(values.size()))),
        ids(deviceBuffer(device, std::vector<int32_t>(size_t{T} * K))),
        applied(deviceBuffer(device, std::vector<float>(size_t{T} * K))) {}
  gpu::RouterViews views() const { return {logits.view(), scores.view(), ids.view(), applied.view()}; }
};

Outcome runSoftmax(uint32_t T, uint32_t E, const std::shared_ptr<gpu::Device>& device) {
  const std::vector<float> logits = hardLogits(T, E, true);
  Outcome out;
  out.expected.resize(logits.size());
  core::softmaxRows<float>(logits, static_cast<int>(E), out.expected);
  const RouterBuffers b(device, logits, T, 1);
  onDevice(device, b.step, [&](gpu::DeviceOps& ops, gpu::Recorder&) { ops.softmaxRows(b.views(), T, E); });
  out.got = readBuffer<float>(device, b.scores, logits.size());
  return out;
}

Outcome runSigmoid(uint32_t T, uint32_t E, const std::shared_ptr<gpu::Device>& device) {
  std::vector<float> logits = hardLogits(T, E, true);
  logits.back() = 200;
  logits.front() = -200;
  Outcome out;
  out.expected.resize(logits.size());
  core::sigmoidRow<float>(logits, out.expected);
  const RouterBuffers b(device, logits, T, 1);
  onDevice(device, b.step, [&](gpu::DeviceOps& ops, gpu::Recorder&) { ops.sigmoidRows(b.views(), T, E); });
  out.got = readBuffer<float>(device, b.scores, logits.size());
  return out;
}

// Scores with ties, shifted by a bias that makes some of them negative.
Outcome runGrouped(const core::GroupLimits& limits, bool biased, uint32_t T, uint32_t E,
                   const std::shared_ptr<gpu::Device>& device) {
  std::vector<float> scores = randomFloats(size_t{T} * E, 81);
  for (float& score : scores) score = std::round(score * 8) / 8;
  const std::vector<float> bias = randomFloats(E, 82);
  Outcome out;
  out.expected.resize(scores.size());
  core::groupedSelection<float>(scores, biased ? bias : std::vector<float>{}, static_cast<int>(E), limits,
                                out.expected);
  RouterBuffers b(device, scores, T, 1);
  b.scores = deviceBuffer(device, scores);
  const gpu::Buffer biasBuffer = deviceBuffer(device, bias),
                    selection = deviceBuffer(device, std::vector<float>(scores.size(), 7));
  onDevice(device, b.step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.groupedSelection(b.views(), T, E, limits, biased ? biasBuffer.view() : gpu::View{}, selection.view());
  });
  out.got = readBuffer<float>(device, selection, scores.size());
  return out;
}

Outcome runSparseMixer(uint32_t T, uint32_t E, const std::shared_ptr<gpu::Device>& device) {
  std::vector<float> logits = hardLogits(T, E, true);
  for (size_t i = 0; i < logits.size(); i += 3) logits[i] *= 1.01f;  // some close behind others
  Outcome out;
  out.expected.resize(size_t{T} * 2);
  out.expectedIds.resize(size_t{T} * 2);
  core::sparseMixer<float>(logits, static_cast<int>(E), 0.1f, out.expectedIds, out.expected);
  const RouterBuffers b(device, logits, T, 2);
  onDevice(device, b.step, [&](gpu::DeviceOps& ops, gpu::Recorder&) { ops.sparseMixer(b.views(), T, E, 0.1f); });
  out.got = readBuffer<float>(device, b.applied, out.expected.size());
  out.gotIds = readBuffer<int32_t>(device, b.ids, out.expectedIds.size());
  return out;
}

Outcome runNormalise(uint32_t T, uint32_t E, const std::shared_ptr<gpu::Device>& device) {
  std::vector<float> logits = randomFloats(size_t{T} * E, 23, 3);
  if (T > 1) std::fill_n(logits.begin() + E, E, 0.25f);
  Outcome out;
  out.expected.resize(logits.size());
  core::normaliseLogits<float>(logits, static_cast<int>(E), 1.5f, 1, out.expected);
  const RouterBuffers b(device, logits, T, 1);
  onDevice(device, b.step,
           [&](gpu::DeviceOps& ops, gpu::Recorder&) { ops.normaliseLogits(b.views(), T, E, 1.5, b.scores.view()); });
  out.got = readBuffer<float>(device, b.scores, logits.size());
  return out;
}

Outcome runExpertAttention(uint32_t T, uint32_t E, const std::shared_ptr<gpu::Device>& device) {
  const size_t size = size_t{T} * E;
  const std::vector<float> q = randomFloats(size, 81, 4), k = randomFloats(size, 82, 4), v = randomFloats(size, 83, 2);
  Outcome out;
  out.expected.resize(size);
  core::attentionLogits<float>(q, k, v, static_cast<int>(E), out.expected);
  const gpu::Buffer step = stepAt(device, 0), logits = deviceBuffer(device, std::vector<float>(size));
  const gpu::Buffer query = deviceBuffer(device, q), key = deviceBuffer(device, k), value = deviceBuffer(device, v);
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.attentionLogits({query.view(), key.view(), value.view(), logits.view()}, T, E);
  });
  out.got = readBuffer<float>(device, logits, size);
  return out;
}

Outcome runTopK(uint32_t T, uint32_t E, uint32_t K, const std::shared_ptr<gpu::Device>& device) {
  const std::vector<float> logits = hardLogits(T, E, false);
  Outcome out;
  out.expectedIds.resize(size_t{T} * K);
  core::topK<float>(logits, static_cast<int>(E), static_cast<int>(K), out.expectedIds);
  const RouterBuffers b(device, logits, T, K);
  onDevice(device, b.step, [&](gpu::DeviceOps& ops, gpu::Recorder&) { ops.topK(b.views(), T, E, K); });
  out.gotIds = readBuffer<int32_t>(device, b.ids, out.expectedIds.size());
  return out;
}

Outcome runWeights(core::WeightForm form, uint32_t T, uint32_t E, uint32_t K,
                   const std::shared_ptr<gpu::Device>& device) {
  const std::vector<float> logits = hardLogits(T, E, true);
  std::vector<int32_t> ids(size_t{T} * K);
  core::topK<float>(logits, static_cast<int>(E), static_cast<int>(K), ids);
  const bool sigmoids = form == core::WeightForm::SigmoidRenorm;
  Outcome out;
  out.expected.resize(ids.size());
  core::chosenWeights<float>(form, 2.5f, logits, static_cast<int>(E), ids, static_cast<int>(K), out.expected);
  const RouterBuffers b(device, logits, T, K);
  onDevice(device, b.step, [&](gpu::DeviceOps& ops, gpu::Recorder& recorder) {
    sigmoids ? ops.sigmoidRows(b.views(), T, E) : ops.softmaxRows(b.views(), T, E);
    ops.topK(b.views(), T, E, K);
    recorder.barrier();
    ops.chosenWeights(form, 2.5, b.views(), T, E, K);
  });
  out.got = readBuffer<float>(device, b.applied, ids.size());
  return out;
}

// A token alone: every output of the router at once.
Outcome runToken(core::WeightForm form, uint32_t E, uint32_t K, uint32_t row,
                 const std::shared_ptr<gpu::Device>& device) {
  const std::vector<float> all = hardLogits(6, E, true);
  const std::vector<float> logits(all.begin() + row * E, all.begin() + (row + 1) * E);
  const int e = static_cast<int>(E), k = static_cast<int>(K);
  Outcome out;
  std::vector<int32_t> ids(K);
  std::vector<float> scores(E), weights(K);
  core::softmaxRows<float>(logits, e, scores);
  core::topK<float>(logits, e, k, ids);
  core::chosenWeights<float>(form, 2.5f, logits, e, ids, k, weights);
  const core::Dispatch decided = core::dispatch<float>(ids, {}, e, k, {});
  const RouterBuffers b(device, logits, 1, K);
  const std::vector<uint32_t> marked(size_t{K} * 4, 99);
  const gpu::Buffer slot = deviceBuffer(device, marked), kept = deviceBuffer(device, marked);
  const gpu::Buffer tiles = deviceBuffer(device, marked), rows = deviceBuffer(device, marked);
  onDevice(device, b.step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.routeToken(form, 2.5, b.views(), {b.ids.view(), slot.view(), kept.view(), {}, {}, tiles.view(), rows.view()}, E,
                   K);
  });
  const auto floats = [&](const std::vector<float>& expected, const gpu::Buffer& buffer) {
    out.expected.insert(out.expected.end(), expected.begin(), expected.end());
    const auto got = readBuffer<float>(device, buffer, expected.size());
    out.got.insert(out.got.end(), got.begin(), got.end());
  };
  const auto integers = [&](const std::vector<int32_t>& expected, const gpu::Buffer& buffer) {
    out.expectedIds.insert(out.expectedIds.end(), expected.begin(), expected.end());
    const auto got = readBuffer<int32_t>(device, buffer, expected.size());
    out.gotIds.insert(out.gotIds.end(), got.begin(), got.end());
  };
  floats(scores, b.scores);
  floats(weights, b.applied);
  integers(ids, b.ids);
  integers(decided.slot, slot);
  integers({decided.kept.begin(), decided.kept.end()}, kept);
  std::vector<int32_t> tileTable, places;
  for (int32_t j = 0; j < k; ++j) {
    tileTable.insert(tileTable.end(), {ids[static_cast<size_t>(j)], j, 1, 0});
    places.push_back(j);
  }
  integers(tileTable, tiles);
  integers(places, rows);
  return out;
}

Outcome runDispatch(uint32_t T, uint32_t E, uint32_t K, uint32_t capacity, const std::shared_ptr<gpu::Device>& device) {
  std::vector<float> logits = randomFloats(size_t{T} * E, 17);
  for (size_t i = 0; i < logits.size(); i += E) logits[i] += 0.5f;  // a favourite
  std::vector<int32_t> ids(size_t{T} * K);
  core::topK<float>(logits, static_cast<int>(E), static_cast<int>(K), ids);
  core::DispatchOptions<float> options;
  if (capacity != UINT32_MAX) options.capacity = capacity;
  const core::Dispatch decided = core::dispatch<float>(ids, {}, static_cast<int>(E), static_cast<int>(K), options);
  const core::ExpertBatches batches = core::batchByExpert(ids, decided, static_cast<int>(E));

  const gpu::Buffer step = stepAt(device, 0), idBuffer = deviceBuffer(device, ids);
  const gpu::Buffer slot = deviceBuffer(device, ids), kept = deviceBuffer(device, ids),
                    rows = deviceBuffer(device, ids);
  const gpu::Buffer asked = deviceBuffer(device, std::vector<uint32_t>(E)),
                    begins = deviceBuffer(device, std::vector<uint32_t>(E));
  constexpr uint32_t kTileRows = 4;
  const uint32_t tileCount = gpu::DeviceOps::tileCount(T * K, E, kTileRows);
  const gpu::Buffer tiles = deviceBuffer(device, std::vector<uint32_t>(tileCount * 4, 99));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder& recorder) {
    const gpu::DispatchViews views{idBuffer.view(), slot.view(),  kept.view(), asked.view(),
                                   begins.view(),   tiles.view(), rows.view()};
    ops.slots(views, T, E, K, capacity);
    recorder.barrier();
    ops.batchByExpert(views, T, E, K, capacity, kTileRows, tileCount);
  });

  Outcome out;
  const auto expect = [&](std::vector<int32_t> expected, std::vector<int32_t> got) {
    got.resize(std::min(got.size(), expected.size()));
    out.expectedIds.insert(out.expectedIds.end(), expected.begin(), expected.end());
    out.gotIds.insert(out.gotIds.end(), got.begin(), got.end());
  };
  expect(decided.slot, readBuffer<int32_t>(device, slot, ids.size()));
  expect({decided.kept.begin(), decided.kept.end()}, readBuffer<int32_t>(device, kept, ids.size()));
  expect(decided.asked, readBuffer<int32_t>(device, asked, E));
  expect({batches.begin.begin(), batches.begin.end() - 1}, readBuffer<int32_t>(device, begins, E));
  expect(batches.rows, readBuffer<int32_t>(device, rows, ids.size()));
  std::vector<int32_t> tileTable;
  for (int32_t e = 0; e < static_cast<int32_t>(E); ++e) {
    const int32_t end = batches.begin[static_cast<size_t>(e) + 1];
    for (int32_t first = batches.begin[static_cast<size_t>(e)]; first < end; first += kTileRows) {
      tileTable.insert(tileTable.end(), {e, first, std::min<int32_t>(kTileRows, end - first), 0});
    }
  }
  EXPECT_LE(tileTable.size(), size_t{tileCount} * 4);
  tileTable.resize(size_t{tileCount} * 4, 0);
  expect(tileTable, readBuffer<int32_t>(device, tiles, tileTable.size()));
  return out;
}

}  // namespace

std::vector<ParityRow> routerRows() {
  std::vector<ParityRow> rows;
  for (auto [T, E, K] : {std::tuple{1u, 1u, 1u}, {1u, 64u, 8u}, {13u, 13u, 13u}, {64u, 8u, 2u}, {127u, 127u, 6u}}) {
    const std::string shape = fmt::format("T{} E{} K{}", T, E, K);
    rows.push_back({"softmaxRows", shape, 1e-7, 1e-5, {"softmaxRows"}, [=, T = T, E = E](const auto& device) {
                      return runSoftmax(T, E, device);
                    }});
    rows.push_back({"sigmoidRows", shape, 1e-7, 1e-5, {"sigmoidRows"}, [=, T = T, E = E](const auto& device) {
                      return runSigmoid(T, E, device);
                    }});
    if (E > 1) {
      rows.push_back({"sparseMixer", shape, 1e-7, 1e-5, {"sparseMixer"}, [=, T = T, E = E](const auto& device) {
                        return runSparseMixer(T, E, device);
                      }});
    }
    rows.push_back({"normaliseLogits", shape, 1e-6, 1e-5, {"normaliseLogits"}, [=, T = T, E = E](const auto& device) {
                      return runNormalise(T, E, device);
                    }});
    rows.push_back({"attentionLogits", shape, 1e-6, 1e-5, {"attentionLogits"}, [=, T = T, E = E](const auto& device) {
                      return runExpertAttention(T, E, device);
                    }});
    rows.push_back({"topK", shape, 0, 0, {"topK"}, [=, T = T, E = E, K = K](const auto& device) {
                      return runTopK(T, E, K, device);
                    }});
    for (core::WeightForm form : {core::WeightForm::Raw, core::WeightForm::Renorm, core::WeightForm::SoftmaxTopK,
                                  core::WeightForm::Sigmoid, core::WeightForm::SigmoidRenorm}) {
      rows.push_back({"chosenWeights",
                      fmt::format("{} {}", core::weightFormName(form), shape),
                      1e-7,
                      1e-5,
                      {"chosenWeights"},
                      [=, T = T, E = E, K = K](const auto& device) { return runWeights(form, T, E, K, device); }});
    }
    for (uint32_t capacity : {0u, 1u, 5u, UINT32_MAX}) {
      rows.push_back({"dispatch",
                      fmt::format("{} C{}", shape, capacity),
                      0,
                      0,
                      {"slots", "batches", "scatterRows"},
                      [=, T = T, E = E, K = K](const auto& device) { return runDispatch(T, E, K, capacity, device); }});
    }
  }
  for (auto [T, E, groups, chosen] :
       {std::tuple{1u, 1u, 1, 1}, {13u, 12u, 4, 2}, {64u, 13u, 13, 5}, {127u, 126u, 3, 1}}) {
    for (const core::GroupScore score : {core::GroupScore::Max, core::GroupScore::SumOfTopTwo}) {
      for (const bool biased : {false, true}) {
        const core::GroupLimits limits{groups, chosen, score};
        rows.push_back({"groupedSelection",
                        fmt::format("T{} E{} groups{} of {} {}{}", T, E, chosen, groups,
                                    score == core::GroupScore::Max ? "max" : "pair", biased ? " biased" : ""),
                        0,
                        0,
                        {"groupedSelection"},
                        [=, T = T, E = E](const auto& device) { return runGrouped(limits, biased, T, E, device); }});
      }
    }
  }
  for (core::WeightForm form : {core::WeightForm::Raw, core::WeightForm::Renorm}) {
    for (auto [E, K] : {std::pair{1u, 1u}, {13u, 4u}, {64u, 8u}, {127u, 6u}}) {
      for (uint32_t row = 0; row < 6; ++row) {
        rows.push_back({"route",
                        fmt::format("{} token {} E{} K{}", core::weightFormName(form), row, E, K),
                        1e-7,
                        1e-5,
                        {"routeToken"},
                        [=, E = E, K = K](const auto& device) { return runToken(form, E, K, row, device); }});
      }
    }
  }
  return rows;
}

}  // namespace test
