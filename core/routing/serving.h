// How the choices of many tokens queue: in which order, and how many tokens are one group.
//
// A group has its own slots and queues by itself. It is one sequence, or n sequences of which the second stands behind
// the first rank by rank (GShard, Mesh-TensorFlow and OpenMoE cut their groups from the flattened batch). A run is cut
// from its first token on; what is left at its end is a shorter group with the slots of its own length.
//
//   T = 7, sequence 2, 2 of them a group:   t0 t1 t2 t3 | t4 t5 t6      C from 4 tokens, then C from 3
//
// Policies that look across tokens (expert choice, global choice, Sinkhorn, balanced assignment) choose inside a group.
#pragma once

#include <string>

#include "core/routing/dispatch.h"

namespace core {

struct TokenRange {
  int first = 0, count = 0;
  friend bool operator==(const TokenRange&, const TokenRange&) = default;
};

struct Serving {
  ServingOrder order = ServingOrder::RankMajor;
  uint64_t seed = 0;  // Permuted: of the random order, another one for each layer and group
  int sequence = 0;   // tokens of a sequence; 0: the run is one
  int sequences = 1;  // that make a group; read where `sequence` is not 0

  // Tokens of a full group among `tokens`.
  int groupSize(int tokens) const;
  // Later tokens decide who is served.
  bool isCausal() const { return order == ServingOrder::RankMajor || order == ServingOrder::TokenMajor; }
  friend bool operator==(const Serving&, const Serving&) = default;
};
// "order permuted, seed 3, groups of 2 x 16 tokens"; empty: rank-major, one group.
std::string servingText(const Serving& serving);

// The groups of `tokens` from the first on; each full one has `size`.
std::vector<TokenRange> groupsOf(int tokens, int size);
TokenRange groupAt(int token, int tokens, int size);

// What an order reads beside the choices.
struct QueueOrder {
  ServingOrder order = ServingOrder::RankMajor;
  std::span<const float> probs = {};  // (T, K) of the choices; BatchPriority and ByScore
  uint64_t seed = 0, stream = 0;      // Permuted: the random order is a function of both and T
};

// Slot and kept of one group as dispatch() has them, for choices that may be missing: -1 in ids asks for nothing, has
// slot -1 and is not kept.
void placeInQueues(std::span<const int32_t> ids /* (T, K) */, int E, int K, int64_t slots, const QueueOrder& order,
                   std::span<int32_t> slot /* (T, K) */, std::span<int32_t> kept /* (T, K) */);

}  // namespace core
