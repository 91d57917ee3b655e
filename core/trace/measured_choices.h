// What the measures of a layer are counted from: its choices, recorded, replayed or drawn. Tokens may have different
// numbers of them (expert choice, global choice, top-p, ReLU, a changed run): -1 stands behind a token's last one.
// Drawn choices keep each token's number, the groups and the slots.
#pragma once

#include <array>
#include <cmath>
#include <span>

#include "core/trace/routing_measures.h"

namespace core {

using MeasureValues = std::array<double, kMeasures>;  // NaN: not known

inline double& at(MeasureValues& values, MeasureKind kind) { return values[static_cast<size_t>(kind)]; }
MeasureValues unknownMeasures();

constexpr uint64_t kMeasureSeed = 0x4D65617375;

struct MeasuredChoices {
  int T = 0, K = 0, E = 0;
  bool ragged = false;        // a token has fewer than K
  std::vector<int32_t> ids;   // (T, K)
  std::vector<uint8_t> kept;  // (queued, K), empty: no rule

  std::span<const int32_t> of(int token) const;  // a token's own choices
};

// What follows from the choices alone, and so has a value for drawn ones.
void addChoices(const MeasuredChoices& choices, MeasureValues& out);

// The mean of that over an even router's choices, which queue as those of `decided` did.
MeasureValues evenChoices(const MeasuredChoices& like, const LayerDispatch& decided, const Serving& serving);

// Measures whose chance is the same tokens in another order; `tokens` (T) are their ids.
void addShuffled(const MeasuredChoices& choices, std::span<const int32_t> tokens, MeasureValues& out,
                 MeasureValues& even);

}  // namespace core
