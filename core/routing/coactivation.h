// Which experts are chosen together. N_ij counts tokens that chose both i and j; the rate N_ij / n_i says how often i's
// tokens go to j as well, and is not symmetric: a rare expert may always come with a common one. By chance about (K -
// 1) / (E - 1). The analysis script released with OLMoE counts only pairs of neighbouring ranks (K - 1 of the K (K - 1)
// / 2): Adjacent. Tokens may have different numbers of experts: -1 in ids is a choice that the token does not have.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

enum class PairScope { All, Adjacent };

struct Coactivation {
  std::vector<int64_t> pairs;  // (E, E) symmetric, diagonal 0
  std::vector<int64_t> count;  // (E) tokens that chose the expert
  std::vector<double> rate;    // (E, E) pairs / count of the row; NaN where the count is 0
};

// What an even router would have, if each token kept its number of choices n_t: sum n_t (n_t - 1) / ((E - 1) sum n_t),
// the mean N_ij over the mean n_i; (K - 1) / (E - 1) where all have K. NaN without a choice, or with one expert.
double coactivationByChance(std::span<const int32_t> ids /* (T, K) */, int E, int K);

Coactivation coactivation(std::span<const int32_t> ids /* (T, K) */, int E, int K, PairScope scope);

}  // namespace core
