// Logits of the last token of a forward call.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "core/engine/engine.h"

namespace test {

inline std::vector<float> lastLogits(core::Engine& engine, core::Context& context, std::span<const int32_t> ids) {
  struct Last : core::TensorSink {
    int V = 0;
    std::vector<float> row;  // (V)
    core::Status layer(const core::LayerTensors&) override { return {}; }
    core::Status logits(const core::LogitsTensors& rows) override {
      const float* last = rows.logits + static_cast<int64_t>(rows.tokens - 1) * V;
      row.assign(last, last + V);
      return {};
    }
  } last;
  last.V = engine.model().config.vocabulary;
  core::RunOptions options;
  options.capture = core::Capture::None;
  options.lastLogitsOnly = true;
  const core::Status status = engine.forward(context, ids, options, last);
  EXPECT_TRUE(status) << status.error().message;
  return last.row;
}

}  // namespace test
