#include "core/routing/grouped.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "core/routing/select.h"
#include "core/routing/weights.h"

namespace core {
namespace {

constexpr double kEps = 1e-20;

template <class S>
S groupScore(GroupScore form, std::span<const S> members) {
  S best = -std::numeric_limits<S>::infinity(), second = best;
  for (S value : members) {
    if (value > best) {
      second = best;
      best = value;
    } else if (value > second) {
      second = value;
    }
  }
  return form == GroupScore::Max || members.size() == 1 ? best : best + second;
}

// sum of a token's chosen scores + eps, or 1
template <class S>
S divisor(bool renorm, std::span<const S> chosen) {
  if (!renorm) return 1;
  S sum = 0;
  for (S score : chosen) sum += score;
  return sum + static_cast<S>(kEps);
}

}  // namespace

template <class S>
void groupedSelection(std::span<const S> scores, std::span<const S> bias, int E, const GroupLimits& limits,
                      std::span<S> selection, std::span<S> groupScores, std::span<int32_t> groupIds) {
  CHECK(E > 0 && limits.groups > 0 && E % limits.groups == 0 && limits.groupsChosen > 0 &&
            limits.groupsChosen <= limits.groups,
        "E {}, groups {}, chosen {}", E, limits.groups, limits.groupsChosen);
  const size_t experts = static_cast<size_t>(E), groups = static_cast<size_t>(limits.groups), size = experts / groups;
  const size_t kept = static_cast<size_t>(limits.groupsChosen), tokens = scores.size() / experts;
  CHECK(scores.size() == tokens * experts && selection.size() == scores.size() &&
            (bias.empty() || bias.size() == experts) &&
            (groupScores.empty() || groupScores.size() == tokens * groups) &&
            (groupIds.empty() || groupIds.size() == tokens * kept),
        "scores {}, bias {}, selection {}, groups {} {}", scores.size(), bias.size(), selection.size(),
        groupScores.size(), groupIds.size());
  std::vector<S> ranking(groups);
  std::vector<int32_t> chosen(kept);
  for (size_t t = 0; t < tokens; ++t) {
    const auto row = selection.subspan(t * experts, experts);
    for (size_t e = 0; e < experts; ++e) row[e] = scores[t * experts + e] + (bias.empty() ? S{0} : bias[e]);
    for (size_t g = 0; g < groups; ++g) ranking[g] = groupScore<S>(limits.score, row.subspan(g * size, size));
    topKRow<S>(ranking, chosen);
    for (size_t g = 0; g < groups; ++g) {
      if (std::find(chosen.begin(), chosen.end(), static_cast<int32_t>(g)) != chosen.end()) continue;
      std::fill_n(row.begin() + static_cast<ptrdiff_t>(g * size), size, -std::numeric_limits<S>::infinity());
    }
    if (!groupScores.empty())
      std::copy(ranking.begin(), ranking.end(), groupScores.begin() + static_cast<ptrdiff_t>(t * groups));
    if (!groupIds.empty()) std::copy(chosen.begin(), chosen.end(), groupIds.begin() + static_cast<ptrdiff_t>(t * kept));
  }
}

template <class S>
void scoreWeights(std::span<const S> scores, int E, std::span<const int32_t> ids, int K, bool renorm, S scale,
                  std::span<S> weights) {
  gatherChosen<S>(scores, E, ids, K, weights);
  const size_t chosen = static_cast<size_t>(K);
  for (size_t at = 0; at < weights.size(); at += chosen) {
    const S sum = divisor<S>(renorm, weights.subspan(at, chosen));
    for (S& weight : weights.subspan(at, chosen)) weight = weight / sum * scale;
  }
}

template <class S>
void scoreWeightsBackward(std::span<const S> scores, int E, std::span<const int32_t> ids, int K, bool renorm, S scale,
                          std::span<const S> gradWeights, std::span<S> gradScores) {
  CHECK(gradWeights.size() == ids.size(), "gradient {}, ids {}", gradWeights.size(), ids.size());
  const size_t chosen = static_cast<size_t>(K);
  std::vector<S> values(ids.size());
  gatherChosen<S>(scores, E, ids, K, values);
  // w_j = scale s_j / sum: dw_j/ds_i = scale ([i = j] - s_j / sum) / sum; without renorm just scale [i = j]
  for (size_t at = 0; at < ids.size(); at += chosen) {
    const S sum = divisor<S>(renorm, std::span<const S>(values).subspan(at, chosen));
    S mean = 0;
    for (size_t j = at; j < at + chosen; ++j) mean += renorm ? gradWeights[j] * values[j] / sum : S{0};
    for (size_t j = at; j < at + chosen; ++j) values[j] = scale * (gradWeights[j] - mean) / sum;
  }
  scatterChosen<S>(values, E, ids, K, gradScores);
}

#define INSTANTIATE(S)                                                                                             \
  template void groupedSelection<S>(std::span<const S>, std::span<const S>, int, const GroupLimits&, std::span<S>, \
                                    std::span<S>, std::span<int32_t>);                                             \
  template void scoreWeights<S>(std::span<const S>, int, std::span<const int32_t>, int, bool, S, std::span<S>);    \
  template void scoreWeightsBackward<S>(std::span<const S>, int, std::span<const int32_t>, int, bool, S,           \
                                        std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
