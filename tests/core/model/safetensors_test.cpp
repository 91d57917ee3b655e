#include "core/model/safetensors.h"

#include <gtest/gtest.h>


#include "core/model/shard_index.h"

namespace {

std::string parsed(const std::string& header, uint64_t dataBytes) {
  const auto entries = core::parseSafetensorsHeader(header, dataBytes, "f");
  if (!entries) return entries.error().message;
  std::string text;
  for (const core::SafetensorsEntry& entry : *entries) {
    text += fmt::format("{} {} {} {}-{}; ", entry.name, core::typeName(entry), core::shapeText(entry.shape),
                        entry.begin, entry.end);
  }
  return text;
}

TEST(Safetensors, EntriesComeBackSortedByName) {
  EXPECT_EQ(
      parsed(
          R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"shape":[],"data_offsets":[8,10],"dtype":"BF16"}})",
          10),
      "a BF16 () 8-10; b F32 (2) 0-8; ");
  EXPECT_EQ(parsed("{}", 0), "");
  EXPECT_EQ(parsed(R"({"__metadata__":{"format":"pt"}}   )", 0), "");
}

TEST(Safetensors, FieldsThatTheFormatDoesNotKnowAreSkipped) {
  EXPECT_EQ(
      parsed(R"({"a":{"dtype":"I8","note":{"shape":[7],"x":[[1,-2]]},"more":null,"shape":[1],"data_offsets":[0,1]}})",
             1),
      "a I8 (1) 0-1; ");
}

TEST(Safetensors, TypesSmallerThanAByteFillWholeBytes) {
  EXPECT_EQ(parsed(R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}})", 2), "a F4 (4) 0-2; ");
  EXPECT_NE(parsed(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2).find("needs more"),
            std::string::npos);
}

TEST(Safetensors, EveryBreachOfTheFormatHasItsMessage) {
  const std::pair<const char*, const char*> cases[] = {
      {R"( {})", "f: header: expected to begin with {"},
      {R"([])", "f: header: expected to begin with {"},
      {R"({"a":1})", "f: tensor \"a\": expected an object, found a number"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":[]})",
       "f: tensor \"b\": expected an object, found an array"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}})",
       "f: tensor \"a\" occurs twice"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "f: tensor \"a\": dtype occurs twice"},
      {R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})",
       "f: tensor \"a\": dtype: expected a text, found a number"},
      {R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})",
       "f: tensor \"a\": expected a type such as F32, F16 or BF16, found \"F33\""},
      {R"({"a":{"dtype":"F32","shape":4,"data_offsets":[0,4]}})",
       "f: tensor \"a\": shape: expected a list of whole numbers, found a number"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
       "f: tensor \"a\": shape: expected a list of whole numbers, found a negative number"},
      {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})",
       "f: tensor \"a\": shape: expected a list of whole numbers, found a number with a fraction"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})",
       "f: tensor \"a\": data_offsets: expected two numbers, found 1"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[[0,4]]}})",
       "f: tensor \"a\": data_offsets: expected two whole numbers, found an array"},
      {R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", "f: tensor \"a\": shape is missing"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
       "f: tensor \"a\": F32 of (2) needs 8 bytes, found 4"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967297],"data_offsets":[0,4]}})",
       "f: tensor \"a\": F32 of (4294967296, 4294967297) needs more than there can be bytes, found 4"},
      {R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
       "f: expected 0 bytes of data as the header says, found 4"},
      {R"({"__metadata__":{"a":1}})", "f: __metadata__: expected an object of texts, found a number in it"},
      {R"({"__metadata__":{"a":"1","a":"2"}})", "f: __metadata__: a key occurs twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", "f: header: __metadata__ occurs twice"},
      {R"({"__metadata__":["a"]})", "f: __metadata__: expected an object of texts, found an array in it"},
      {R"({"__metadata__":{"a":{"b":"c"}}})", "f: __metadata__: expected an object of texts, found an object in it"},
      {R"({"__metadata__":"x"})", "f: __metadata__: expected an object of texts, found a string in it"},
  };
  for (const auto& [header, message] : cases) EXPECT_EQ(parsed(header, 4), message) << header;
}

TEST(Safetensors, MessagesStayShortWhateverTheNames) {
  const std::string name(1 << 20, 'x');
  EXPECT_LT(parsed("{\"" + name + "\":{\"dtype\":\"F33\"}}", 0).size(), 300u);
  EXPECT_EQ(core::quotedName("a\nb\x1b[2J"), "\"a?b?[2J\"");
}

TEST(Safetensors, AHundredThousandTensorsAreReadInOneGo) {
  std::string header = "{";
  for (int i = 99999; i >= 0; --i) {
    header += fmt::format(
        "{}\"model.layers.{}.mlp.experts.{}.up_proj.weight\":{{\"dtype\":\"F16\",\"shape\":[1,2],\"data_offsets\":[{},{"
        "}]}}",
        i == 99999 ? "" : ",", i / 100, i % 100, 4 * i, 4 * i + 4);
  }
  const auto entries = core::parseSafetensorsHeader(header + "}", 400000, "f");
  ASSERT_TRUE(entries.has_value()) << entries.error().message;
  EXPECT_EQ(entries->size(), 100000u);
}

TEST(ShardIndex, ShardsAreListedOnceAndTensorsByName) {
  const auto index = core::parseShardIndex(
      R"({"weight_map": {"b": "2.st", "a": "1.st", "c": "2.st"}, "metadata": {"total_size": 1.5}})", "i");
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(index->shards, (std::vector<std::string>{"1.st", "2.st"}));
  EXPECT_EQ(index->tensors[1], (std::pair<std::string, size_t>{"b", 1}));
  EXPECT_FALSE(core::parseShardIndex(R"({"weight_map": {}})", "i").has_value());
  EXPECT_FALSE(core::parseShardIndex(R"({"weight_map": {"a": "1", "a": "2"}})", "i").has_value());
  EXPECT_FALSE(core::parseShardIndex("[]", "i").has_value());
}

TEST(ShardIndex, OnlyPlainFileNamesAreAllowed) {
  for (const char* name : {"", ".", "..", "a/b", "/a", "..\\a", "C:a", "a\nb", "a/"})
    EXPECT_NE(core::problemOfFileName(name), "") << name;
  EXPECT_NE(core::problemOfFileName(std::string_view("a\0b", 3)), "");
  EXPECT_NE(core::problemOfFileName(std::string(256, 'a')), "");
  for (const char* name : {"model-00001-of-00002.safetensors", "..a", "a b", "gewicht-ä"})
    EXPECT_EQ(core::problemOfFileName(name), "") << name;
}

}  // namespace
