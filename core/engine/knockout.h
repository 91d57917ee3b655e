// Which expert mattered for one token: each is silenced in turn (its weight becomes 0, all others stay as they are),
// the run is done again from the first token that used it, and the prediction at the token is compared with the run's
// own. An expert that no token used before or at it has an effect of exactly 0, without a run.
//
// The control is silencing an expert drawn at random from those that were swept: its mean effect, with a 95 % interval
// from resampling the experts (bootstrap, counter-based random numbers). An effect inside the interval is what any
// expert does.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/engine/run.h"

namespace core {

struct KnockoutRequest {
  std::vector<int> layers;  // with experts
  int token = 0;            // the prediction after it is judged; at most the last token that was run
  bool onlyToken = false;   // silenced at this token alone, else at it and everywhere before
  uint64_t seed = 0;        // of the resampling
  int resamples = 1000;
};

struct ExpertEffect {
  int layer = 0, expert = 0;
  int64_t uses = 0;      // choices of it that were silenced
  double kl = 0;         // KL(before || after) of the next-token prediction, nats
  double surprisal = 0;  // change for the token that follows, nats; NaN where it is not known
  double predicted = 0;  // change of the probability of the token that was most likely before
};

struct RandomControl {
  double mean = 0, low = 0, high = 0;  // 2.5 and 97.5 %
};

struct Knockout {
  std::vector<ExpertEffect> effects;  // by layer, expert; as far as it came if it was cancelled
  RandomControl kl, surprisal, predicted;
  int64_t runs = 0;  // forward passes that were needed
  bool cancelled = false;
};

// `progress` with the share done; false cancels. Errors: a layer without experts, a token that was not run.
Result<Knockout> knockOut(const std::shared_ptr<Engine>& engine, const Session& original, const RunRequest& run,
                          const KnockoutRequest& request, const std::function<bool(double)>& progress = {});

// Mean of values drawn with replacement; NaN of none.
RandomControl bootstrapMean(std::span<const double> values, int resamples, uint64_t seed);

}  // namespace core
