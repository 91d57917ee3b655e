// Balanced assignment (BASE layers): every token gets one expert, every expert exactly T / E tokens, and the sum of the
// chosen logits is as large as it can be. BASE finds it by an auction; here it is exact: tokens join one by one, and
// each newcomer may push others along a chain of experts to where there is room, always along the chain that costs
// least (successive shortest paths, with an expert as a node that holds T / E tokens).
//
//   logits  5 4 / 3 0 , E = 2: greedy gives both tokens to expert 0. t0 comes first and takes it; t1 would lose 3 by
//   going to expert 1, pushing t0 there loses only 1. So t0 -> 1, t1 -> 0, objective 7.
//
// O(T (T + E^3)) at worst. Double inside; a chain must gain more than rounding to be taken.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace core {

struct BalancedAssignment {
  std::vector<int32_t> expert;  // (T)
  double objective = 0;         // sum of logits[t, expert[t]]
  // What forbidding one token its expert costs at least; 0: another assignment is as good, or there is none (E = 1).
  double runnerUpGap = 0;
};

// Error: E does not divide T.
template <class S>
Result<BalancedAssignment> balancedAssignment(std::span<const S> logits /* (T, E), finite */, int E);

}  // namespace core
