#include "core/routing/policy.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/uniform.h"
#include "core/routing/balanced_assignment.h"
#include "core/routing/capacity.h"
#include "core/routing/global_choice.h"
#include "core/routing/gumbel.h"
#include "core/routing/logit_norm.h"
#include "core/routing/relu_router.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/sinkhorn.h"
#include "core/routing/soft_top_k.h"
#include "core/routing/sparse_mixer.h"
#include "core/routing/top_p.h"

namespace core {
namespace {

class Router {
 public:
  Router(const Policy& policy, const PolicyInput& input)
      : m_policy(policy),
        m_input(input),
        E(input.E),
        T(static_cast<int>(input.logits.size() / static_cast<size_t>(input.E))) {
    CHECK(input.logits.size() == static_cast<size_t>(T) * static_cast<size_t>(E), "logits {}, E {}",
          input.logits.size(), E);
    if (policy.temperature == 1) {
      l = input.logits;
      return;
    }
    m_cooled.assign(input.logits.begin(), input.logits.end());
    for (float& logit : m_cooled) logit /= static_cast<float>(policy.temperature);
    l = m_cooled;
  }

  Result<PolicyRouting> run() {
    switch (m_policy.kind) {
      case PolicyKind::TokenChoice:
        tokenChoice();
        break;
      case PolicyKind::GroupedTopK:
        grouped();
        break;
      case PolicyKind::SigmoidTopK:
        keepNext();
        chooseBy(l), weigh(WeightForm::Sigmoid, m_policy.scale, l);
        keepSoftmax();
        break;
      case PolicyKind::SparseMixer:
        fixed(2);
        sparseMixer<float>(l, E, static_cast<float>(m_policy.jitter), out.ids, out.weights);
        keepSoftmax();
        break;
      case PolicyKind::NormedLogits:
        skywork();
        break;
      case PolicyKind::ExpertChoice:
        TRY_STATUS(byExperts());
        break;
      case PolicyKind::GlobalChoice:
        byEntries();
        break;
      case PolicyKind::Gumbel:
        gumbel();
        break;
      case PolicyKind::NoisyTopK:
        noisy();
        break;
      case PolicyKind::Sinkhorn:
        TRY_STATUS(byPlan());
        break;
      case PolicyKind::BalancedAssignment:
        TRY_STATUS(balanced());
        break;
      case PolicyKind::TopP:
        byMass();
        break;
      case PolicyKind::Relu:
        positive();
        break;
      case PolicyKind::DifferentiableTopK:
        relaxed();
        break;
      case PolicyKind::Hash:
        hashed();
        break;
      case PolicyKind::StraightThrough:
        hard();
        break;
      case PolicyKind::Reinforce:
        drawn();
        break;
      default:
        return fail("{} cannot be computed from logits: {}", policyInfo(m_policy.kind).name,
                    policyInfo(m_policy.kind).locked);
    }
    return std::move(out);
  }

  Status weighAgain(std::span<const int32_t> ids, std::span<float> weights) {
    out.columns = static_cast<int>(ids.size());
    out.ids.assign(ids.begin(), ids.end());
    out.weights.resize(ids.size());
    switch (m_policy.kind) {
      case PolicyKind::TokenChoice:
        weigh(m_policy.weights, m_policy.scale, l);
        break;
      case PolicyKind::SigmoidTopK:
        weigh(WeightForm::Sigmoid, m_policy.scale, l);
        break;
      case PolicyKind::NormedLogits:
        weigh(m_policy.weights, m_policy.scale, normed());
        break;
      case PolicyKind::GroupedTopK:
        scoreGroups(), weighScores();
        break;
      case PolicyKind::SparseMixer:
        sparseMixerWeights<float>(l, static_cast<float>(m_policy.jitter), out.ids, out.weights);
        break;
      default:
        return fail("an expert cannot be forced on {}: its weights belong to its own choice",
                    policyInfo(m_policy.kind).name);
    }
    std::copy(out.weights.begin(), out.weights.end(), weights.begin());
    return {};
  }

 private:
  void fixed(int columns) {
    out.columns = columns;
    out.ids.resize(static_cast<size_t>(T) * static_cast<size_t>(columns));
    out.weights.resize(out.ids.size());
  }
  void chooseBy(std::span<const float> values) {
    fixed(m_policy.K);
    topK<float>(values, E, m_policy.K, out.ids, {}, out.next);
  }
  void weigh(WeightForm form, double scale, std::span<const float> logits) {
    chosenWeights<float>(form, static_cast<float>(scale), logits, E, out.ids, out.columns, out.weights);
  }
  std::span<const float> softmax() {
    if (m_policy.temperature == 1 && !m_input.softmax.empty()) return m_input.softmax;
    if (m_softmax.empty()) {
      m_softmax.resize(l.size());
      softmaxRows<float>(l, E, m_softmax);
    }
    return m_softmax;
  }
  void keepSoftmax() {
    if (m_policy.temperature == 1) return;  // else they are not what was recorded
    softmax();
    out.scores = std::move(m_softmax);
  }

  void keepNext() { out.next.resize(static_cast<size_t>(T)); }

  void tokenChoice() {
    keepNext();
    chooseBy(l);
    if (m_policy.weights == WeightForm::Raw) {
      gatherChosen<float>(softmax(), E, out.ids, m_policy.K, out.weights);
      for (float& weight : out.weights) weight *= static_cast<float>(m_policy.scale);
    } else {
      weigh(m_policy.weights, m_policy.scale, l);
    }
    keepSoftmax();
  }

  void scoreGroups() {
    out.scores.resize(l.size());
    if (m_policy.sigmoid) {
      sigmoidRow<float>(l, out.scores);
    } else {
      const auto p = softmax();
      std::copy(p.begin(), p.end(), out.scores.begin());
    }
  }
  void weighScores() {
    if (m_policy.sigmoid)
      return weigh(m_policy.renorm ? WeightForm::SigmoidRenorm : WeightForm::Sigmoid, m_policy.scale, l);
    if (m_policy.renorm) return weigh(WeightForm::Renorm, m_policy.scale, l);
    scoreWeights<float>(out.scores, E, out.ids, out.columns, false, static_cast<float>(m_policy.scale), out.weights);
  }
  void grouped() {
    scoreGroups();
    out.selection.resize(l.size());
    if (m_input.selection.empty()) {
      groupedSelection<float>(out.scores, m_input.bias, E, m_policy.groups, out.selection);
    } else {
      out.selection.assign(m_input.selection.begin(), m_input.selection.end());
    }
    chooseBy(out.selection);
    weighScores();
  }

  std::span<const float> normed() {
    m_normed.resize(l.size());
    normaliseLogits<float>(l, E, static_cast<float>(m_policy.lambda), m_policy.ddof, m_normed);
    return m_normed;
  }

  void skywork() {
    chooseBy(l);  // normalised logits have the order of the raw ones
    out.scores.resize(l.size());
    softmaxRows<float>(normed(), E, out.scores);
    weigh(m_policy.weights, m_policy.scale, m_normed);
  }

  // Pairs of a token and an expert, as rows: the token's best first, equal weights to the lower expert.
  struct Taken {
    int32_t token, expert;
    float weight;
  };
  void fromPairs(std::vector<Taken> pairs) {
    std::stable_sort(pairs.begin(), pairs.end(), [](const Taken& a, const Taken& b) {
      if (a.token != b.token) return a.token < b.token;
      return a.weight > b.weight || (a.weight == b.weight && a.expert < b.expert);
    });
    std::vector<int> count(static_cast<size_t>(T));
    for (const Taken& pair : pairs) ++count[static_cast<size_t>(pair.token)];
    fixed(std::max(1, T == 0 ? 1 : *std::max_element(count.begin(), count.end())));
    std::fill(out.ids.begin(), out.ids.end(), -1);
    const size_t columns = static_cast<size_t>(out.columns);
    std::vector<size_t> next(static_cast<size_t>(T));
    for (const Taken& pair : pairs) {
      const size_t token = static_cast<size_t>(pair.token), at = token * columns + next[token]++;
      out.ids[at] = pair.expert;
      out.weights[at] = pair.weight;
    }
  }

  Status byExperts() {
    int C = expertChoiceCapacity(T, E, m_policy.K, m_policy.rounding);
    if (m_policy.factor) {
      TRY_ASSIGN(const int64_t slots, capacity(CapacityRule::ExpertChoice, {T, E, m_policy.K, *m_policy.factor, 0}));
      C = static_cast<int>(std::clamp<int64_t>(slots, 1, T));
    }
    const ExpertChoice<float> choice = expertChoice<float>(softmax(), E, C);
    std::vector<Taken> pairs;
    for (size_t i = 0; i < choice.tokens.size(); ++i) {
      pairs.push_back({choice.tokens[i], static_cast<int32_t>(i / static_cast<size_t>(C)), choice.weights[i]});
    }
    fromPairs(std::move(pairs));
    keepSoftmax();
    return {};
  }

  void byEntries() {
    const auto p = softmax();
    const size_t count = static_cast<size_t>(T) * static_cast<size_t>(m_policy.K);
    const GlobalChoice choice = globalChoice<float>(p, E, count);
    std::vector<float> weights(p.size());
    globalWeights<float>(choice, p, E, m_policy.renorm, weights);
    std::vector<Taken> pairs;
    for (const TokenExpert& pair : choice.pairs) {
      const size_t at = static_cast<size_t>(pair.token) * static_cast<size_t>(E) + static_cast<size_t>(pair.expert);
      pairs.push_back({pair.token, pair.expert, weights[at]});
    }
    fromPairs(std::move(pairs));
    keepSoftmax();
  }

  template <class Draw>
  void addNoise(Draw draw) {
    out.selection.assign(l.begin(), l.end());
    for (int t = 0; t < T; ++t) {
      const uint64_t stream = tokenStream(m_input.layer, m_input.firstToken + t);
      for (int e = 0; e < E; ++e) {
        const size_t at = static_cast<size_t>(t) * static_cast<size_t>(E) + static_cast<size_t>(e);
        out.selection[at] += static_cast<float>(draw(stream, static_cast<uint64_t>(e)));
      }
    }
    chooseBy(out.selection);
  }
  void draw() {
    addNoise(
        [&](uint64_t stream, uint64_t e) { return -std::log(-std::log(openUniformAt(m_policy.seed, stream, e))); });
  }
  void gumbel() {
    draw();
    weigh(WeightForm::SoftmaxTopK, 1, l);
    keepSoftmax();
  }
  // Drawn one after the other without replacement: the order in which noise puts them (reinforce.h).
  void drawn() {
    draw();
    gatherChosen<float>(softmax(), E, out.ids, m_policy.K, out.weights);
    keepSoftmax();
  }
  // straight_through.h with value 1 / k, the choice in rank order instead of a row of E.
  void hard() {
    keepNext();
    chooseBy(l);
    std::fill(out.weights.begin(), out.weights.end(), 1.0F / static_cast<float>(m_policy.K));
    keepSoftmax();
  }
  void noisy() {
    const double deviation = m_policy.noise > 0 ? m_policy.noise : 1.0 / E;
    addNoise([&](uint64_t stream, uint64_t e) { return deviation * normalAt(m_policy.seed, stream, e); });
    weigh(WeightForm::SoftmaxTopK, 1, out.selection);
    keepSoftmax();
  }

  Status byPlan() {
    const std::vector<double> logits(l.begin(), l.end());  // exp of a logit past 88 is beyond a float
    TRY_ASSIGN(const SinkhornPlan<double> plan, sinkhorn<double>(logits, E));
    fixed(m_policy.K);
    topK<double>(plan.plan, E, m_policy.K, out.ids);
    out.selection.assign(plan.plan.begin(), plan.plan.end());
    if (m_policy.K == 1) {
      weigh(WeightForm::Sigmoid, 1, l);
    } else {
      gatherChosen<float>(softmax(), E, out.ids, m_policy.K, out.weights);
    }
    keepSoftmax();
    return {};
  }

  // Where E does not divide T, tokens that like every expert equally fill the last places.
  Status balanced() {
    fixed(1);
    const size_t width = static_cast<size_t>(E);
    std::vector<float> filled(l.begin(), l.end());
    filled.resize((static_cast<size_t>(T) + width - 1) / width * width * width, 0.0F);
    TRY_ASSIGN(const BalancedAssignment assigned, balancedAssignment<float>(filled, E));
    std::copy_n(assigned.expert.begin(), out.ids.size(), out.ids.begin());
    weigh(WeightForm::Sigmoid, 1, l);
    keepSoftmax();
    return {};
  }

  void byMass() {
    const TopP<float> taken = topP<float>(l, E, static_cast<float>(m_policy.threshold));
    std::vector<Taken> pairs;
    for (int32_t t = 0; t < T; ++t) {
      const auto row = static_cast<size_t>(t);
      for (auto i = static_cast<size_t>(taken.begin[row]); i < static_cast<size_t>(taken.begin[row + 1]); ++i) {
        pairs.push_back({t, taken.ids[i], taken.weights[i]});
      }
    }
    fromPairs(std::move(pairs));
    keepSoftmax();
  }

  void positive() {
    ReluRouting<float> routing = reluRouting<float>(l, E, m_policy.K);
    std::vector<Taken> pairs;
    for (size_t i = 0; i < routing.gates.size(); ++i) {
      if (!routing.active[i]) continue;
      pairs.push_back({static_cast<int32_t>(i / static_cast<size_t>(E)),
                       static_cast<int32_t>(i % static_cast<size_t>(E)), routing.gates[i]});
    }
    fromPairs(std::move(pairs));
    out.scores = std::move(routing.gates);
  }

  void relaxed() {
    out.scores.resize(l.size());
    SoftTopKOptions<float> options;
    options.wanted = wantedEntries<float>(m_policy.K, kSoftTopKRatio, E);
    const size_t width = static_cast<size_t>(E);
    for (size_t at = 0; at < l.size(); at += width) {
      softTopKRow<float>(l.subspan(at, width), options, std::span(out.scores).subspan(at, width));
    }
    chooseBy(l);
    std::fill(out.weights.begin(), out.weights.end(), 1.0F);
  }

  void hashed() {
    fixed(m_policy.K);
    CHECK(m_input.tokenIds.size() == static_cast<size_t>(T), "token ids {}, tokens {}", m_input.tokenIds.size(), T);
    const std::vector<uint64_t> ids(m_input.tokenIds.begin(), m_input.tokenIds.end());
    hashRoute(ids, m_policy.hash, m_policy.seed, E, m_policy.K, out.ids);
    std::fill(out.weights.begin(), out.weights.end(), 1.0F / static_cast<float>(m_policy.K));
    keepSoftmax();
  }

  const Policy& m_policy;
  const PolicyInput& m_input;
  int E, T;
  std::vector<float> m_cooled, m_softmax, m_normed;
  std::span<const float> l;  // (T, E), at the policy's temperature
  PolicyRouting out;
};

}  // namespace

Result<PolicyRouting> routeBy(const Policy& policy, const PolicyInput& input) {
  TRY_STATUS(checkPolicy(policy, input.E));
  return Router(policy, input).run();
}

Status weighChosen(const Policy& policy, const PolicyInput& input, std::span<const int32_t> ids,
                   std::span<float> weights) {
  return Router(policy, input).weighAgain(ids, weights);
}

}  // namespace core
