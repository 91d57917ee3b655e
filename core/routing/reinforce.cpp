#include "core/routing/reinforce.h"

#include <limits>

#include "core/base/check.h"
#include "core/routing/load.h"
#include "core/routing/score.h"

namespace core {
namespace {

template <class S>
constexpr S kRemoved = -std::numeric_limits<S>::infinity();

// Calls draw(row, action) for every draw of a token, `row` being its logits without the experts drawn before.
template <class S, class Draw>
void forEachDraw(std::span<const S> logits, std::span<const int32_t> actions, Draw&& draw) {
  std::vector<S> row(logits.begin(), logits.end());
  for (int32_t action : actions) {
    draw(std::span<const S>(row), static_cast<size_t>(action));
    row[static_cast<size_t>(action)] = kRemoved<S>;
  }
}

template <class S>
size_t checkedTokens(std::span<const S> logits, int E, std::span<const int32_t> actions, int K) {
  const size_t T = logits.size() / static_cast<size_t>(E);
  CHECK(E > 0 && K > 0 && K <= E && logits.size() == T * static_cast<size_t>(E) &&
            actions.size() == T * static_cast<size_t>(K),
        "logits {}, actions {}, E {}, K {}", logits.size(), actions.size(), E, K);
  for (int32_t action : actions) CHECK(action >= 0 && action < E, "expert {} of {}", action, E);
  return T;
}

}  // namespace

template <class S>
std::vector<S> rewardBaseline(Baseline form, std::span<const S> rewards, S given) {
  CarefulSum<S> sum;
  for (S reward : rewards) sum.add(reward);
  const S tokens = static_cast<S>(rewards.size());
  std::vector<S> out;
  for (S reward : rewards) {
    switch (form) {
      case Baseline::None:
        out.push_back(0);
        break;
      case Baseline::Mean:
        out.push_back(sum.value() / tokens);
        break;
      case Baseline::LeaveOneOut:
        out.push_back(rewards.size() == 1 ? S{0} : (sum.value() - reward) / (tokens - 1));
        break;
      case Baseline::Given:
        out.push_back(given);
        break;
    }
  }
  return out;
}

template <class S>
std::vector<S> drawLogProbs(std::span<const S> logits, int E, std::span<const int32_t> actions, int K) {
  const size_t T = checkedTokens(logits, E, actions, K), experts = static_cast<size_t>(E),
               chosen = static_cast<size_t>(K);
  std::vector<S> out(T);
  for (size_t t = 0; t < T; ++t) {
    forEachDraw<S>(logits.subspan(t * experts, experts), actions.subspan(t * chosen, chosen),
                   [&](std::span<const S> row, size_t action) { out[t] += row[action] - logSumExp<S>(row); });
  }
  return out;
}

template <class S>
S reinforceLoss(std::span<const S> logits, int E, std::span<const int32_t> actions, int K, std::span<const S> rewards,
                std::span<const S> baseline, S entropyWeight) {
  const std::vector<S> logProbs = drawLogProbs<S>(logits, E, actions, K);
  CHECK(rewards.size() == logProbs.size() && baseline.size() == logProbs.size(), "rewards {}, baseline {}, tokens {}",
        rewards.size(), baseline.size(), logProbs.size());
  CarefulSum<S> sum;
  for (size_t t = 0; t < rewards.size(); ++t) sum.add((rewards[t] - baseline[t]) * logProbs[t]);
  return -sum.value() / static_cast<S>(rewards.size()) - entropyWeight * routingEntropy<S>(logits, E);
}

template <class S>
void reinforceLossBackward(std::span<const S> logits, int E, std::span<const int32_t> actions, int K,
                           std::span<const S> rewards, std::span<const S> baseline, S entropyWeight, S gradLoss,
                           std::span<S> gradLogits) {
  const size_t T = checkedTokens(logits, E, actions, K), experts = static_cast<size_t>(E),
               chosen = static_cast<size_t>(K);
  CHECK(rewards.size() == T && baseline.size() == T && gradLogits.size() == logits.size(),
        "rewards {}, baseline {}, gradient {}", rewards.size(), baseline.size(), gradLogits.size());
  std::vector<S> probs(experts);
  const S perToken = gradLoss / static_cast<S>(T);
  for (size_t t = 0; t < T; ++t) {
    const auto row = logits.subspan(t * experts, experts);
    const auto out = gradLogits.subspan(t * experts, experts);
    const S push = -perToken * (rewards[t] - baseline[t]);
    // d log pi / dl = sum over draws of onehot(a_j) - softmax of what was left
    forEachDraw<S>(row, actions.subspan(t * chosen, chosen), [&](std::span<const S> left, size_t action) {
      softmaxRow<S>(left, probs);
      for (size_t e = 0; e < experts; ++e) out[e] += push * ((e == action ? S{1} : S{0}) - probs[e]);
    });
    softmaxRow<S>(row, probs);
    entropyBackwardRow<S>(probs, -perToken * entropyWeight, out);
  }
}

#define INSTANTIATE(S)                                                                                               \
  template std::vector<S> rewardBaseline<S>(Baseline, std::span<const S>, S);                                        \
  template std::vector<S> drawLogProbs<S>(std::span<const S>, int, std::span<const int32_t>, int);                   \
  template S reinforceLoss<S>(std::span<const S>, int, std::span<const int32_t>, int, std::span<const S>,            \
                              std::span<const S>, S);                                                                \
  template void reinforceLossBackward<S>(std::span<const S>, int, std::span<const int32_t>, int, std::span<const S>, \
                                         std::span<const S>, S, S, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
