// Device memory that a pass works in, sized by the largest pass so far.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "core/model/config.h"
#include "gpu/commands.h"
#include "gpu/device_ops.h"

namespace gpu {

// Sizes of a model's rows, in floats.
struct Sizes {
  explicit Sizes(const core::ModelConfig& config);
  uint32_t D, E, K, V;
  uint32_t attentionE, attentionK;            // of routed attention, 0: not routed
  uint32_t rankStride;                        // of an attention expert's heads, padded G * P
  bool attendsExperts;                        // router logits come from an attention of the experts
  uint32_t filterHalf;                        // features between the filter's convolutions, 0: no filter
  bool normsLogits;                           // router logits, before they are scored
  bool selects;                               // top-k sees something else than scores or logits
  uint32_t stride;                            // of rows of D, padded
  uint32_t heads;                             // A
  uint32_t queries, keys, values;             // A * P, G * P, G * R
  uint32_t queryCache, keyCache, valueCache;  // the same with padded heads
  uint32_t mixed, mixStride;                  // of attention's output, A * R, and padded
  // Latent attention, 0 without: padded ranks, the part of the key that all heads share, keys and values before they
  // part
  uint32_t queryLatent, latent, sharedKey, latentHeads;
  uint32_t rotated;                                  // rotary pairs
  uint32_t gateTimes;                                // 2 where the gate is twice as wide as the block
  uint32_t expertHidden, sharedHidden, denseHidden;  // denseHidden: the widest

  // Floats of the largest buffer for one token with so many choices.
  uint64_t widestPerToken(uint32_t columns) const;
};

// How a pass chooses experts where interventions act (core/engine/intervention.h).
struct Choosing {
  uint32_t columns = 0;  // of ids and weights: K, or the most choices that a token gets
  bool changed = false;  // by recipes
  bool queued = false;   // kept and slot are told, whatever the family does
  friend auto operator<=>(const Choosing&, const Choosing&) = default;
};

// What a pass must have room for.
struct Need {
  uint32_t tokens = 0;      // T
  uint64_t scoreBytes = 0;  // of attention's scores, at least of one query
  uint32_t logitRows = 0;
  uint64_t captureBytes = 0;
  uint32_t columns = 0;      // choices of a token
  uint64_t changeWords = 0;  // of recipes, see routing_changes.h
};

struct Work {
  Need room;
  Buffer input;        // host: position, ids, cosines, sines, changes of the routing
  Buffer inputDevice;  // the same on the device, where it cannot read the host's
  Buffer x, h, q, k, v, qPadded, scores, mix, attention;
  Buffer pairs, half, filtered;                // of the local filter
  Buffer routerQuery, routerKey, routerValue;  // of routers whose experts attend to each other
  Buffer mixRanks;                             // attention's mix by expert, (T, K, padded G * P)
  Buffer queryLatent, latent, sharedKey, latentHeads;
  Buffer routerLogits, normedLogits, routerScores, selection, ids, applied, slot, kept, asked, begins, tiles, rows;
  Buffer gate, up, hidden, parts, routed, shared, gateLogit;
  Buffer logits, logitsHost, capture;

  uint64_t idsOffset = 0, cosOffset = 0, sinOffset = 0, changesOffset = 0, inputBytes = 0;  // within input

  const Buffer& inputOnDevice() const { return inputDevice ? inputDevice : input; }
  View step() const { return inputOnDevice().view(0, 16); }
  View tokenIds() const;
  Turns turns() const;
  View changes() const;
};

// Of T queries over so many positions; no more than a block of them that keeps a device busy.
uint64_t scoreBytes(const Device& device, const Sizes& sizes, uint32_t tokens, uint32_t positions);

bool fits(const Work& work, const Need& need);

// Replaces the buffers by ones large enough, also for what had room before; commands recorded for the old ones are
// void. Errors: out of memory, a buffer larger than a binding; `work` is then empty.
core::Status growWork(const std::shared_ptr<Device>& device, const Sizes& sizes, const Need& need, Work& work);

}  // namespace gpu
