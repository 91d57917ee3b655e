// A knock-out (core/engine/knockout.h) as the session database keeps it. The random control is no column: it follows
// from effects, seed and resamples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/run_writer.h"

namespace core {

struct StoredEffect {
  int layer = 0, expert = 0;
  int64_t uses = 0;
  double kl = 0, surprisal = 0, predicted = 0;  // as ExpertEffect's; not-a-number: not known
};

struct StoredKnockout {
  int64_t id = 0;
  RunId run = 0;
  std::string created;  // UTC; given by the store
  int token = 0;
  bool onlyToken = false;
  bool complete = true;  // false: cancelled, the effects are those until then
  std::string engine;    // that silenced the experts
  uint64_t seed = 0;
  int resamples = 0;
  std::vector<StoredEffect> effects;  // by layer, expert
};

}  // namespace core
