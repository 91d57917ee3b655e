// Router saturation (OLMoE 5.1): how much of the final routing an earlier checkpoint already had, on the same tokens.
//   topK = mean |early set and final set in common| / K     top1 = share of equal first choices     sameSet = share of
//   equal sets
// Early (1 3), final (3 1): topK 1, top1 0, sameSet 1. By chance topK is K / E and top1 is 1 / E.
#pragma once

#include <cstdint>
#include <span>

namespace core {

struct Saturation {
  double topK = 0, top1 = 0, sameSet = 0;  // NaN without tokens
};

// Experts are different within a token.
Saturation saturation(std::span<const int32_t> early /* (T, K) */, std::span<const int32_t> final /* (T, K) */, int K);

}  // namespace core
