// What is said about the routing of one layer in one number each, beside what an even router would have (all experts
// alike, as many different ones a token as it has, every choice asked for) and the bound that no router passes.
//
// Tokens may have different numbers n of experts (expert choice, global choice, top-p, ReLU). Then k is the mean of n,
// the ideal load is choices / E, shares are of the choices that are there, and an even router gives each token its own
// n. BalanceSequence and SmoothLoad need exactly k choices a token and are left out, as is what is said of margins
// (MarginMedian, CloseShare) unless every token has one.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/trace/dispatch.h"
#include "core/trace/trace.h"

namespace core {

enum class MeasureKind : uint8_t {
  BalanceSwitch,     // E sum f P, f of first choices (Switch; GShard's E^2 mean(f P)): even 1
  BalancePerToken,   // f sums to k (transformers, flaxformer): even k
  BalancePerChoice,  // the expert term (routing/balance_loss.h): even 1
  BalanceSequence,   // the sequence term, f counts the top k of the scores without the bias: even 1
  Importance,        // squared variation of the experts' summed scores: least 0
  SmoothLoad,        // squared variation of V-MoE's smooth load, noise of deviation 1/E: least 0
  ZLoss,             // mean squared logsumexp: least 0, even (ln E)^2 with logits 0
  RouterEntropy,     // mean entropy of a token's softmax, nats: most ln E
  MarginalEntropy,   // entropy of the mean softmax: most ln E
  TokenInformation,  // mutual information of token and expert, marginal - router entropy: even 0, most ln E
  IdInformation,     // information that the token's id gives of its experts, over the most it could: even by shuffles
  MarginMedian,      // between the last choice and the next: least 0
  CloseShare,        // tokens with a margin below 0.01
  OverIdeal,         // busiest expert's load / ideal: least 1
  MaxViolation,      // least 0
  Variation,         // coefficient of variation of the loads: least 0
  LoadEntropy,       // entropy of the loads / ln E: most 1
  Unused,            // experts without a choice
  Dropped,           // choices, under the capacity rule that acts
  DroppedQuarter1,
  DroppedQuarter2,
  DroppedQuarter3,
  DroppedQuarter4,
  LeftBehind,      // tokens without a kept choice; without a rule, where some have none at all
  Coactivation,    // largest rate N_ij / n_i among experts of at least half the ideal load
  Repetition,      // consecutive tokens that have a first choice, with the same (arXiv 2401.04088, table 5): even 1 / E
  HalvesDistance,  // Jensen-Shannon distance of the loads of first and second half: even by shuffles, most 1
  Count
};
constexpr int kMeasures = static_cast<int>(MeasureKind::Count);

struct RoutingMeasure {
  MeasureKind kind = MeasureKind::Count;
  double value = 0;  // NaN: not known for this run
  double even = 0;   // of an even router, or of the tokens shuffled; NaN: chance has no value
  double least = 0;  // NaN: none
  double most = 0;   // NaN: none
};

constexpr double kCloseMargin = 0.01;
constexpr int64_t kMostNoise = int64_t{1} << 21;  // logits up to which the smooth load is drawn

// In the order above, without those that the run cannot have (no capacity rule, tokens with different numbers of
// experts as above, no token with two); empty: the layer has no routing. `decided`: its dispatch.
std::vector<RoutingMeasure> measureRouting(const Trace& trace, int layer, const LayerDispatch& decided);

}  // namespace core
