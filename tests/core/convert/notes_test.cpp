// What a conversion says that the new files cannot.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/convert/convert.h"
#include "core/model/loader.h"
#include "core/text/tokenizer.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

core::ConvertReport convert(const fs::path& in, const fs::path& out) {
  core::ConvertRequest request;
  request.in = in;
  request.out = out;
  request.toGguf = out.extension() == ".gguf";
  request.type = core::ConvertType::F32;
  auto report = core::convertModel(request);
  if (!report) throw std::runtime_error(report.error().message);
  return *report;
}

// A golden model and a tokenizer of other golden cases, as a GGUF file.
std::pair<core::ConvertReport, std::shared_ptr<const core::Model>> withTokenizer(const test::ScratchFolder& scratch,
                                                                                 const std::string& name) {
  const fs::path folder = scratch.path() / name, out = scratch.path() / (name + ".gguf");
  fs::create_directory(folder);
  for (const fs::path& from : {test::fixture("models/qwen3_moe-head-dim"), test::fixture("tokenizers/" + name)}) {
    for (const auto& entry : fs::directory_iterator(from)) {
      fs::create_symlink(entry.path(), folder / entry.path().filename());
    }
  }
  const core::ConvertReport report = convert(folder, out);
  auto model = core::loadModel(out);
  if (!model) throw std::runtime_error(model.error().message);
  return {report, *model};
}

TEST(ConvertNotes, ANormalizerThatGgufCannotSayIsNamed) {
  const test::ScratchFolder scratch;
  const auto [report, model] = withTokenizer(scratch, "qwen2");
  EXPECT_EQ(report.notes,
            std::vector<std::string>{"the tokenizer's normalizer NFC cannot be said in GGUF: texts that it changes get "
                                     "other tokens from the new file"});
  EXPECT_NE(model->tokenizer, nullptr);
}

TEST(ConvertNotes, Llama4sTokenizerIsTakenAlong) {
  const test::ScratchFolder scratch;
  const auto [report, model] = withTokenizer(scratch, "llama4");
  EXPECT_EQ(report.notes, std::vector<std::string>{});
  ASSERT_NE(model->tokenizer, nullptr) << model->tokenizerProblem;
  const auto original = core::Tokenizer::load(test::fixture("tokenizers/llama4"));
  for (const char* text : {"Hello world, it's 1234!", "  grüße 世界\n\n\tThe quick brown fox", "understanding"}) {
    EXPECT_EQ(model->tokenizer->encode(text, false).value(), (*original)->encode(text, false).value()) << text;
  }
}

TEST(ConvertNotes, ATokenizerJsonThatGgufHasNoPlaceForIsSaidToNeedItsModelFile) {
  const test::ScratchFolder scratch;
  const auto left = [](const std::string& kind) {
    return std::vector<std::string>{
        "the tokenizer was left out: its tokenizer.json holds a SentencePiece vocabulary (" + kind +
        "), and only a tokenizer.model of one can be carried into GGUF; --ids works, and so does the source's "
        "tokenizer"};
  };
  EXPECT_EQ(withTokenizer(scratch, "phimoe-json").first.notes, left("BPE with byte fallback"));
  EXPECT_EQ(withTokenizer(scratch, "t5-json").first.notes, left("\"Unigram\""));
}

TEST(ConvertNotes, GranitesTwoWaysOfRecordingItsPartsAreSaid) {
  const test::ScratchFolder scratch;
  const auto there = convert(test::fixture("models/granitemoe-multipliers"), scratch.path() / "g.gguf");
  const auto back = convert(scratch.path() / "g.gguf", scratch.path() / "g");
  const auto note = [](const char* now, const char* before) {
    return fmt::format(
        "what routed and shared experts give is recorded {} the residual multiplier by the new files, "
        "and {} it by these; what enters the stream is the same",
        now, before);
  };
  EXPECT_NE(std::find(there.notes.begin(), there.notes.end(), note("times", "before")), there.notes.end());
  EXPECT_NE(std::find(back.notes.begin(), back.notes.end(), note("before", "times")), back.notes.end());
  for (const fs::path& path : {test::fixture("models/granitemoe-multipliers"), scratch.path() / "g.gguf"}) {
    const auto model = core::loadModel(path);
    ASSERT_TRUE(model.has_value());
    const std::vector<std::string>& lines = (*model)->config.disagreements;
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.starts_with(
          "what routed and shared experts give is recorded before residual_multiplier from a folder");
    })) << path;
  }
}

}  // namespace
