// Broken and odd tokenizer files: each is opened in a child process, so that a crash, the time and the memory of one
// are seen apart from the others.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text/tokenizer.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr bool kSanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#else
    false;
#endif

struct Outcome {
  bool crashed = true;
  bool loaded = false;
  size_t grownBytes = 0;  // of the largest resident size
  double seconds = 0;
  std::string message;
};

size_t peakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

Outcome openInChild(const std::filesystem::path& file) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const auto begin = Clock::now();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    const size_t before = peakBytes();
    const auto loaded = core::Tokenizer::load(file);
    const Json outcome = {{"loaded", loaded.has_value()},
                          {"grown", peakBytes() - before},
                          {"message", loaded ? "" : loaded.error().message}};
    const std::string text = outcome.dump(-1, ' ', true, Json::error_handler_t::replace);
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  Outcome outcome;
  outcome.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  outcome.crashed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  if (outcome.crashed) return outcome;
  const Json told = Json::parse(text);
  outcome.loaded = told["loaded"];
  outcome.grownBytes = told["grown"];
  outcome.message = told["message"];
  return outcome;
}

TEST(MalformedTokenizer, EveryFileDoesWhatItMustQuicklyAndInBoundedMemory) {
  const std::filesystem::path folder = test::fixture("malformed/tok");
  const Json manifest = Json::parse(test::readFile(folder / "manifest.json"));
  ASSERT_GE(manifest.size(), 30u);
  for (const Json& entry : manifest) {
    const std::string name = entry["file"];
    SCOPED_TRACE(name);
    const Outcome outcome = openInChild(folder / name);
    ASSERT_FALSE(outcome.crashed);
    if (entry["must"] == "error") {
      EXPECT_FALSE(outcome.loaded);
      EXPECT_NE(outcome.message.find(name), std::string::npos) << outcome.message;
      EXPECT_GT(outcome.message.size(), (folder / name).string().size() + 15) << outcome.message;
    }
    if (entry["must"] == "load") {
      EXPECT_TRUE(outcome.loaded) << outcome.message;
    }
    EXPECT_LT(outcome.seconds, 10.0) << "hangs";
    if (!kSanitized) {
      EXPECT_LE(outcome.grownBytes, 4 * std::filesystem::file_size(folder / name) + (size_t{32} << 20));
    }
  }
}

std::shared_ptr<const core::Tokenizer> made(const std::string& json) {
  auto tokenizer = core::Tokenizer::loadFromMemory(json, "");
  EXPECT_TRUE(tokenizer) << tokenizer.error().message;
  return tokenizer.value_or(nullptr);
}

TEST(MalformedTokenizer, ABigVocabularyStaysWithinFourTimesTheFile) {
  // Short texts and one merge for each: the tables are large beside the file.
  std::string vocab, merges;
  const auto letter = [](int i) {
    std::string text;  // U+4E00 and on
    core::appendUtf8(text, static_cast<char32_t>(0x4E00 + i));
    return text;
  };
  int id = 0;
  for (int i = 0; i < 700; ++i) vocab += fmt::format("\"{}\":{},", letter(i), id++);
  for (int i = 0; i < 700; ++i) {
    for (int j = 0; j < 700; ++j) {
      vocab += fmt::format("\"{}{}\":{},", letter(i), letter(j), id++);
      merges += fmt::format("\"{} {}\",", letter(i), letter(j));
    }
  }
  vocab.pop_back();
  merges.pop_back();
  const test::ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "tokenizer.json";
  std::ofstream(file) << fmt::format(R"({{"model":{{"type":"BPE","vocab":{{{}}},"merges":[{}]}}}})", vocab, merges);
  const Outcome outcome = openInChild(file);
  ASSERT_FALSE(outcome.crashed);
  EXPECT_TRUE(outcome.loaded) << outcome.message;
  if (!kSanitized) {  // a sanitizer's own memory is not what is measured
    EXPECT_LE(outcome.grownBytes, 4 * std::filesystem::file_size(file) + (size_t{32} << 20));
  }
}

TEST(MalformedTokenizer, APatternThatBacktracksWithoutEndGivesAnErrorOrAResultSoon) {
  const auto loaded = core::Tokenizer::load(test::fixture("malformed/tok/ok-regex-slow"));
  ASSERT_TRUE(loaded) << loaded.error().message;
  for (const size_t length : {50u, 5000u}) {
    const auto begin = Clock::now();
    const auto ids = (*loaded)->encode(std::string(length, 'a') + "b", true);
    if (!ids) {
      EXPECT_NE(ids.error().message.find("pattern"), std::string::npos) << ids.error().message;
    }
    EXPECT_LT(std::chrono::duration<double>(Clock::now() - begin).count(), 20.0) << "hangs at " << length;
  }
}

TEST(MalformedTokenizer, RulesThatMakeTextGrowWithoutMeasureAreStopped) {
  std::string steps;
  for (int i = 0; i < 60; ++i) {
    steps += std::string(i > 0 ? "," : "") + R"({"type":"Replace","pattern":{"String":"a"},"content":"aa"})";
  }
  const auto tokenizer = made(R"({"normalizer":{"type":"Sequence","normalizers":[)" + steps +
                              R"(]},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}})");
  const auto ids = tokenizer->encode("a", false);
  ASSERT_FALSE(ids);
  EXPECT_NE(ids.error().message.find("without measure"), std::string::npos) << ids.error().message;
}

TEST(MalformedTokenizer, ErrorsNameTheKindAndWhatIsSupported) {
  const auto error = [](const std::string& json) {
    const auto loaded = core::Tokenizer::loadFromMemory(json, "");
    return loaded ? std::string("loaded") : loaded.error().message;
  };
  const std::string model = R"("model":{"type":"BPE","vocab":{"a":0},"merges":[]})";
  EXPECT_EQ(error(R"({"model":{"type":"WordPiece","vocab":{"a":0}}})"),
            "tokenizer.json: model: unknown kind \"WordPiece\"; supported are BPE, Unigram");
  EXPECT_EQ(error(R"({"post_processor":{"type":"Odd"},)" + model + "}"),
            "tokenizer.json: post_processor: unknown kind \"Odd\"; supported are TemplateProcessing, BertProcessing, "
            "RobertaProcessing, ByteLevel, Sequence");
  EXPECT_EQ(
      error(R"({"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"a["}}]},)" +
            model + "}"),
      "tokenizer.json: pre_tokenizer.pretokenizers[0].pattern: pattern a[: a character class is not closed");
  EXPECT_EQ(error(R"({"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}})"),
            "tokenizer.json: model.vocab[\"a\"]: expected an id from 0 to 2147483647, found -1");
  EXPECT_EQ(core::Tokenizer::load("/no/such/folder").error().message,
            "/no/such/folder: no tokenizer; expected a tokenizer.json or a tokenizer.model there");
}

}  // namespace
