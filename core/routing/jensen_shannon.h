// How differently two categories use the experts: the Jensen-Shannon divergence of their shares, in nats, and the
// distance made of it, which is a metric between 0 and 1.
//
//   JSD = H((p + q) / 2) - (H(p) + H(q)) / 2, 0 .. ln 2;   distance = sqrt(JSD / ln 2)
//
// Shares 1 0 and 0 1 share no expert: JSD ln 2, distance 1. Small counts make it too large: compare with shuffled
// labels.
#pragma once

#include <cstdint>
#include <span>

namespace core {

// Rows of counts, normalised inside. NaN if a row sums to 0.
double jensenShannon(std::span<const int64_t> a /* (E) */, std::span<const int64_t> b /* (E) */);
double jensenShannonDistance(double jsd);

}  // namespace core
