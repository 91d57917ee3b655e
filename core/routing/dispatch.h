// Who gets a slot. Every expert has C slots. The choices of all tokens ask one after the other, in the serving order;
// the n-th choice to ask expert e gets position n - 1 in its queue, and is kept if that position is below C. The
// counters run on past C, so that a dropped choice's slot says how late it came. Choices of one token are dropped
// independently.
//
// Four tokens, E = 3, K = 2, C = 2, first and second choices:   t0 1,0   t1 0,1   t2 0,2   t3 0,2
//   RankMajor     t0->1  t1->0  t2->0  t3->0  t0->0  t1->1  t2->2  t3->2    drops t3's first choice and t0's second
//   TokenMajor    t0->1  t0->0  t1->0  t1->1  t2->0  t2->2  t3->0  t3->2    drops the first choices of t2 and t3
// RankMajor serves every first choice before any second one (GShard, Switch, OpenMoE, Tutel); TokenMajor goes token by
// token (DeepSpeed 'position'); BatchPriority is RankMajor over the tokens by descending first probability (V-MoE);
// ByScore serves the highest probability first (DeepSpeed and Megatron 'probs'); Permuted is RankMajor over a given
// order of the tokens. Equal probabilities: the lower token, then the lower rank. Later tokens decide about earlier
// ones in BatchPriority and ByScore, so a decoder cannot use them token by token.
//
// Here choices are dropped for golden cases, losses and the GPU tests; serving.h has the same queues for runs and replays
// of any size, in groups, and is tested against this.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace core {

enum class ServingOrder { RankMajor, TokenMajor, BatchPriority, ByScore, Permuted };

std::string_view servingOrderName(ServingOrder order);  // rank_major, token_major, batch_priority, by_score, permuted
std::optional<ServingOrder> servingOrderFromName(std::string_view name);

struct Choice {
  int32_t token = 0;
  int32_t rank = 0;  // 0: the first choice
  friend bool operator==(const Choice&, const Choice&) = default;
};

template <class S>
struct DispatchOptions {
  ServingOrder order = ServingOrder::RankMajor;
  std::optional<int64_t> capacity;           // C, slots per expert; none: dropless
  std::span<const int32_t> tokenOrder = {};  // (T) read by Permuted: a permutation of 0..T-1, served first to last
  // GShard's random second expert: rank 1 asks for a slot only if u_t < g2 / threshold, g2 its share of the chosen
  // probability.
  std::optional<S> secondThreshold = {};
  std::span<const S> u = {};  // (T) in [0, 1), read with secondThreshold
};

struct Dispatch {
  std::vector<Choice> order;    // as they were served; choices that never asked are absent
  std::vector<int32_t> slot;    // (T, K) position in the expert's queue, counting on past C; -1: never asked
  std::vector<uint8_t> kept;    // (T, K) 1 if 0 <= slot < C
  std::vector<int32_t> asked;   // (E) choices that asked
  std::vector<int32_t> served;  // (E) choices that were kept

  // Shares over all T * K choices and all T tokens; a choice that never asked counts as dropped. NaN where there is
  // none.
  double droppedChoices() const;
  double droppedAny(int K) const;  // tokens with a choice dropped
  double droppedAll(int K) const;  // tokens with every choice dropped
};

// `ids` in [0, E), different within a token, best first. `probs` are the chosen probabilities in the same places; read
// by BatchPriority, ByScore and secondThreshold, may be empty otherwise.
template <class S>
Dispatch dispatch(std::span<const int32_t> ids /* (T, K) */, std::span<const S> probs /* (T, K) */, int E, int K,
                  const DispatchOptions<S>& options);

// Rank-major places in the queues where some tokens chose fewer experts than others: ids (T, K), -1 behind a token's last
// one. A missing choice has slot -1 and is not kept.
void queueChoices(const std::vector<int32_t>& ids, int E, int K, int64_t slots, std::vector<int32_t>& slot,
                  std::vector<int32_t>& kept);

// The kept choices of each expert in slot order: rows[begin[e] .. begin[e+1]) are the places t * K + j expert e
// computes.
struct ExpertBatches {
  std::vector<int32_t> begin;  // (E + 1)
  std::vector<int32_t> rows;   // (kept choices)
};
ExpertBatches batchByExpert(std::span<const int32_t> ids /* (T, K) */, const Dispatch& dispatch, int E);

// What happens to the weights of a token that lost choices.
enum class DropWeights {
  Before,  // renormalise over the chosen, then zero the dropped (GShard): what is left sums to less than 1
  After,   // zero the dropped, then renormalise over the kept (DeepSpeed); all dropped: 0
  Raw,     // p, zeroed where dropped (OpenMoE)
};
std::string_view dropWeightsName(DropWeights form);  // before, after, raw
std::optional<DropWeights> dropWeightsFromName(std::string_view name);

template <class S>
void weightsAfterDrop(DropWeights form, std::span<const S> probs /* (T, K) */,
                      std::span<const uint8_t> kept /* (T, K) */, int K, std::span<S> weights /* (T, K) */);

// gradProbs += the gradient of sum(gradWeights * weights), kept held fixed.
template <class S>
void weightsAfterDropBackward(DropWeights form, std::span<const S> probs /* (T, K) */,
                              std::span<const uint8_t> kept /* (T, K) */, int K,
                              std::span<const S> gradWeights /* (T, K) */, std::span<S> gradProbs /* (T, K) */);

}  // namespace core
