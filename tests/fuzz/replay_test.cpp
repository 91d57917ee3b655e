// Runs the seeds of every fuzz target through it once, so that what a fuzzer has found stays found in ordinary builds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/support/support.h"

namespace {

struct FuzzTarget {
  const char* parser;
  int (*run)(const uint8_t* data, size_t size);
};

}  // namespace

#include "fuzz_targets.inc"  // kFuzzTargets, made by CMake from the files in this folder

namespace {

class FuzzReplay : public testing::TestWithParam<FuzzTarget> {};

TEST_P(FuzzReplay, EverySeedIsReadWithoutACrash) {
  const std::filesystem::path folder = test::fixture("../fuzz/corpus") / GetParam().parser;
  ASSERT_TRUE(std::filesystem::is_directory(folder)) << folder;
  std::vector<std::filesystem::path> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) seeds.push_back(entry.path());
  std::sort(seeds.begin(), seeds.end());
  ASSERT_FALSE(seeds.empty()) << folder << " holds no seed";
  for (const std::filesystem::path& seed : seeds) {
    SCOPED_TRACE(seed.string());
    const std::string bytes = test::readFile(seed);
    EXPECT_EQ(GetParam().run(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Parsers, FuzzReplay, testing::ValuesIn(kFuzzTargets),
                         [](const auto& tested) { return std::string(tested.param.parser); });

}  // namespace
