// Files that are large in an unusual way: memory stays bounded by the file's size.
#include <gtest/gtest.h>

#include <malloc.h>

#include <cstring>
#include <fstream>

#include "core/model/inspect.h"
#include "core/model/loader.h"
#include "tests/core/model/memory_budget.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

// A safetensors file with this header and so many bytes of data.
fs::path writeHeader(const fs::path& path, const std::string& header, size_t dataBytes = 0) {
  const uint64_t length = header.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), 8);
  file << header << std::string(dataBytes, '\0');
  return path;
}

[[maybe_unused]] size_t bytesOf(const fs::path& path) {
  if (!fs::is_directory(path)) return fs::file_size(path);
  size_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(path)) bytes += entry.file_size();
  return bytes;
}

void expectBounded(const fs::path& path, bool opens) {
  if (test::kMeasuresMemory) {
    // Measured first: memory that this process has freed and kept would hide what the child takes.
    malloc_trim(0);
    const int grown = test::peakGrowthMebibytes([&] { (void)core::inspectPath(path); });
    test::expectWithin(grown, bytesOf(path));
    testing::Test::RecordProperty(path.filename().string(), grown);
  }
  const auto inspection = core::inspectPath(path);
  EXPECT_EQ(inspection.has_value(), opens) << (inspection ? "" : inspection.error().message);
}

TEST(Budget, AHundredThousandTensors) {
  const test::ScratchFolder scratch;
  std::string header = "{";
  for (int i = 0; i < 100000; ++i) {
    header += fmt::format("{}\"layers.{}.w\":{{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[{},{}]}}",
                          i ? "," : "", i, 4 * i, 4 * i + 4);
  }
  expectBounded(writeHeader(scratch.path() / "a.safetensors", header + "}", 400000), true);
}

TEST(Budget, TensorsWithoutElementsAndShortNames) {
  const test::ScratchFolder scratch;
  std::string header = "{";
  for (int i = 0; i < 500000; ++i) {
    header += fmt::format("{}\"{:x}\":{{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]}}", i ? "," : "", i);
  }
  expectBounded(writeHeader(scratch.path() / "a.safetensors", header + "}"), true);
}

TEST(Budget, AMillionMetadataKeys) {
  const test::ScratchFolder scratch;
  std::string header = "{\"__metadata__\":{";
  for (int i = 0; i < 1000000; ++i) header += fmt::format("{}\"{:x}\":\"\"", i ? "," : "", i);
  expectBounded(writeHeader(scratch.path() / "a.safetensors", header + "}}"), true);
}

TEST(Budget, HeadersOfBlanksOfOneTextAndOfOneNumber) {
  const test::ScratchFolder scratch;
  const size_t large = size_t{24} << 20;
  expectBounded(writeHeader(scratch.path() / "a.safetensors", "{}" + std::string(large, ' ')), true);
  expectBounded(writeHeader(scratch.path() / "b.safetensors", "{" + std::string(large, '\t') + "x}"), false);
  expectBounded(writeHeader(scratch.path() / "c.safetensors", "{\"" + std::string(large, 'x')), false);
  expectBounded(writeHeader(scratch.path() / "d.safetensors", "{\"a\":" + std::string(large, '1') + "}"), false);
  expectBounded(writeHeader(scratch.path() / "e.safetensors", "{\"" + std::string(size_t{4000} << 10, 'x')), false);
}

TEST(Budget, AnIndexOfManyTensorsAndOneOfManyShards) {
  const test::ScratchFolder scratch;
  const auto write = [&](const char* name, int tensors, bool shared) {
    std::ofstream file(scratch.path() / name);
    file << "{\"weight_map\":{";
    for (int i = 0; i < tensors; ++i) file << fmt::format("{}\"{:x}\":\"{:x}\"", i ? "," : "", i, shared ? 7 : i);
    file << "}}";
    return scratch.path() / name;
  };
  expectBounded(write("a.safetensors.index.json", 1000000, true), true);
  expectBounded(write("b.safetensors.index.json", 1000000, false), false);
  expectBounded(write("c.safetensors.index.json", 50000, false), true);
}

TEST(Budget, AConfigOfAMillionEntries) {
  const test::ScratchFolder scratch;
  std::string text = "{\"model_type\":\"mixtral\",\"architectures\":[0";
  for (int i = 0; i < 1000000; ++i) text += ",0";
  std::ofstream(scratch.path() / "config.json") << text << "]}";
  expectBounded(scratch.path() / "config.json", false);
}

// Two bytes a weight, 4,096 experts in each of 64 layers: the list of the experts would be larger than they are.
TEST(Budget, MoreExpertsThanTheFileCanBeMeantFor) {
  const test::ScratchFolder scratch;
  constexpr int kLayers = 64, kExperts = 4096;
  std::string header = "{";
  size_t offset = 0;
  const auto add = [&](const std::string& name, std::initializer_list<int> shape) {
    size_t bytes = 2;
    std::string sizes;
    for (int size : shape) {
      bytes *= static_cast<size_t>(size);
      sizes += fmt::format("{}{}", sizes.empty() ? "" : ",", size);
    }
    header += fmt::format("{}\"{}\":{{\"dtype\":\"F16\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", offset ? "," : "",
                          name, sizes, offset, offset + bytes);
    offset += bytes;
  };
  add("model.embed_tokens.weight", {2, 2});
  add("model.norm.weight", {2});
  add("lm_head.weight", {2, 2});
  for (int l = 0; l < kLayers; ++l) {
    const std::string layer = fmt::format("model.layers.{}.", l);
    for (const char* norm : {"input_layernorm", "post_attention_layernorm"}) add(layer + norm + ".weight", {2});
    for (const char* name : {"q", "k", "v", "o"}) add(fmt::format("{}self_attn.{}_proj.weight", layer, name), {2, 2});
    add(layer + "block_sparse_moe.gate.weight", {kExperts, 2});
    add(layer + "block_sparse_moe.experts.gate_up_proj", {kExperts, 2, 2});
    add(layer + "block_sparse_moe.experts.down_proj", {kExperts, 2, 1});
  }
  writeHeader(scratch.path() / "model.safetensors", header + "}", offset);
  std::ofstream(scratch.path() / "config.json") << nlohmann::json{
      {"model_type", "mixtral"},  {"hidden_size", 2}, {"num_hidden_layers", kLayers}, {"num_attention_heads", 1},
      {"num_key_value_heads", 1}, {"vocab_size", 2},  {"intermediate_size", 1},       {"num_local_experts", kExperts}};
  expectBounded(scratch.path(), false);
}

}  // namespace
