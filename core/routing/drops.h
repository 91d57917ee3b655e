// Where in the sequence choices are dropped. First come, first served fills the experts from the front, so drops gather
// at the end even for a router without any preference (null_drop_curve.h): read these shares next to their null.
//   T = 8, K = 1, kept 1 1 1 1 1 0 1 0:  quarters of two tokens each lose 0, 0, 1/2 and 1/2 of their choices.
//
// Tokens may have different numbers of experts: -1 in `ids` is a choice that the token does not have, which counts
// nowhere. A token without any has none that is kept: it counts among those with every choice dropped.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace core {

struct DropShares {
  int64_t tokens = 0;
  double choices = 0;  // dropped choices / choices; this and the next two are NaN without any
  double any = 0;      // tokens with a choice dropped / tokens
  double all = 0;      // tokens without a kept choice / tokens
};

struct DropsByQuarter {
  std::array<DropShares, 4> quarters;  // position t (0-based) is in quarter floor(4 t / T)
  double choices = 0;                  // over the whole sequence
  double leftBehind = 0;               // 1 - tokens with a kept choice / T (flaxformer's fraction_tokens_left_behind)
};

// `ids` (T, K); empty: every choice is there.
DropsByQuarter dropsByQuarter(std::span<const uint8_t> kept /* (T, K) */, int K, std::span<const int32_t> ids = {});

}  // namespace core
