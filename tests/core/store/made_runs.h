// Runs made up for the store's tests: every value is a function of (seed, hook, layer, token, column), so that what
// comes back from disk can be compared with what must have been written.
#pragma once

#include <gtest/gtest.h>

#include "core/trace/trace.h"

namespace test {

inline core::ModelConfig madeModel() {
  core::ModelConfig config;
  config.family = "made_up";
  config.width = 6;
  config.layers = 3;
  config.vocabulary = 50;
  config.router.experts = 4;
  config.router.chosen = 2;
  config.layer = {{.moe = false}, {.moe = true}, {.moe = true}};
  return config;
}

inline std::shared_ptr<core::RunInfo> madeInfo(int promptTokens, const std::string& prompt = "made up") {
  auto info = std::make_shared<core::RunInfo>();
  info->programVersion = "test";
  info->modelName = "made";
  info->modelHash = "hash";
  info->config = std::make_shared<const core::ModelConfig>(madeModel());
  info->engine = {"cpu", "test", "", ""};
  info->prompt = prompt;
  info->promptTokens = promptTokens;
  info->capacity = {true, true, core::CapacityRule::Gshard, 1.0, 4};
  return info;
}

inline uint32_t mixed(uint64_t value) {
  value = (value ^ (value >> 31)) * 0x9e3779b97f4a7c15ull;
  value = (value ^ (value >> 29)) * 0xbf58476d1ce4e5b9ull;
  return static_cast<uint32_t>(value >> 32);
}

inline uint32_t madeValue(uint64_t seed, core::Hook hook, int layer, int token, int column) {
  return mixed((((seed * 64 + static_cast<uint64_t>(hook)) * 16 + static_cast<uint64_t>(layer)) * 65536 +
                static_cast<uint64_t>(token)) *
                   64 +
               static_cast<uint64_t>(column));
}

inline int32_t madeId(uint64_t seed, int token) {
  return static_cast<int32_t>(madeValue(seed, core::Hook::Count, 0, token, 0) % 50);
}

inline void fillRow(core::Array& array, uint64_t seed, int layer, int token) {
  for (int column = 0; column < array.columns; ++column) {
    const uint32_t value = madeValue(seed, array.hook, layer, token, column);
    if (array.hook == core::Hook::RouterIds) {
      // Two different experts; half of the first choices crowd into expert 0, so that some are dropped.
      const auto first = static_cast<int32_t>(madeValue(seed, array.hook, layer, token, 0) % 8);
      const int32_t a = first < 4 ? 0 : first - 4;
      array.ints.push_back(column == 0 ? a : (a + 1 + static_cast<int32_t>(value % 3)) % 4);
    } else if (core::hookInfo(array.hook).type == core::HookType::I32) {
      array.ints.push_back(static_cast<int32_t>(value % 50));
    } else {
      array.floats.push_back(static_cast<float>(value) / 65536.f - 1000.f);
    }
  }
}

inline core::Block madeBlock(uint64_t seed, core::Stream stream, int layer, int first, int tokens,
                             const std::vector<std::pair<core::Hook, int>>& hooks) {
  core::Block block;
  block.stream = stream;
  block.layer = layer;
  block.firstToken = first;
  block.tokens = tokens;
  for (const auto& [hook, columns] : hooks) {
    core::Array& array = block.arrays.emplace_back();
    array.hook = hook;
    array.columns = columns;
    for (int token = first; token < first + tokens; ++token) fillRow(array, seed, layer, token);
  }
  return block;
}

// The run with ids up to `ids` and rows up to `rows` tokens, the streams of the next token one behind.
inline core::Trace grown(core::Trace trace, uint64_t seed, int ids, int rows) {
  using enum core::Hook;
  std::vector<int32_t> numbers;
  std::vector<std::string> texts;
  for (int token = 0; token < ids; ++token) {
    numbers.push_back(madeId(seed, token));
    texts.push_back(" t" + std::to_string(numbers.back()));
  }
  trace = trace.withIds(numbers, texts);
  const auto add = [&](core::Stream stream, int layer, int until,
                       const std::vector<std::pair<core::Hook, int>>& hooks) {
    const int first = trace.tokens(stream, layer);
    if (until > first) trace = trace.with(madeBlock(seed, stream, layer, first, until - first, hooks));
  };
  for (int layer = 0; layer < 3; ++layer) {
    if (layer == 0) {
      add(core::Stream::Layer, layer, rows, {{LedgerNorm, 7}, {LedgerOutNorm, 1}, {Out, 6}});
    } else {
      add(core::Stream::Layer, layer, rows,
          {{RouterLogits, 4}, {RouterScores, 4}, {RouterIds, 2}, {RouterWeights, 2}, {LedgerNorm, 7}, {Out, 6}});
    }
    add(core::Stream::LayerHead, layer, rows, {{LedgerPredictedEffect, 7}});
    add(core::Stream::LayerNext, layer, rows - 1, {{LedgerActualEffect, 7}});
  }
  add(core::Stream::Head, 0, rows, {{TopIds, 10}, {TopProbabilities, 10}, {PredictionEntropy, 1}});
  add(core::Stream::HeadNext, 0, rows - 1, {{Surprisal, 1}});
  return trace;
}

// Every row that a store keeps, compared value by value. `full`: the full tensors as well.
inline void expectSameRows(const core::Trace& found, const core::Trace& expected, bool full = false) {
  ASSERT_EQ(found.ids(), expected.ids());
  ASSERT_EQ(found.texts(), expected.texts());
  for (const core::HookInfo& info : core::allHooks()) {
    const bool whole = info.stream >= core::Stream::Head;
    for (int layer = 0; layer < (whole ? 1 : expected.config().layers); ++layer) {
      if (info.level == core::Capture::Full && !full) {
        ASSERT_FALSE(found.has(info.hook, layer)) << info.name;
        continue;
      }
      ASSERT_EQ(found.tokens(info.stream, layer), expected.tokens(info.stream, layer)) << info.name << " " << layer;
      for (int token = 0; token < expected.tokens(info.stream, layer); ++token) {
        const auto a = found.floats(info.hook, layer, token), b = expected.floats(info.hook, layer, token);
        ASSERT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end())) << info.name << " " << layer << " " << token;
        const auto c = found.ints(info.hook, layer, token), d = expected.ints(info.hook, layer, token);
        ASSERT_TRUE(std::equal(c.begin(), c.end(), d.begin(), d.end())) << info.name << " " << layer << " " << token;
      }
    }
  }
}

}  // namespace test
