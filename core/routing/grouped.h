// Group-limited selection (DeepSeek-V2 and V3). The experts are cut into groups of neighbours, usually one group a
// device; a token may use experts of `groupsChosen` groups only. A group scores as its best expert (V2) or as the sum
// of its two best (V3); all others are masked with -infinity, and top-k sees what is left. A bias may shift the
// selection, never the weight.
//
//   selection scores  .9 .1 | .6 .5 | .2 .2   two experts a group, one group chosen
//   Max: .9 .6 .2 -> first group          SumOfTopTwo: 1.0 1.1 .4 -> second group
//
// Masking with 0 instead of -infinity goes wrong where biased scores are negative.
#pragma once

#include <cstdint>
#include <span>

namespace core {

enum class GroupScore : uint8_t { Max, SumOfTopTwo };

struct GroupLimits {
  int groups = 1;        // divides E
  int groupsChosen = 1;  // of them
  GroupScore score = GroupScore::Max;
};

// selection = scores + bias inside the chosen groups, -infinity elsewhere; feed it to topK. `bias`, `groupScores` and
// `groupIds` (best first, equal scores to the lower group) may be empty.
template <class S>
void groupedSelection(std::span<const S> scores /* (T, E) */, std::span<const S> bias /* (E) */, int E,
                      const GroupLimits& limits, std::span<S> selection /* (T, E) */,
                      std::span<S> groupScores /* (T, groups) */ = {},
                      std::span<int32_t> groupIds /* (T, groupsChosen) */ = {});

// Weights from scores that were computed before the choice: s[ids], over their sum + 1e-20 if `renorm`, times `scale`.
template <class S>
void scoreWeights(std::span<const S> scores /* (T, E) */, int E, std::span<const int32_t> ids /* (T, K) */, int K,
                  bool renorm, S scale, std::span<S> weights /* (T, K) */);

// gradScores += the gradient of sum(gradWeights * weights), ids held fixed.
template <class S>
void scoreWeightsBackward(std::span<const S> scores /* (T, E) */, int E, std::span<const int32_t> ids /* (T, K) */,
                          int K, bool renorm, S scale, std::span<const S> gradWeights /* (T, K) */,
                          std::span<S> gradScores /* (T, E) */);

}  // namespace core
