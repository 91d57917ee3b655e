// Two sequences of token ids laid side by side, so that what is equal stands together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ui {

// One column of the alignment: a place in A, in B, or in both (then the tokens may still differ, where one was replaced
// by another). -1: a gap.
struct AlignedPair {
  int a = -1, b = -1;
  friend bool operator==(const AlignedPair&, const AlignedPair&) = default;
};

// Longest common subsequence up to 2^24 comparisons; tokens between two common ones are paired in order, the longer
// side keeps gaps. Longer runs are paired by a common beginning and end only.
std::vector<AlignedPair> alignTokens(std::span<const int32_t> a, std::span<const int32_t> b);

}  // namespace ui
