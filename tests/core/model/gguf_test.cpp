#include "core/model/gguf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/model/inspect.h"
#include "tests/core/model/gguf_bytes.h"
#include "tests/core/model/memory_budget.h"
#include "tests/support/support.h"

namespace {

using core::GgufType;
using test::bytesOf;
using test::GgufBytes;

core::Result<core::GgufHeader> parse(const std::string& file) { return core::parseGguf(file, file.size(), "f"); }

std::string problem(const std::string& file) {
  const auto header = parse(file);
  return header ? "" : header.error().message;
}

class GgufMetadata : public testing::TestWithParam<const char*> {};

TEST_P(GgufMetadata, EveryValueAndTensorIsReadAsTheFormatsOwnReaderDoes) {
  const std::filesystem::path path = test::fixture(fmt::format("gguf/{}.gguf", GetParam()));
  const auto expected =
      nlohmann::json::parse(test::readFile(test::fixture(fmt::format("gguf/{}.expected.json", GetParam()))));
  const auto inspection = core::inspectPath(path);
  ASSERT_TRUE(inspection.has_value()) << inspection.error().message;
  EXPECT_EQ(inspection->document["gguf_version"], expected["version"]);
  EXPECT_EQ(inspection->document["alignment"], expected["alignment"]);
  EXPECT_EQ(inspection->document["metadata"], expected["metadata"]);
  EXPECT_EQ(inspection->document["tensor_count"], expected["tensors"].size());
  const auto file = core::GgufFile::open(path);
  ASSERT_TRUE(file.has_value());
  for (const auto& tensor : inspection->document["tensors"]) {
    const auto& wanted = expected["tensors"][tensor["name"].get<std::string>()];
    EXPECT_EQ(tensor["shape"], wanted["shape"]);
    EXPECT_EQ(tensor["ne"], wanted["ne"]);
    const core::GgufTensor* found = file->header().findTensor(tensor["name"].get<std::string>());
    ASSERT_NE(found, nullptr);
    for (size_t i = 0; i < wanted["values"].size(); ++i) {
      float value = 0;
      std::memcpy(&value, file->data(*found) + 4 * i, 4);
      EXPECT_EQ(fmt::format("{:.9g}", value), wanted["values"][i]) << tensor["name"] << " " << i;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Files, GgufMetadata,
                         testing::Values("meta-v2", "meta-v3", "meta-align8", "meta-align64", "meta-nested",
                                         "meta-no-tensors"),
                         [](const auto& file) {
                           std::string name = file.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Gguf, NumbersOfEveryTypeKeepTheirLimits) {
  GgufBytes file;
  file.entry("a", GgufType::UInt64, bytesOf(std::numeric_limits<uint64_t>::max()));
  file.entry("b", GgufType::Int64, bytesOf(std::numeric_limits<int64_t>::min()));
  file.entry("c", GgufType::Int8, bytesOf(int8_t{-128}));
  file.entry("d", GgufType::Float32, bytesOf(std::numeric_limits<float>::denorm_min()));
  file.entry("e", GgufType::Float64, bytesOf(std::numeric_limits<double>::max()));
  file.text("f", std::string_view("a\0b", 3));
  const std::string bytes = file.file();
  const auto header = parse(bytes);
  ASSERT_TRUE(header.has_value()) << header.error().message;
  EXPECT_EQ(header->find("a")->integer(), std::nullopt);
  EXPECT_EQ(header->find("a")->unsignedInteger(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(header->find("a")->numberText(), "18446744073709551615");
  EXPECT_EQ(header->find("b")->integer(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(header->find("b")->unsignedInteger(), std::nullopt);
  EXPECT_EQ(header->find("c")->integer(), -128);
  EXPECT_EQ(header->find("c")->real(), -128.0);
  EXPECT_EQ(header->find("d")->numberText(), "1.40129846e-45");
  EXPECT_EQ(header->find("e")->real(), std::numeric_limits<double>::max());
  EXPECT_EQ(header->find("f")->text(), std::string_view("a\0b", 3));
  EXPECT_EQ(header->find("f")->real(), std::nullopt);
  EXPECT_EQ(header->find("g"), nullptr);
}

TEST(Gguf, TensorsOfQuantisedTypesAreMeasuredInWholeBlocks) {
  GgufBytes file;
  file.tensor("a", {256, 3}, 12, std::string(3 * 144, 'x'));
  file.tensor("b", {64, 2, 2}, 8, std::string(8 * 34, 'y'));
  file.tensor("scalar", {}, 0, std::string(4, 'z'));
  const std::string bytes = file.file();
  const auto header = parse(bytes);
  ASSERT_TRUE(header.has_value()) << header.error().message;
  EXPECT_EQ(header->findTensor("a")->bytes, 432u);
  EXPECT_EQ(header->findTensor("a")->type->type, core::DType::Q4_K);
  EXPECT_EQ(header->findTensor("b")->offset, 448u);
  EXPECT_EQ(header->findTensor("b")->bytes, 272u);
  const auto shape = header->findTensor("b")->shape();
  EXPECT_EQ(std::vector<int64_t>(shape.begin(), shape.end()), (std::vector<int64_t>{2, 2, 64}));
  EXPECT_EQ(header->findTensor("scalar")->bytes, 4u);
  EXPECT_EQ(bytes.size() - header->dataBegin, file.data.size());
}

TEST(Gguf, TheDataMayLieInAnyOrderAndWithGaps) {
  GgufBytes file;
  file.tensorInfo("last", {4}, 0, 128);
  file.tensorInfo("first", {4}, 0, 0);
  file.data = std::string(144, 'x');
  EXPECT_EQ(problem(file.file()), "");
}

TEST(Gguf, EveryBreachOfTheFormatHasItsMessage) {
  const auto with = [](auto change) {
    GgufBytes file;
    change(file);
    return file.file();
  };
  const auto tensor = [&](const std::vector<uint64_t>& ne, uint32_t type, uint64_t offset) {
    return with([&](GgufBytes& file) {
      file.tensorInfo("t", ne, type, offset);
      file.data = std::string(64, 'x');
    });
  };
  const std::pair<std::string, const char*> cases[] = {
      {"", "f: start at byte 0: expected 4 more bytes, found 0; the file may be cut short"},
      {"GGML" + std::string(40, '\0'), "f: expected a file that begins with \"GGUF\", found other bytes"},
      {with([](GgufBytes& file) { file.version = 1; }),
       "f: expected GGUF version 2 or 3, found 1; convert it with a newer llama.cpp"},
      {with([](GgufBytes& file) { file.version = 0x03000000; }),
       "f: expected GGUF version 2 or 3, found 50331648; the file is big-endian, only little-endian ones are read"},
      {with([](GgufBytes& file) { file.tensorCount = 9; }),
       "f: expected at most 0 tensors in a file of 32 bytes, found 9; the file may be cut short"},
      {with([](GgufBytes& file) { file.truth("k", true), file.entries.back() = 7; }),
       "f: \"k\" at byte 37: expected a boolean of 0 or 1, found 7"},
      {with([](GgufBytes& file) { file.text("k", "\xff"); }),
       "f: \"k\" at byte 46: expected a string in UTF-8, found other bytes"},
      {with([](GgufBytes& file) { file.number("", 1); }),
       "f: metadata entry 0: expected a key of 1 to 65535 ASCII characters, found 0 bytes"},
      {with([](GgufBytes& file) { file.number("k", 1), file.number("k", 2); }), "f: entry \"k\" occurs twice"},
      {with([](GgufBytes& file) { file.array("k", GgufType::UInt64, uint64_t{1} << 61, ""); }),
       "f: \"k\" at byte 49: an array of 2305843009213693952 uint64 where 15 bytes are left; the file may be cut "
       "short"},
      {with([](GgufBytes& file) { file.number("general.alignment", 24); }),
       "f: general.alignment: expected a uint32 that is a power of two from 8, found the uint32 24"},
      {with([](GgufBytes& file) { file.text("general.alignment", "32"); }),
       "f: general.alignment: expected a uint32 that is a power of two from 8, found the string \"32\""},
      {tensor({33}, 8, 0), "f: tensor \"t\": Q8_0 needs rows of whole blocks of 32 elements, found rows of 33"},
      {tensor({4}, 4, 0),
       "f: tensor \"t\": expected the number of a tensor type, such as 0 for F32 or 8 for Q8_0, found 4"},
      {tensor({1, 1, 1, 1, 1}, 0, 0), "f: tensor \"t\": expected at most 4 dimensions, found 5"},
      {tensor({uint64_t{1} << 63}, 0, 0),
       "f: tensor \"t\": expected sizes of at most 2^63 - 1, found 9223372036854775808"},
      {tensor({uint64_t{1} << 32, uint64_t{1} << 32}, 0, 0),
       "f: tensor \"t\": F32 of (4294967296, 4294967296) has more bytes than there can be"},
      {tensor({4}, 0, 8), "f: tensor \"t\": expected an offset that is a multiple of the alignment, 32, found 8"},
      {tensor({4}, 0, uint64_t{1} << 63),
       "f: tensor \"t\": expected 16 bytes inside the 64 of the data, found them to begin at 9223372036854775808; the "
       "file may be cut short, get it again"},
      {with([](GgufBytes& file) {
         file.tensorInfo("a", {16}, 0, 0);
         file.tensorInfo("b", {4}, 0, 32);
         file.data = std::string(64, 'x');
       }),
       "f: tensor \"b\": expected to begin at byte 64 or later, where \"a\" ends, found 32"},
      {with([](GgufBytes& file) { file.tensorInfo(std::string(65, 'n'), {0}, 0, 0); }),
       "f: tensor 0: expected a name of at most 64 bytes in UTF-8, found 65 bytes"},
  };
  for (const auto& [file, message] : cases) EXPECT_EQ(problem(file), message);
}

TEST(Gguf, ArraysInArraysGoSixteenLevelsDeepAndNoDeeper) {
  const auto nested = [](int levels) {
    std::string payload = bytesOf(uint32_t{0}) + bytesOf(uint64_t{1}) + "x";
    for (int i = 1; i < levels; ++i) {
      payload = bytesOf(static_cast<uint32_t>(GgufType::Array)) + bytesOf(uint64_t{1}) + payload;
    }
    GgufBytes file;
    file.entry("k", GgufType::Array, payload);
    return file.file();
  };
  EXPECT_EQ(problem(nested(16)), "");
  EXPECT_NE(problem(nested(17)).find("arrays nested deeper than 16 levels"), std::string::npos);
}

TEST(Gguf, AFileCutAtAnyByteIsRefused) {
  GgufBytes file;
  file.text("general.architecture", "test");
  file.array("list", GgufType::Text, 2, test::ggufText("a") + test::ggufText("bc"));
  file.tensor("t", {4}, 0, std::string(16, 'x'));
  const std::string whole = file.file();
  ASSERT_EQ(problem(whole), "");
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_NE(problem(whole.substr(0, bytes)), "") << bytes;
  }
}

TEST(Gguf, AHundredThousandTensorsAreReadInOneGo) {
  GgufBytes file;
  file.text("general.architecture", "test");
  for (uint64_t i = 0; i < 100000; ++i) {
    file.tensorInfo(fmt::format("blk.{}.ffn_up.{}.weight", i / 100, i % 100), {2, 1}, 1, 32 * i);
  }
  file.data = std::string(3200000, 'x');
  const test::ScratchFolder scratch;
  const std::filesystem::path path = scratch.path() / "many.gguf";
  const std::string bytes = file.file();
  test::writeFile(path, bytes);
  const auto opened = core::GgufFile::open(path);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(opened->header().tensors.size(), 100000u);
  EXPECT_EQ(opened->header().findTensor("blk.999.ffn_up.99.weight")->offset, 3199968u);
  if (!test::kMeasuresMemory) return;
  test::expectWithin(test::peakGrowthMebibytes([&] { static_cast<void>(core::inspectPath(path)); }), bytes.size());
}

TEST(Gguf, CountsThatTheFileCannotHoldCostNothing) {
  GgufBytes file;
  file.tensorCount = uint64_t{1} << 60;
  EXPECT_NE(problem(file.file()).find("tensors in a file of"), std::string::npos);
  file.tensorCount = 0;
  file.entryCount = uint64_t{1} << 60;
  EXPECT_NE(problem(file.file()).find("metadata entries in a file of"), std::string::npos);
}

TEST(Gguf, AFileWithoutAnArchitectureIsNotInspected) {
  const test::ScratchFolder scratch;
  GgufBytes file;
  test::writeFile(scratch.path() / "a.gguf", file.file());
  file.number("general.architecture", 7);
  test::writeFile(scratch.path() / "b.gguf", file.file());
  EXPECT_EQ(core::inspectPath(scratch.path() / "a.gguf").error().message,
            "a.gguf: general.architecture: expected a string, found no such entry");
  EXPECT_EQ(core::inspectPath(scratch.path() / "b.gguf").error().message,
            "b.gguf: general.architecture: expected a string, found the uint32 7");
}

}  // namespace
