// Routing policies by name, over one interface: logits in, chosen experts and weights out. What replay, the command
// line and interventions use to put one policy in another's place; the methods themselves stand in files of their own,
// and these are their names in the golden files.
//
// A policy may give a token another number of experts than K (expert choice, global choice, top-p, ReLU): rows of ids
// are as wide as the widest token, the rest is -1 with weight 0.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/routing/expert_choice.h"
#include "core/routing/grouped.h"
#include "core/routing/hash_router.h"
#include "core/routing/weights.h"

namespace core {

enum class PolicyKind : uint8_t {
  TokenChoice,
  GroupedTopK,
  SigmoidTopK,
  SparseMixer,
  NormedLogits,
  ExpertChoice,
  GlobalChoice,
  Gumbel,
  NoisyTopK,
  Sinkhorn,
  BalancedAssignment,
  TopP,
  Relu,
  DifferentiableTopK,
  Hash,
  StraightThrough,
  Reinforce,
  // These need more than logits of any router.
  ExpertAttention,
  Cosine,
  SoftMoe,
  DSelectK,
  BiasUpdate,
  Count
};

struct PolicyInfo {
  PolicyKind kind;
  std::string_view name;    // as the golden file: "token-choice"
  bool causal;              // a token's choice depends on earlier tokens at most
  bool ragged;              // tokens may get different numbers of experts
  std::string_view says;    // one sentence
  std::string_view locked;  // why it cannot be computed from logits; empty: it can
};

std::span<const PolicyInfo> policies();
const PolicyInfo& policyInfo(PolicyKind kind);
std::optional<PolicyKind> policyNamed(std::string_view name);

struct Policy {
  PolicyKind kind = PolicyKind::TokenChoice;
  int K = 1;                             // choices a token, the mean of them where the policy is ragged
  double temperature = 1;                // divides the logits before anything else
  WeightForm weights = WeightForm::Raw;  // TokenChoice
  double scale = 1;      // multiplies the weights of TokenChoice, GroupedTopK, SigmoidTopK, NormedLogits
  bool sigmoid = false;  // GroupedTopK: scores by sigmoid, else softmax
  bool renorm = false;   // GroupedTopK, GlobalChoice: weights over the token's own sum
  GroupLimits groups;    // GroupedTopK
  double jitter = 0.01;  // SparseMixer
  double lambda = 1;     // NormedLogits
  int ddof = 1;          // NormedLogits
  Rounding rounding = Rounding::HalfEven;  // ExpertChoice
  // ExpertChoice: C = clip(round(T factor / E), 1, T), factor the mean number of experts a token gets; else by K.
  std::optional<double> factor;
  double noise = 0;        // NoisyTopK: standard deviation of what is added to the logits; 0: 1 / E (V-MoE)
  double threshold = 0.4;  // TopP
  HashRule hash = HashRule::Mod;
  uint64_t seed = 0;  // Gumbel, NoisyTopK, Reinforce, Hash
};

// The forms a policy's weights can have; none: they are its own. Groups and global choice keep theirs in `sigmoid` and
// `renorm`. A form that a policy does not have is not set.
std::span<const WeightForm> weightForms(PolicyKind kind);
WeightForm weightFormOf(const Policy& policy);
void setWeightForm(Policy& policy, WeightForm form);

// What a policy reads of one layer's consecutive tokens.
struct PolicyInput {
  std::span<const float> logits;  // (T, E)
  int E = 0;
  int layer = 0, firstToken = 0;      // name the noise
  std::span<const int32_t> tokenIds;  // (T), read by Hash
  std::span<const float> bias;        // (E), GroupedTopK: added to the scores for the choice; may be empty
  std::span<const float> softmax;     // (T, E) of the logits where somebody has computed it; may be empty
  std::span<const float> selection;   // (T, E), GroupedTopK: what the choice saw, where it was recorded; may be empty
};

struct PolicyRouting {
  int columns = 0;               // of ids and weights
  std::vector<int32_t> ids;      // (T, columns) best first
  std::vector<float> weights;    // (T, columns)
  std::vector<float> scores;     // (T, E) where they are not the softmax of the raw logits, else empty
  std::vector<float> selection;  // (T, E) what the choice saw, where it is neither logits nor scores, else empty
  std::vector<int32_t> next;     // (T) the best expert that was not chosen, -1: none; empty: not kept
};

// Errors: options that do not fit E experts, a policy that is locked.
Status checkPolicy(const Policy& policy, int E);

// A causal policy may be asked for any consecutive tokens, the others for all of a group at once. Errors:
// checkPolicy's, and those of the method (Sinkhorn without convergence).
Result<PolicyRouting> routeBy(const Policy& policy, const PolicyInput& input);

// The weights that one token's experts `ids` (K) get instead of those it chose. Errors: a policy whose weights belong
// to its own choice (drawn, relaxed, ragged, of all tokens at once).
Status weighChosen(const Policy& policy, const PolicyInput& input, std::span<const int32_t> ids,
                   std::span<float> weights);

}  // namespace core
