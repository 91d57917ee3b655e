// REINFORCE (Williams 1992): experts are drawn, a reward R comes back, and the log probability of what was drawn is
// pushed by how much R beats a baseline. K experts drawn one after the other without replacement (Plackett-Luce):
//
//   log pi_t = sum_j [l_aj - ln sum exp of l without a_1 .. a_{j-1}]        K = 1: the log softmax
//   loss = -(1/T) sum_t (R_t - b_t) log pi_t - entropyWeight * mean entropy(softmax l)
//
// R and b carry no gradient. For K = 1 the gradient is -(1/T) (R - b) (onehot - p). A baseline close to the mean reward
// takes away variance, not the expectation; leave-one-out keeps it independent of the token's own reward.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

enum class Baseline { None, Mean, LeaveOneOut, Given };

// b_t: 0; the mean of R; the mean of the other tokens' R (0 for a single token); `given`.
template <class S>
std::vector<S> rewardBaseline(Baseline form, std::span<const S> rewards /* (T) */, S given);

// log pi of each token. Actions are different experts within a token.
template <class S>
std::vector<S> drawLogProbs(std::span<const S> logits /* (T, E) */, int E,
                            std::span<const int32_t> actions /* (T, K) */, int K);

template <class S>
S reinforceLoss(std::span<const S> logits /* (T, E) */, int E, std::span<const int32_t> actions /* (T, K) */, int K,
                std::span<const S> rewards /* (T) */, std::span<const S> baseline /* (T) */, S entropyWeight);

// gradLogits += gradLoss times the gradient of the loss.
template <class S>
void reinforceLossBackward(std::span<const S> logits /* (T, E) */, int E, std::span<const int32_t> actions /* (T, K) */,
                           int K, std::span<const S> rewards /* (T) */, std::span<const S> baseline /* (T) */,
                           S entropyWeight, S gradLoss, std::span<S> gradLogits /* (T, E) */);

}  // namespace core
