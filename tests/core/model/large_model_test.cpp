// Models larger than memory: of a file of 64 GB nothing is read but what the tokens need.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "core/model/loader.h"
#include "tests/core/model/memory_budget.h"
#include "tests/support/sparse_model.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

// Ids and stream of every layer, or what went wrong.
std::string runProblem(const test::SparseModel& shape, const fs::path& path) {
  const std::vector<int32_t> tokens = {1, 6, 3};
  const auto model = core::loadModel(path);
  if (!model) return model.error().message;
  auto engine = core::makeCpuEngine(*model, 2);
  if (!engine) return engine.error().message;
  core::RunRequest request;
  request.ids = tokens;
  request.capture = core::Capture::Ledger;
  const auto session = core::Session::start(*engine, request);
  if (!session) return session.error().message;
  const core::Trace& trace = (*session)->trace();
  for (int l = 0; l < shape.layers; ++l) {
    const auto [a, b] = shape.chosen(l);
    for (int t = 0; t < 3; ++t) {
      const auto ids = trace.ints(core::Hook::RouterIds, l, t);
      if (ids.size() != 2 || ids[0] != a || ids[1] != b) return fmt::format("layer {}: other experts", l);
      const double expected = shape.stream(tokens[static_cast<size_t>(t)], l);
      for (const float x : trace.floats(core::Hook::Out, l, t)) {
        if (std::abs(static_cast<double>(x) - expected) > 4e-3 * expected)
          return fmt::format("layer {}, token {}: expected {}, found {}", l, t, expected, x);
      }
    }
  }
  return "";
}

class LargeModel : public testing::TestWithParam<bool> {};

TEST_P(LargeModel, OfAFileOf64GigabytesOnlyChosenExpertsAreRead) {
  const test::ScratchFolder scratch;
  const test::SparseModel shape = GetParam() ? test::SparseModel::gguf() : test::SparseModel::folder();
  const fs::path path = scratch.path() / (GetParam() ? "large.gguf" : "large");
  EXPECT_GT(shape.write(path), uint64_t{64'000'000'000});
  if (!test::kMeasuresMemory) {
    EXPECT_EQ(runProblem(shape, path), "");
    return;
  }
  // What the process may allocate is limited as well; the mapping itself is not memory.
  const int grown = test::peakGrowthMebibytes([&] {
    const rlimit limit = {rlim_t{2} << 30, rlim_t{2} << 30};
    if (setrlimit(RLIMIT_DATA, &limit) != 0 || !runProblem(shape, path).empty()) _exit(255);
  });
  const int chosen = static_cast<int>((2 * shape.expertBytes() * static_cast<uint64_t>(shape.layers)) >> 20);
  EXPECT_GE(grown, chosen) << "MiB: the chosen experts were not all read";
  EXPECT_LT(grown, chosen + 64) << "MiB: more than the chosen experts and what a run needs";
  if (grown == 255) {
    EXPECT_EQ(runProblem(shape, path), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, LargeModel, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "Gguf" : "Safetensors"; });

}  // namespace
