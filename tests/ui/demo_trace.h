// A run made by hand: smooth, deterministic numbers with the shapes and relations of a recorded one (scores are a
// softmax of the logits, choices their top K, shares of the ledger add up).
#pragma once

#include "core/trace/trace.h"
#include "ui/views/source.h"

namespace test {

struct DemoOptions {
  int experts = 16, chosen = 2, layers = 6, tokens = 60, prompt = 36;
  core::Capture capture = core::Capture::Ledger;
  bool sharedExpert = true;
  bool routedBias = false;
  bool capacity = true;  // simulated, gshard
  double factor = 1.0;
  std::vector<int> denseLayers;
  uint32_t seed = 7;
  std::vector<std::string> words;  // token texts, repeated; empty: a story
  int recorded = -1;               // tokens whose rows exist; -1: all but the last
};

core::Trace demoTrace(const DemoOptions& options = {});
ui::ViewSource demoSource(const DemoOptions& options = {});

}  // namespace test
