// The table of a run, made from recorded traces.
#include "app/cli/trace_table.h"

#include <gtest/gtest.h>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "tests/support/golden_model.h"

namespace {

std::string tableOf(const std::string& name, int layer, core::Capture capture) {
  const test::GoldenModel golden = test::loadGoldenModel(name);
  const auto engine = core::makeCpuEngine(golden.model, 1);
  EXPECT_TRUE(engine.has_value());
  core::RunRequest request;
  request.ids = golden.ids();
  request.capture = capture;
  return app::traceTable((*core::Session::start(*engine, request))->trace(), nullptr, {layer, {}, 0});
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

TEST(TraceTable, AModelWithoutExpertsShowsWhatItsDenseBlocksWrote) {
  const std::string ledger = tableOf("mistral-sliding", 0, core::Capture::Ledger);
  EXPECT_TRUE(says(ledger, "a dense model, no experts")) << ledger;
  EXPECT_TRUE(says(ledger, "dense  surprisal")) << ledger;
  EXPECT_FALSE(says(ledger, "routed")) << ledger;
  EXPECT_FALSE(says(ledger, "shared")) << ledger;
  EXPECT_TRUE(says(ledger, " %  ")) << ledger;
  EXPECT_FALSE(says(ledger, " 0 %  ")) << "the block wrote something:\n" << ledger;
  const std::string routing = tableOf("mistral-sliding", 0, core::Capture::Routing);
  EXPECT_TRUE(says(routing, "a dense model, no experts")) << routing;
  EXPECT_FALSE(says(routing, "dense  surprisal")) << routing;
}

TEST(TraceTable, ADenseLayerAmongRoutedOnesSaysSo) {
  const std::string dense = tableOf("deepseek-v1", 0, core::Capture::Ledger);
  EXPECT_TRUE(says(dense, "a dense layer, no experts here")) << dense;
  EXPECT_FALSE(says(dense, "routed")) << dense;
  const std::string routed = tableOf("deepseek-v1", 1, core::Capture::Ledger);
  EXPECT_TRUE(says(routed, "experts a token")) << routed;
  EXPECT_TRUE(says(routed, "routed  shared  surprisal")) << routed;
}

}  // namespace
