// A run and the same tokens once more with interventions at work: what changed, and where it began.
//
// The second run goes over the tokens of the first, generated ones included, whatever it would have generated itself:
// so every position can be compared. It starts from the first token that an intervention acts on, from a copy of the
// first run's context. Where choices queue for slots rank by rank it starts at the beginning: earlier second choices
// depend on later tokens. It starts there as well where tokens get another number of choices, so that all rows are
// alike.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/engine/intervention.h"
#include "core/engine/run.h"

namespace core {

// What the prediction at one position became. NaN where it is not known: the token after it is not, or the logits of a
// prompt that must run as one group are too many to be kept.
struct TokenDifference {
  int token = 0;
  double kl = 0;                                   // KL(before || after) over the vocabulary, nats
  double surprisalBefore = 0, surprisalAfter = 0;  // of the token that follows
  int32_t topBefore = -1, topAfter = -1;           // most likely next token
  double topProbabilityBefore = 0, topProbabilityAfter = 0;
  double targetBefore = 0, targetAfter = 0;  // probabilities of the tokens that are followed
  double distractorBefore = 0, distractorAfter = 0;
};

struct LayerDifference {
  int layer = 0;
  int firstToken = -1;  // the first whose set of experts is another; -1: none
  int64_t tokens = 0;   // whose set is another
};

struct IntervenedRun {
  Trace original, changed;
  int firstChanged = 0;  // the second run began here; what lies before is the first run's
  bool fromStart = false;
  std::string label;                    // what was changed, and why it began where it did
  std::vector<TokenDifference> tokens;  // from firstChanged on
  std::vector<LayerDifference> layers;  // with experts
  bool cancelled = false;
};

struct IntervenedRequest {
  RunRequest run;
  std::shared_ptr<const Interventions> interventions;
  std::optional<int32_t> target, distractor;
};

// Errors: those of Session::start; a policy that looks ahead together with generated tokens; an engine that does not
// run interventions.
Result<IntervenedRun> runIntervened(const std::shared_ptr<Engine>& engine, const IntervenedRequest& request,
                                    const RunCallbacks& callbacks = {});

// The second run alone, over a session that stands.
Result<IntervenedRun> runAgain(const std::shared_ptr<Engine>& engine, const Session& original,
                               const IntervenedRequest& request, const RunCallbacks& callbacks = {});

}  // namespace core
