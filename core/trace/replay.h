// Open-loop replay: what another policy, k, temperature or capacity rule would have chosen from the router logits that
// a run recorded. The model is not run: every layer keeps the input it had, so from the second routed layer on a replay
// answers "with this input", not "in this run". The same functions decide here and in the CPU engine; with the model's
// own policy and capacity a replay equals the recording (ids, order, slots, kept; weights to the bit for CPU runs).
//
// A replay that was kept can be replayed like a run: it holds the run's logits, so the same choices come out as from the
// run itself, beside those of the replay. What its scores were is worked out again from the logits.
//
// A policy that gives tokens different numbers of experts makes rows as wide as the widest; ids are -1 behind a token's
// last one, kept 0, slot -1.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/thread_pool.h"
#include "core/engine/router_policy.h"
#include "core/routing/dispatch.h"
#include "core/trace/dispatch.h"
#include "core/trace/trace.h"

namespace core {

// What becomes of the weights of choices without a slot is asked for by `dropWeights`, with the policy's weights as p;
// otherwise weights stay as they were before any drop, like a recording's.
struct ReplayOptions {
  Policy policy;
  // Slots an expert. None: the run's own where the family drops choices, else nothing is dropped.
  std::optional<CapacityRule> rule;
  std::optional<double> factor;
  Serving serving;  // who queues with whom, and chooses with whom where the policy looks across tokens
  std::optional<DropWeights> dropWeights;
};
ReplayOptions replayBy(const Policy& policy);
// The router of the model that a trace is of. A replay's config has as many choices as its rows have columns; its run's
// router has its own.
RouterConfig routerOfRun(const Trace& trace);
// Choices a token, as rules count them.
int choicesPerToken(const Trace& trace);
// "k 2, order by_score, groups of 2 x 16 tokens, drop-weights after": what is not usual, capacity aside; empty:
// nothing.
std::string replaySettings(const ReplayOptions& options, const RouterConfig& router);

// Share done, 0 to 1; false cancels. Called from any thread, one call at a time.
using ReplayProgress = std::function<bool(double done)>;

// The replayed trace: its own ids, weights, scores, selection, margins, slots; the recorded logits, tokens and
// predictions are seen through it (Trace::replayed). Its config says as many choices as its rows have columns. Errors:
// options that do not fit, a layer without recorded logits, a selection bias that a kept replay does not hold, a method
// that does not converge, cancelled.
Result<Trace> replay(const Trace& recorded, const ReplayOptions& options, ThreadPool& pool,
                     const ReplayProgress& progress = {});

// Of a policy that is not causal: the tokens whose experts would be others if the run had ended with them, found by
// replaying every beginning of each group; of a beginning that the policy cannot decide (Sinkhorn on few tokens) the last
// token counts. None for a causal policy. Errors: more tokens than kMostTokensLookedBack,
// those of the policy.
constexpr int kMostTokensLookedBack = 256;
Result<std::vector<int>> tokensThatSawLaterOnes(const Trace& recorded, const ReplayOptions& options, int layer);

// The same trace with everything that is seen through it in blocks of its own: for keeping it without the recording.
Trace standalone(const Trace& replayed);

// A replay beside its recording, one layer or all together. NaN where there is nothing to measure.
struct ReplayMeasures {
  int layer = -1;  // -1: all routed layers
  int64_t choices = 0, dropped = 0;
  int64_t tokens = 0, uncovered = 0;  // tokens (in layers), and those whose every choice is missing or dropped
  double changed = 0;        // choices whose expert the recorded token did not choose / choices; chance 1 - K / E
  double changedTokens = 0;  // tokens whose set of experts differs / tokens
  double balance = 0;        // E sum f P, f over all choices (uniform value 1); scores over their sum as P
  double zLoss = 0;          // mean squared logsumexp of the recorded logits; least 0
  double maxViolation = 0;   // MaxVio of the loads, 0: even
  double cv = 0;             // of the loads
  double entropy = 0;        // of the loads over ln E
  int unused = 0;            // experts without a choice (sum over layers)
};
std::vector<ReplayMeasures> measureReplay(const Trace& recorded,
                                          const Trace& replayed);  // (routed layers + 1), all last

}  // namespace core
