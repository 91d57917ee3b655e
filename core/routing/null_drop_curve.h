// What queueing alone does: the chance that the choice at position t is dropped when tokens pick experts independently,
// with share q_e for expert e, one choice each, slots in order of arrival. A choice of e at position t is dropped if C
// or more of the t earlier tokens picked e:
//
//   D(t) = sum_e q_e P(Bin(t, q_e) >= C)
//
// E = 8, T = 256, C = 32 (factor 1), uniform: 0 until half way, .02 at 70 %, .28 at 90 %, .52 at the end. So a rising
// curve alone says nothing about the router; what it has above this one does. Double only: probabilities span hundreds
// of orders of magnitude.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace core {

// D(0) .. D(T - 1). `shares` are not negative and sum to 1.
std::vector<double> nullDropCurve(std::span<const double> shares /* (E) */, int64_t T, int64_t C);

// D at floor(x T) - 1 for x = .5 .6 .7 .8 .9, at T - 1, and the mean of the curve. NaN where there is no such position.
std::array<double, 7> summariseDropCurve(std::span<const double> curve /* (T) */);

}  // namespace core
