// Broken and odd files, one by one, as tests/fixtures/malformed/manifest.json lists them.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/model/gguf.h"
#include "core/model/loader.h"
#include "core/model/safetensors.h"
#include "tests/core/model/memory_budget.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

struct Case {
  std::string file, kind, what, must;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& row : nlohmann::json::parse(test::readFile(test::fixture("malformed/manifest.json")))) {
    Case one{row["file"], row["kind"], row["what"], row["must"]};
    const bool ours = one.kind == "safetensors" || one.kind == "gguf" || one.kind == "model";
    if (ours) all.push_back(std::move(one));
  }
  return all;
}

std::string open(const Case& one) {
  const fs::path path = test::fixture("malformed") / one.file;
  if (one.kind == "safetensors") {
    const auto file = core::SafetensorsFile::open(path);
    return file ? "" : file.error().message;
  }
  if (one.kind == "gguf") {
    const auto file = core::GgufFile::open(path);
    return file ? "" : file.error().message;
  }
  const auto model = core::loadModel(path);
  return model ? "" : model.error().message;
}

size_t bytesBelow(const fs::path& path) {
  if (!fs::is_directory(path)) return fs::file_size(path);
  size_t total = 0;
  for (const auto& entry : fs::directory_iterator(path)) total += entry.file_size();
  return total;
}

class Malformed : public testing::TestWithParam<Case> {};

TEST_P(Malformed, OpensOrFailsAsTheManifestSays) {
  const Case& one = GetParam();
  const auto start = std::chrono::steady_clock::now();
  const std::string message = open(one);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 10.0) << one.what << " hangs";
  if (one.must == "load") {
    EXPECT_EQ(message, "") << one.what;
  }
  if (one.must == "error") {
    EXPECT_NE(message, "") << one.what;
    EXPECT_LT(message.size(), 600u);
    EXPECT_NE(message.find(": "), message.npos) << "a message names its file first: " << message;
  }
}

TEST_P(Malformed, NeedsAtMostFourTimesTheFileAndThirtyTwoMebibytes) {
  const Case& one = GetParam();
  test::expectWithin(test::peakGrowthMebibytes([&] { open(one); }), bytesBelow(test::fixture("malformed") / one.file));
}

std::string testName(const testing::TestParamInfo<Case>& row) {
  std::string name = row.param.file;
  for (char& byte : name) byte = std::isalnum(static_cast<unsigned char>(byte)) ? byte : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Files, Malformed, testing::ValuesIn(cases()), testName);

}  // namespace
