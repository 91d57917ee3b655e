// Broken and odd files, one by one, as tests/fixtures/malformed/manifest.json lists them.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/model/loader.h"
#include "core/model/safetensors.h"
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
    const bool ours = one.kind == "safetensors" || (one.kind == "model" && !one.file.starts_with("gguf/"));
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
  const auto model = core::loadModel(path);
  return model ? "" : model.error().message;
}

size_t bytesBelow(const fs::path& path) {
  if (!fs::is_directory(path)) return fs::file_size(path);
  size_t total = 0;
  for (const auto& entry : fs::directory_iterator(path)) total += entry.file_size();
  return total;
}

long peakKilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

class Malformed : public testing::TestWithParam<Case> {};

TEST_P(Malformed, OpensOrFailsAsTheManifestSays) {
  const Case& one = GetParam();
  const auto start = std::chrono::steady_clock::now();
  const std::string message = open(one);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 1.0) << one.what;
  if (one.must == "load") {
    EXPECT_EQ(message, "") << one.what;
  }
  if (one.must == "error") {
    EXPECT_NE(message, "") << one.what;
    EXPECT_LT(message.size(), 600u);
    EXPECT_NE(message.find(": "), message.npos) << "a message names its file first: " << message;
  }
}

// The peak of a child of its own: memory that was given back counts too.
TEST_P(Malformed, NeedsAtMostFourTimesTheFileAndThirtyTwoMebibytes) {
  const Case& one = GetParam();
  const size_t allowed = 4 * bytesBelow(test::fixture("malformed") / one.file) + (size_t{32} << 20);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const long before = peakKilobytes();
    open(one);
    const long grown = peakKilobytes() - before;
    _exit(static_cast<size_t>(grown) * 1024 <= allowed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << one.what;
}

std::string testName(const testing::TestParamInfo<Case>& row) {
  std::string name = row.param.file;
  for (char& byte : name) byte = std::isalnum(static_cast<unsigned char>(byte)) ? byte : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Files, Malformed, testing::ValuesIn(cases()), testName);

}  // namespace
