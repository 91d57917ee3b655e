#include "core/snapshot/read_snapshot.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <fstream>

#include "tests/support/small_trace.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;
using test::ScratchFolder;
using test::smallTrace;

std::string jsonOf(const core::Trace& trace) {
  std::string out;
  EXPECT_TRUE(core::writeTraceJson(trace, {}, [&](std::string_view bytes) {
    out += bytes;
    return core::Status();
  }));
  return out;
}

std::string problemOf(const std::string& json) {
  const auto trace = core::parseTraceJson(json, "run.json");
  return trace ? "" : trace.error().message;
}

// The small run's document with one thing changed.
std::string changed(const std::function<void(Json&)>& change) {
  Json json = Json::parse(jsonOf(smallTrace()));
  change(json);
  return json.dump();
}

TEST(ReadSnapshot, WhatWasWrittenComesBackFromEveryFormat) {
  const ScratchFolder folder;
  for (const bool simulated : {false, true}) {
    const core::Trace trace = smallTrace({.simulated = simulated});
    for (const char* name : {"run.safetensors", "run.npz", "run.json"}) {
      ASSERT_TRUE(core::writeSnapshot(trace, folder.path() / name));
      const auto back = core::readSnapshot(folder.path() / name);
      ASSERT_TRUE(back) << name << ": " << back.error().message;
      EXPECT_EQ(jsonOf(*back), jsonOf(trace)) << name;
    }
  }
}

TEST(ReadSnapshot, AFileWithoutItsPromptIsRefusedInWords) {
  const ScratchFolder folder;
  core::SnapshotOptions options;
  options.withPrompt = false;
  for (const char* name : {"run.safetensors", "run.npz", "run.json"}) {
    ASSERT_TRUE(core::writeSnapshot(smallTrace(), folder.path() / name, options));
    const auto back = core::readSnapshot(folder.path() / name);
    ASSERT_FALSE(back) << name;
    EXPECT_NE(back.error().message.find("without its prompt"), std::string::npos) << back.error().message;
  }
}

TEST(ReadSnapshot, WrongShapesRangesAndTypesAreRefused) {
  EXPECT_EQ(problemOf(changed([](Json&) {})), "");
  const auto tensor = [](const char* name, const Json& value) {
    return problemOf(changed([&](Json& json) { json["tensors"][name] = value; }));
  };
  EXPECT_EQ(tensor("layers.1.router.ids", {{3, 2}, {3, 2}, {0, 4}}),
            "run.json: layers.1.router.ids: expected numbers from 0 to 3, found 4");
  EXPECT_EQ(tensor("layers.1.router.ids", {{3, 2, 1}, {3, 2, 1}, {0, 1, 2}}),
            "run.json: layers.1.router.ids: expected up to 3 rows of 2, found another shape");
  EXPECT_NE(tensor("layers.1.router.ids", {{3, 2}}), "") << "fewer rows than the other tensors of the layer";
  EXPECT_NE(tensor("layers.1.router.ids", {{3, 2}, {3}, {0, 1}}), "");
  EXPECT_NE(tensor("layers.1.router.ids", {{3, 2}, {3, 1.5}, {0, 1}}), "");
  EXPECT_NE(tensor("layers.1.router.ids", {{3, 2}, {3, 5000000000}, {0, 1}}), "");
  EXPECT_NE(tensor("layers.1.router.logits", {{{1}}}), "");
  EXPECT_NE(tensor("layers.1.router.logits", "text"), "");
  EXPECT_NE(tensor("layers.1.router.logits", 5), "");
  EXPECT_EQ(tensor("something.else", {{1, 2}, {3, 4}}), "") << "tensors unknown here are left out";
}

TEST(ReadSnapshot, WrongProvenanceIsRefused) {
  const auto with = [](const char* key, const Json& value) {
    return problemOf(changed([&](Json& json) { json[key] = value; }));
  };
  EXPECT_EQ(with("schema", "something"), "run.json: expected a snapshot of a run, schema expertscope.trace");
  EXPECT_EQ(with("ids", {1, 2}), "run.json: ids: expected 3 of the prompt, found 2");
  EXPECT_EQ(with("ids", {1, 2, 9}), "run.json: id 9 is outside the vocabulary");
  EXPECT_NE(with("ids", {1, 2, -3}), "");
  EXPECT_NE(with("texts", {"a"}), "");
  EXPECT_NE(with("prompt_tokens", -1), "");
  EXPECT_NE(with("config", nullptr), "");
  EXPECT_NE(problemOf("[]"), "");
  EXPECT_NE(problemOf("{"), "");
  EXPECT_NE(problemOf(""), "");
}

TEST(ReadSnapshot, FilesThatAreCutShortAreErrors) {
  const ScratchFolder folder;
  for (const std::string name : {"run.safetensors", "run.npz", "run.json"}) {
    ASSERT_TRUE(core::writeSnapshot(smallTrace(), folder.path() / name));
    const std::string whole = test::readFile(folder.path() / name);
    for (size_t length = 0; length + 2 < whole.size(); length += 1 + whole.size() / 97) {
      std::ofstream(folder.path() / name, std::ios::binary) << whole.substr(0, length);
      EXPECT_FALSE(core::readSnapshot(folder.path() / name)) << name << " cut to " << length;
    }
  }
}

// An archive of one entry that deflates to nearly nothing.
void writeBomb(const std::filesystem::path& path, const char* name, size_t bytes) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  ASSERT_NE(archive, nullptr);
  const std::string blank(bytes, ' ');
  zip_source_t* source = zip_source_buffer(archive, blank.data(), blank.size(), 0);
  ASSERT_GE(zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8), 0);
  ASSERT_EQ(zip_close(archive), 0);
}

TEST(ReadSnapshot, AnArchiveThatWouldGrowFarBeyondItsSizeIsRefusedBeforeItDoes) {
  const ScratchFolder folder;
  const auto path = folder.path() / "bomb.npz";
  writeBomb(path, "__metadata__.npy", size_t{64} << 20);
  ASSERT_LT(std::filesystem::file_size(path), size_t{1} << 20);
  const auto trace = core::readSnapshot(path);
  ASSERT_FALSE(trace);
  EXPECT_NE(trace.error().message.find("would unpack to 67108864 bytes"), std::string::npos) << trace.error().message;
}

TEST(ReadSnapshot, NpyHeadersAreReadAndWrongOnesRefused) {
  const auto header = [](const std::string& text) {
    return core::parseNpyHeader(std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(text.size()) + '\0' + text,
                                "a");
  };
  const auto good = header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 20), }");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->type, "<f4");
  EXPECT_EQ(good->shape, (std::vector<int64_t>{3, 20}));
  EXPECT_EQ(header("{'descr': '<i8', 'fortran_order': False, 'shape': (), }")->shape.size(), 0u);
  EXPECT_FALSE(header("{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }"));
  EXPECT_FALSE(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }"));
  EXPECT_FALSE(header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"));
  EXPECT_FALSE(header("{'descr': '<f4', 'fortran_order': False, 'shape': 3"));
  EXPECT_FALSE(header("{'fortran_order': False, 'shape': (3,), }"));
  EXPECT_FALSE(core::parseNpyHeader("\x93NUMPY", "a"));
  EXPECT_FALSE(core::parseNpyHeader(std::string("\x93NUMPY\x01\x00\xff\xff{}", 12), "a"));
}

}  // namespace
