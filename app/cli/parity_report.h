// Two runs of the same ids, value by value: |a - b| <= abs + rel * max(|b|, 0.05 * max|B|), b the expected value and B
// the whole expected tensor; integers are equal.
//
// A choice that differs is a close call if the two experts' selection scores are within that tolerance of each other.
// What follows from it in the same token (the rest of its layer, later layers, logits) is then not judged. The same for
// the ten most likely tokens, by their logits.
#pragma once

#include <string>
#include <vector>

#include "core/trace/trace.h"

namespace app {

struct Tolerance {
  double absolute = 2e-4;
  double relative = 2e-4;
};

struct HookParity {
  std::string name;  // of the hook, over all layers
  double largestAbsolute = 0;
  double largestRelative = 0;  // |a - b| / max(|b|, 0.05 * max|B|)
  double worst = 0;            // |a - b| over what is allowed: past 1 it fails
  int layer = 0, token = 0;    // of the worst value; layer -1: of the whole model
  int64_t judged = 0;          // values
  int64_t different = 0;       // values past the tolerance, or integers that differ and are no close call
};

struct CloseCall {
  int layer = 0, token = 0, rank = 0;  // layer -1: among the likeliest tokens
  int expected = 0, found = 0;         // experts, attention experts too, or token ids
  double margin = 0;                   // between their selection scores, or logits
};

struct ParityReport {
  std::vector<HookParity> hooks;
  std::vector<CloseCall> closeCalls;
  std::vector<std::string> problems;  // a tensor that only one of the two has
  bool passed() const;
};

ParityReport compareTraces(const core::Trace& expected, const core::Trace& found, const Tolerance& tolerance = {});

}  // namespace app
