// How evenly the choices fell on the experts, and how sure the router was. Six tokens, K = 1, E = 3, loads 3 2 1:
//   share 1/2 1/3 1/6, over ideal 1.5 1 0.5, max violation 0.5 (the busiest expert has half more than its fair share),
//   coefficient of variation 0.408, entropy 1.011 of at most ln 3 = 1.099.
// Means over tokens; natural logarithms. What is undefined (no tokens, a margin with K = E) is NaN.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

// Choices of each expert, every rank.
std::vector<int32_t> expertLoad(std::span<const int32_t> ids /* (T, K) */, int E);

template <class S>
struct LoadSummary {
  std::vector<S> share;      // (E) load / sum of loads
  std::vector<S> overIdeal;  // (E) load / mean load
  S maxViolation = 0;        // max load / mean load - 1 (MaxVio, arXiv 2408.15664)
  S cv = 0;                  // population standard deviation / mean
  S entropy = 0;             // of the shares, nats
  S entropyNormalised = 0;   // / ln E; 1 for E = 1
  int32_t unused = 0;        // experts without a choice
};
template <class S>
LoadSummary<S> summariseLoad(std::span<const int32_t> load /* (E) */);

// Mean over tokens of the entropy of softmax(logits).
template <class S>
S routingEntropy(std::span<const S> logits /* (T, E) */, int E);

// value / ln E, the share of the largest possible entropy; 1 for E = 1.
template <class S>
S normaliseEntropy(S value, int E);

// Share of tokens whose margin is below `threshold`; NaN if there is a margin that is NaN, or none.
template <class S>
S closeShare(std::span<const S> margins /* (T) */, S threshold);

}  // namespace core
