// Closed-loop interventions: changes made to the routing of a model while it runs, so that everything downstream feels
// them. Each applies to a range of layers, to the tokens of a range of positions or to those with one id.
//
// In every layer and for every token they take this order, whatever the order they are listed in:
//   temperature  divides the logits
//   ban          the expert's logit becomes -infinity: it is not chosen, and weights are made without it
//   k, policy    how many are chosen, and by whom
//   force        the expert takes the place of the last choice that is not forced, unless it is chosen already; weights
//                are made anew
//                (SparseMixer: each round weighs whoever has its place)
//   swap         whoever chose a gets b and the other way round, with the weight the choice had
//   scale        the expert's weight is multiplied (0 silences it and leaves all others as they are)
//   capacity     choices queue as in core/routing/dispatch.h, all layers, the prompt as one group
// and the shared expert's output is multiplied by its own factor. Recorded logits stay the model's own.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/routing_step.h"
#include "core/routing/policy.h"

namespace core {

enum class InterventionKind : uint8_t { Ban, Force, Swap, Scale, SharedScale, K, Temperature, Policy, Capacity };

struct Intervention {
  InterventionKind kind = InterventionKind::Ban;
  int firstLayer = 0, lastLayer = std::numeric_limits<int>::max();  // both included
  int fromToken = 0, toToken = std::numeric_limits<int>::max();     // positions, both included
  std::optional<int32_t> tokenId;                                   // only tokens with this id
  int expert = 0, other = 0;                                        // Ban, Force, Scale: expert; Swap: both
  double factor = 1;                                                // Scale, SharedScale, Temperature
  int k = 0;                                                        // K
  core::Policy policy;                                              // Policy
  std::optional<CapacityRule> rule;                                 // Capacity; absent: the family's own, else gshard
  std::optional<double> capacityFactor;                             // absent: the family's own, else 1
};

// What all of them together ask of one token in one layer.
struct RoutingChange {
  core::Policy policy;      // who chooses, how many, at which temperature
  bool chosenAnew = false;  // else the model's own choice stands, but for what follows
  bool whole = false;       // another policy, one that looks at all tokens, has chosen
  std::vector<int32_t> banned, forced;
  std::vector<std::pair<int32_t, int32_t>> swapped;
  std::vector<std::pair<int32_t, float>> scaled;  // expert, factor

  bool isNone() const { return !chosenAnew && banned.empty() && forced.empty() && swapped.empty() && scaled.empty(); }
};

// What is recorded of a choice that was not the router's own (core/routing/policy_record.h).
struct ChangedChoice {
  int row = 0;
  float margin = 0;   // NaN: there is none
  float entropy = 0;  // of the scores that were chosen by
};

class Interventions {
 public:
  // Errors: an expert, layer or k the model does not have, factors that no float holds, bans that leave too few experts
  // wherever they meet, what a policy cannot do.
  static Result<std::shared_ptr<const Interventions>> make(std::vector<Intervention> list, const ModelConfig& config);

  const std::vector<Intervention>& list() const { return m_list; }
  int columns() const { return m_columns; }  // of ids and weights while these act
  bool changesCapacity() const { return m_capacity.has_value(); }
  bool isCausal() const { return m_causal; }  // false: prompts only, and as one group
  bool actsOn(int layer, int position, int32_t id) const;
  // Errors: what the changes that meet there cannot do together.
  Result<RoutingChange> changeAt(const RouterConfig& router, int layer, int position, int32_t id) const;
  // The first that only the CPU engine runs: a policy that draws, looks at other tokens or gives them different numbers
  // of experts. Null: none.
  const Intervention* firstForCpuAlone() const;
  // The first token any of them acts on in a run of these ids; ids.size() if none does. With a capacity 0.
  int firstChanged(const std::vector<int32_t>& ids) const;

  // The capacity that a call of T tokens gets, as slotsFor. Slots are counted for the k that acts on all layers and
  // tokens, else for the model's own.
  Result<std::optional<int64_t>> slotsAnExpert(const RouterConfig& router, int T, std::optional<CapacityRule> rule,
                                               std::optional<double> factor) const;
  CapacityRule capacityRule(const RouterConfig& router) const;
  double capacityFactor(const RouterConfig& router) const;

  struct Rows {
    int layer = 0, first = 0;       // position of the first row
    std::span<const int32_t> ids;   // (T) token ids
    std::span<const float> logits;  // (T, E)
    std::span<const float> bias;    // (E) of the choice, or empty
  };
  // `routing` as route() made it, (T, K); afterwards (T, columns()), with slots and batches anew. Scores and selection
  // of tokens that were changed are those of the change.
  Status apply(const RouterConfig& router, const Rows& rows, std::optional<int64_t> slots, Routing& routing) const;

  // The rows whose choice was made anew: by the policy's own choice, before experts are forced or swapped.
  Result<std::vector<ChangedChoice>> choicesOf(const RouterConfig& router, const Rows& rows) const;

  // Factors of the shared expert's output, (T); empty: none is changed.
  std::vector<float> sharedFactors(int layer, int first, std::span<const int32_t> ids) const;

 private:
  Status checkTogether(const ModelConfig& config) const;
  Status applyRow(const RouterConfig& router, const Rows& rows, int row, Routing& routing) const;
  Status applyWhole(const RouterConfig& router, const Rows& rows, const Intervention& policy, Routing& routing) const;
  std::vector<const Intervention*> acting(int layer, int position, int32_t id) const;

  std::vector<Intervention> m_list;
  std::optional<size_t> m_capacity;  // in m_list
  int m_columns = 0;
  int m_wholeK = 0;  // choices a token wherever nothing narrower acts
  bool m_causal = true;
};

// "ban expert 3 in layers 2 to 4 from token 7 on"
std::string interventionText(const Intervention& intervention, int layers);

}  // namespace core
