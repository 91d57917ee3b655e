#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "core/engine/sampler.h"
#include "core/trace/head_rows.h"
#include "core/trace/ledger.h"
#include "tests/support/golden_model.h"

namespace {

std::vector<const core::kernels::Table*> instructionSets() {
  std::vector<const core::kernels::Table*> sets = {&core::kernels::sse2()};
  const std::string best = core::kernels::best().name;
  if (best != "sse2") sets.push_back(&core::kernels::avx2());
  if (best == "avx512") sets.push_back(&core::kernels::avx512());
  return sets;
}

// n numbers of `levels` different values, so that there are ties
std::vector<float> levelled(size_t n, uint64_t seed, int levels) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i)
    values[i] =
        static_cast<float>(std::floor(core::uniformAt(seed, 1, i) * levels)) - 0.5f * static_cast<float>(levels);
  return values;
}

struct Found {
  std::vector<int32_t> ids = std::vector<int32_t>(core::kTopPredictions);
  std::vector<float> probabilities = std::vector<float>(core::kTopPredictions);
  core::HeadRow row{ids, probabilities};
};

TEST(HeadRow, TheTenLargestAreThoseOfASortWithTiesToTheLowerIndex) {
  std::vector<float> scratch;
  for (const core::kernels::Table* set : instructionSets()) {
    for (const size_t n : {1u, 9u, 10u, 63u, 300u, 1024u, 1025u, 4096u, 20000u}) {
      for (const int levels : {1, 7, 100000}) {
        const std::vector<float> logits = levelled(n, n, levels);
        std::vector<int32_t> order(n);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
          return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
        });
        order.resize(core::kTopPredictions, -1);
        for (size_t i = n; i < order.size(); ++i) order[i] = -1;
        Found found;
        core::headRow(*set, logits, scratch, found.row);
        ASSERT_EQ(found.ids, order) << set->name << ", " << n << " numbers, " << levels << " levels";
      }
    }
  }
}

TEST(HeadRow, ARowThatIsSharedByTwoThreadsIsTheSameBits) {
  core::ThreadPool pool(2);
  std::vector<float> scratch;
  for (const core::kernels::Table* set : instructionSets()) {
    for (const size_t n : {1u, 63u, 1025u, 4099u}) {
      const std::vector<float> logits = levelled(n, n, 1000);
      Found alone, shared;
      core::headRow(*set, logits, scratch, alone.row);
      core::headRow(*set, logits, scratch, shared.row, &pool);
      EXPECT_EQ(alone.ids, shared.ids);
      EXPECT_EQ(alone.probabilities, shared.probabilities);
      EXPECT_EQ(alone.row.entropy, shared.row.entropy);
      EXPECT_EQ(alone.row.logSum, shared.row.logSum);
    }
  }
}

TEST(Sampler, GreedyTakesTheFirstOfTheLargest) {
  for (const size_t n : {1u, 15u, 255u, 256u, 257u, 4099u}) {
    for (const int levels : {1, 7, 100000}) {
      std::vector<float> logits = levelled(n, n, levels);
      EXPECT_EQ(core::sampleToken(logits, {}, 0), std::max_element(logits.begin(), logits.end()) - logits.begin());
      logits.back() = 1e6f;
      EXPECT_EQ(core::sampleToken(logits, {}, 0), static_cast<int32_t>(n - 1));
    }
  }
}

TEST(HeadRow, NumbersThatAreNotAnyAreNeverPreferredAndNeverLeaveAGap) {
  std::vector<float> scratch;
  for (const core::kernels::Table* set : instructionSets()) {
    std::vector<float> logits(5000, NAN);
    Found none;
    core::headRow(*set, logits, scratch, none.row);
    for (const int32_t id : none.ids) ASSERT_TRUE(id >= 0 && id < 5000);
    for (size_t i = 0; i < 5000; i += 100) logits[i] = static_cast<float>(i);
    Found some;
    core::headRow(*set, logits, scratch, some.row);
    EXPECT_EQ(some.ids, (std::vector<int32_t>{4900, 4800, 4700, 4600, 4500, 4400, 4300, 4200, 4100, 4000}))
        << set->name;
  }
}

TEST(HeadRow, ProbabilitiesAndEntropyAgreeWithDoublePrecision) {
  const std::vector<float> logits = levelled(3001, 5, 1000);
  std::vector<float> scaled(logits);
  for (float& value : scaled) value /= 60;
  double total = 0, entropy = 0;
  for (float value : scaled) total += std::exp(static_cast<double>(value));
  for (float value : scaled) entropy -= std::exp(value - std::log(total)) * (value - std::log(total));
  std::vector<float> scratch;
  for (const core::kernels::Table* set : instructionSets()) {
    Found found;
    core::headRow(*set, scaled, scratch, found.row);
    EXPECT_NEAR(found.row.logSum, std::log(total), 1e-6);
    EXPECT_NEAR(found.row.entropy, entropy, 1e-5);
    for (size_t i = 0; i < found.ids.size(); ++i) {
      EXPECT_NEAR(found.probabilities[i], std::exp(scaled[static_cast<size_t>(found.ids[i])]) / total, 1e-7);
    }
  }
}

TEST(Kernels, TheRemainderIsWhatTwiceThePrecisionLeaves) {
  for (const core::kernels::Table* set : instructionSets()) {
    for (const int64_t n : {1, 13, 64, 127}) {
      std::vector<float> parts(static_cast<size_t>(5 * n)), whole(static_cast<size_t>(n)), left(whole.size());
      for (size_t i = 0; i < parts.size(); ++i) parts[i] = static_cast<float>(core::uniformAt(2, 3, i) * 1000 - 500);
      for (size_t i = 0; i < whole.size(); ++i) whole[i] = static_cast<float>(core::uniformAt(4, 5, i));
      set->remainder(parts.data(), 5, whole.data(), n, left.data());
      for (int64_t d = 0; d < n; ++d) {
        double expected = whole[static_cast<size_t>(d)];
        for (int64_t p = 0; p < 5; ++p) expected -= parts[static_cast<size_t>(p * n + d)];
        ASSERT_NEAR(left[static_cast<size_t>(d)], expected, 1e-7 * std::max(1.0, std::fabs(expected)))
            << set->name << " " << n;
      }
    }
  }
}

TEST(Kernels, ThreeProductsAtOnceAgreeWithDoublePrecision) {
  for (const core::kernels::Table* set : instructionSets()) {
    for (const size_t n : {1u, 15u, 16u, 500u}) {
      std::vector<float> x(n), a(n), b(n);
      double expected[3] = {};
      for (size_t i = 0; i < n; ++i) {
        x[i] = static_cast<float>(core::uniformAt(1, 0, i));
        a[i] = static_cast<float>(core::uniformAt(1, 1, i));
        b[i] = static_cast<float>(core::uniformAt(1, 2, i));
        expected[0] += static_cast<double>(x[i]) * x[i];
        expected[1] += static_cast<double>(x[i]) * a[i];
        expected[2] += static_cast<double>(x[i]) * b[i];
      }
      double got[3] = {};
      set->threeDots(x.data(), a.data(), b.data(), static_cast<int64_t>(n), got);
      for (int i = 0; i < 3; ++i) EXPECT_NEAR(got[i], expected[i], 1e-6 * expected[i]) << set->name << " " << n;
    }
  }
}

core::Trace traceOn(int threads, core::Capture capture, int64_t ledgerBytes) {
  const test::GoldenModel golden = test::loadGoldenModel("qwen2_moe-gated-shared");
  auto engine = core::makeCpuEngine(golden.model, threads);
  core::RunRequest request;
  for (int i = 0; i < 70; ++i) request.ids.push_back((i * 37 + 5) % golden.model->config.vocabulary);
  request.generate = 3;
  request.capture = capture;
  request.ledgerBytes = ledgerBytes;
  auto session = core::Session::start(*engine, request);
  EXPECT_TRUE(session) << session.error().message;
  return (*session)->trace();
}

TEST(Recorder, TheSameBitsAreRecordedByAnyNumberOfThreads) {
  for (const int64_t ledgerBytes : {int64_t{48} << 20, int64_t{1024}}) {
    const core::Trace one = traceOn(1, core::Capture::Full, ledgerBytes);
    for (const int threads : {2, 3}) {
      const core::Trace many = traceOn(threads, core::Capture::Full, ledgerBytes);
      ASSERT_EQ(many.ids(), one.ids());
      for (const core::HookInfo& info : core::allHooks()) {
        const int layers = core::isOfLayer(info.stream) ? one.config().layers : 1;
        for (int layer = 0; layer < layers; ++layer) {
          const int rows = one.tokens(info.hook, layer);
          ASSERT_EQ(many.tokens(info.hook, layer), rows);
          if (info.type == core::HookType::I32) {
            EXPECT_EQ(many.gatherInts(info.hook, layer, 0, rows), one.gatherInts(info.hook, layer, 0, rows))
                << info.name;
            continue;
          }
          const std::vector<float> a = one.gatherFloats(info.hook, layer, 0, rows),
                                   b = many.gatherFloats(info.hook, layer, 0, rows);
          ASSERT_EQ(a.size(), b.size());
          EXPECT_TRUE(a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0)
              << info.name << " layer " << layer;
        }
      }
    }
  }
}

}  // namespace
