#include "core/engine/routing_step.h"

#include <type_traits>

#include "core/base/row_loop.h"
#include "core/routing/grouped.h"
#include "core/routing/logit_norm.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/sparse_mixer.h"

namespace core {

Result<std::optional<int64_t>> slotsFor(const RouterConfig& router, int T, std::optional<CapacityRule> rule,
                                        std::optional<double> factor) {
  if (!router.dropsChoices || T <= 1) return std::optional<int64_t>{};
  const CapacityInput input{T, router.experts, router.chosen, factor.value_or(router.capacityFactor),
                            router.minCapacity};
  TRY_ASSIGN(const int64_t slots, capacity(rule.value_or(router.capacityRule), input));
  return std::optional<int64_t>(slots);
}

namespace {

// Some rows of what route() fills: ids and weights, and what they came from.
struct Rows {
  std::span<float> scores, selection;  // empty where there are none
  std::span<int32_t> ids;
  std::span<float> weights;
};

void choose(const RouterConfig& router, std::span<const float> l, std::span<const float> bias, const Rows& out) {
  const int E = router.experts, K = router.chosen;
  if (router.score == ScoreFunction::SparseMixer) {
    return sparseMixer<float>(l, E, static_cast<float>(router.sparseMixerJitter), out.ids, out.weights);
  }
  // Normalised logits have the order of the raw ones, so the choice is made on those.
  std::vector<float> normed(router.logitNorm > 0 ? l.size() : 0);
  if (!normed.empty()) normaliseLogits<float>(l, E, static_cast<float>(router.logitNorm), 1, normed);
  const std::span<const float> used = normed.empty() ? l : std::span<const float>(normed);
  if (router.score == ScoreFunction::Softmax) softmaxRows<float>(used, E, out.scores);
  if (router.score == ScoreFunction::Sigmoid) sigmoidRow<float>(used, out.scores);
  if (!out.selection.empty()) {
    groupedSelection<float>(out.scores, bias, E, {router.groups, router.groupsChosen, router.groupScore},
                            out.selection);
  }
  topK<float>(out.selection.empty() ? l : std::span<const float>(out.selection), E, K, out.ids);
  chosenWeights<float>(router.weights, static_cast<float>(router.scale), used, E, out.ids, K, out.weights);
}

}  // namespace

Routing route(const RouterConfig& router, const float* logits, std::span<const float> selectionBias, int T,
              std::optional<int64_t> slots, ThreadPool* pool) {
  const int E = router.experts, K = router.chosen;
  const auto tokens = static_cast<size_t>(T);
  const std::span<const float> l(logits, tokens * static_cast<size_t>(E));
  Routing out;
  out.ids.resize(tokens * static_cast<size_t>(K));
  out.weights.resize(out.ids.size());
  const bool scored = router.score == ScoreFunction::Softmax || router.score == ScoreFunction::Sigmoid;
  if (scored) out.scores.resize(l.size());
  if (scored && (router.groups > 1 || router.selectionBias)) out.selection.resize(l.size());
  forRows(pool, T, [&](int begin, int end) {
    const auto piece = [&](auto& values, int width) {
      using Span = std::span<std::remove_reference_t<decltype(values[0])>>;
      const auto row = static_cast<size_t>(width), first = static_cast<size_t>(begin) * row;
      return values.empty() ? Span() : Span(values).subspan(first, static_cast<size_t>(end - begin) * row);
    };
    choose(router, piece(l, E), selectionBias,
           {piece(out.scores, E), piece(out.selection, E), piece(out.ids, K), piece(out.weights, K)});
  });

  DispatchOptions<float> options;
  options.capacity = slots;
  const Dispatch decided = dispatch<float>(out.ids, {}, E, K, options);
  out.batches = batchByExpert(out.ids, decided, E);
  // A family with a rule reports slots for every token, also where (one token alone) nothing can be dropped.
  if (router.dropsChoices) {
    out.slot = decided.slot;
    out.kept.assign(decided.kept.begin(), decided.kept.end());
  }
  return out;
}

}  // namespace core
