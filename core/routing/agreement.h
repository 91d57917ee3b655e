// How far two routings of one layer agree: two checkpoints on the same tokens (router saturation, OLMoE 5.1), two
// devices, or two texts where their tokens meet; and how differently the two use the experts at all.
//
//   found     the saturation of the tokens that both have (saturation.h)
//   even      of two routers without preferences: K / E of the choices, 1 / E of the first, 1 / binomial(E, K) of the
//             sets
//   shuffled  of each token of one with every token of the other, the mean of all T * T pairs: what the loads alone
//             give. With n_e choices of an expert it is sum_e a_e b_e / (T T K) for the choices.
//
// Two routers that both send all to experts 0 and 1 agree in all choices, and so they would by chance: even says K / E,
// shuffled says 1.
#pragma once

#include <cstdint>
#include <span>

#include "core/routing/saturation.h"

namespace core {

struct Agreement {
  int tokens = 0;
  Saturation found, even, shuffled;  // found and shuffled: NaN without tokens
};

// Experts are different within a token and lie in [0, E).
Agreement agreementOf(std::span<const int32_t> a /* (T, K) */, std::span<const int32_t> b /* (T, K) */, int E, int K);

struct LoadDivergence {
  double value = 0;     // Jensen-Shannon divergence of the loads, nats, 0 to ln 2 (jensen_shannon.h)
  double shuffled = 0;  // the mean where it is drawn anew which run a token is of, with a fixed seed
};

// All choices of two runs, -1: none; the numbers of tokens may differ. NaN where one has no choice.
LoadDivergence loadDivergence(std::span<const int32_t> a /* (Ta, K) */, std::span<const int32_t> b /* (Tb, K) */, int E,
                              int K);

}  // namespace core
