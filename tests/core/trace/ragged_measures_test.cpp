// The measures where tokens have different numbers of experts, against loops over lists of choices.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "core/routing/coactivation.h"
#include "core/trace/replay.h"
#include "core/trace/routing_measures.h"
#include "tests/support/made_trace.h"

namespace {

using core::Hook;
using core::MeasureKind;
using core::PolicyKind;

constexpr int kLayer = 1;

struct Asked {
  PolicyKind kind;
  bool capacity;
  int group;  // tokens of a sequence, 0: the run is one
};

// Choices as each token has them.
using Lists = std::vector<std::vector<int>>;

double entropyOf(const std::vector<double>& shares) {
  double sum = 0;
  for (const double s : shares) sum -= s > 0 ? s * std::log(s) : 0;
  return sum;
}

class RaggedMeasures : public testing::TestWithParam<Asked> {
 protected:
  void SetUp() override {
    test::MadeTrace made;
    made.router = test::plainRouter(8, 2);
    made.tokens = made.prompt = 50;
    made.seed = 5;
    const core::Trace run = test::makeTrace(made);
    core::ReplayOptions options = core::replayBy(core::defaultPolicy(GetParam().kind, run.config().router));
    if (GetParam().capacity) {
      options.rule = core::CapacityRule::Gshard;
      options.factor = 0.75;
    }
    options.serving.sequence = GetParam().group;
    core::ThreadPool pool(1);
    const auto replayed = core::replay(run, options, pool);
    ASSERT_TRUE(replayed.has_value()) << replayed.error().message;
    m_trace = *replayed;
    m_decided = core::dispatchOf(m_trace, kLayer);
    ASSERT_EQ(m_decided.exists, GetParam().capacity);
    for (int t = 0; t < m_trace.tokens(Hook::RouterIds, kLayer); ++t) {
      m_choices.emplace_back();
      for (const int32_t id : m_trace.ints(Hook::RouterIds, kLayer, t)) {
        if (id >= 0) m_choices.back().push_back(id);
      }
      m_count += static_cast<int>(m_choices.back().size());
    }
    for (const core::RoutingMeasure& one : core::measureRouting(m_trace, kLayer, m_decided)) m_all[one.kind] = one;
  }

  double value(MeasureKind kind) {
    EXPECT_TRUE(m_all.contains(kind)) << static_cast<int>(kind);
    return m_all.contains(kind) ? m_all[kind].value : NAN;
  }
  bool kept(size_t t, size_t k) const {
    return m_decided.kept[t * static_cast<size_t>(m_trace.columns(Hook::RouterIds, kLayer)) + k] != 0;
  }
  std::vector<double> loads() const {
    std::vector<double> load(kE);
    for (const auto& token : m_choices) {
      for (const int e : token) ++load[static_cast<size_t>(e)];
    }
    return load;
  }

  static constexpr int kE = 8;
  core::Trace m_trace;
  core::LayerDispatch m_decided;
  Lists m_choices;
  int m_count = 0;
  std::map<MeasureKind, core::RoutingMeasure> m_all;
};

TEST_P(RaggedMeasures, AreThereUnlessTheyNeedTheSameNumberForEachToken) {
  std::set<size_t> numbers;
  for (const auto& token : m_choices) numbers.insert(token.size());
  ASSERT_GT(numbers.size(), 1U) << "the rows are ragged";
  std::set<MeasureKind> wanted;
  for (int i = 0; i < core::kMeasures; ++i) wanted.insert(static_cast<MeasureKind>(i));
  for (const MeasureKind none :
       {MeasureKind::BalanceSequence, MeasureKind::SmoothLoad, MeasureKind::MarginMedian, MeasureKind::CloseShare}) {
    wanted.erase(none);
  }
  if (!GetParam().capacity) {
    for (int i = 0; i < 5; ++i) wanted.erase(static_cast<MeasureKind>(static_cast<int>(MeasureKind::Dropped) + i));
  }
  std::set<MeasureKind> found;
  for (const auto& [kind, one] : m_all) found.insert(kind);
  EXPECT_EQ(found, wanted);
}

TEST_P(RaggedMeasures, OfLoadsAreThoseOfTheListsOfChoices) {
  const std::vector<double> load = loads();
  const double ideal = static_cast<double>(m_count) / kE;
  double square = 0;
  std::vector<double> shares;
  for (const double n : load) {
    square += (n - ideal) * (n - ideal) / kE;
    shares.push_back(n / m_count);
  }
  const double most = *std::max_element(load.begin(), load.end());
  EXPECT_NEAR(value(MeasureKind::OverIdeal), most / ideal, 1e-12);
  EXPECT_NEAR(value(MeasureKind::MaxViolation), most / ideal - 1, 1e-12);
  EXPECT_NEAR(value(MeasureKind::Variation), std::sqrt(square) / ideal, 1e-12);
  EXPECT_NEAR(value(MeasureKind::LoadEntropy), entropyOf(shares) / std::log(kE), 1e-12);
  EXPECT_EQ(value(MeasureKind::Unused), std::count(load.begin(), load.end(), 0.0));
}

TEST_P(RaggedMeasures, OfDropsCountTheChoicesThatAreThere) {
  int without = 0;
  std::array<int, 4> all{}, lost{};
  for (size_t t = 0; t < m_choices.size(); ++t) {
    const size_t quarter = 4 * t / m_choices.size();
    bool served = false;
    for (size_t k = 0; k < m_choices[t].size(); ++k) {
      const bool here = !GetParam().capacity || kept(t, k);
      served |= here;
      ++all[quarter];
      lost[quarter] += !here;
    }
    without += !served;
  }
  EXPECT_NEAR(value(MeasureKind::LeftBehind), without / static_cast<double>(m_choices.size()), 1e-12);
  if (!GetParam().capacity) {
    EXPECT_TRUE(std::isnan(m_all[MeasureKind::LeftBehind].even));
    return;
  }
  const int dropped = std::accumulate(lost.begin(), lost.end(), 0);
  ASSERT_GT(dropped, 0);
  EXPECT_NEAR(value(MeasureKind::Dropped), dropped / static_cast<double>(m_count), 1e-12);
  for (size_t q = 0; q < 4; ++q) {
    const auto kind = static_cast<MeasureKind>(static_cast<size_t>(MeasureKind::DroppedQuarter1) + q);
    EXPECT_NEAR(value(kind), lost[q] / static_cast<double>(all[q]), 1e-12) << q;
  }
}

TEST_P(RaggedMeasures, OfPairsAndOrderAreThoseOfTheListsOfChoices) {
  int same = 0, both = 0;
  for (size_t t = 1; t < m_choices.size(); ++t) {
    if (m_choices[t].empty() || m_choices[t - 1].empty()) continue;
    ++both;
    same += m_choices[t][0] == m_choices[t - 1][0];
  }
  EXPECT_NEAR(value(MeasureKind::Repetition), same / static_cast<double>(both), 1e-12);
  const std::vector<double> load = loads();
  double highest = 0;
  for (int i = 0; i < kE; ++i) {
    if (load[static_cast<size_t>(i)] < 0.5 * m_count / kE) continue;
    for (int j = 0; j < kE; ++j) {
      int together = 0;
      for (const auto& token : m_choices) {
        together += i != j && std::find(token.begin(), token.end(), i) != token.end() &&
                    std::find(token.begin(), token.end(), j) != token.end();
      }
      highest = std::max(highest, together / load[static_cast<size_t>(i)]);
    }
  }
  EXPECT_NEAR(value(MeasureKind::Coactivation), highest, 1e-12);
}

TEST_P(RaggedMeasures, OfBalanceTakeSharesOfTheChoicesThatAreThere) {
  const auto T = static_cast<double>(m_choices.size());
  std::vector<double> mean(kE), first(kE), importance(kE);
  double firsts = 0;
  for (size_t t = 0; t < m_choices.size(); ++t) {
    const auto scores = m_trace.floats(Hook::RouterScores, kLayer, static_cast<int>(t));
    const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
    for (size_t e = 0; e < kE; ++e) mean[e] += static_cast<double>(scores[e]) / sum / T;
    if (m_choices[t].empty()) continue;
    ++firsts;
    ++first[static_cast<size_t>(m_choices[t][0])];
  }
  const std::vector<double> load = loads();
  double byFirst = 0, perToken = 0, square = 0;
  for (size_t e = 0; e < kE; ++e) {
    byFirst += kE * first[e] / firsts * mean[e];
    perToken += kE * load[e] / T * mean[e];
    square += (mean[e] - 1.0 / kE) * (mean[e] - 1.0 / kE) / kE;
  }
  EXPECT_NEAR(value(MeasureKind::BalanceSwitch), byFirst, 1e-6);
  EXPECT_NEAR(value(MeasureKind::BalancePerToken), perToken, 1e-6);
  EXPECT_NEAR(value(MeasureKind::BalancePerChoice), perToken * T / m_count, 1e-6);
  EXPECT_NEAR(m_all[MeasureKind::BalancePerToken].even, m_count / T, 1e-12) << "the mean number of choices";
  EXPECT_EQ(m_all[MeasureKind::BalancePerChoice].even, 1);
  EXPECT_NEAR(value(MeasureKind::Importance), square * kE * kE, 1e-6);
}

TEST_P(RaggedMeasures, OfHalvesAndIdsAreThoseOfCountedChoices) {
  std::vector<double> halves[2] = {std::vector<double>(kE), std::vector<double>(kE)};
  std::map<int, std::vector<double>> table;
  for (size_t t = 0; t < m_choices.size(); ++t) {
    std::vector<double>& row = table.try_emplace(m_trace.ids()[t], std::vector<double>(kE)).first->second;
    for (const int e : m_choices[t]) {
      ++halves[2 * t < m_choices.size() ? 0 : 1][static_cast<size_t>(e)];
      ++row[static_cast<size_t>(e)];
    }
  }
  std::vector<double> middle(kE);
  for (auto& half : halves) {
    const double sum = std::accumulate(half.begin(), half.end(), 0.0);
    for (size_t e = 0; e < kE; ++e) middle[e] += (half[e] /= sum) / 2;
  }
  const double jsd = entropyOf(middle) - (entropyOf(halves[0]) + entropyOf(halves[1])) / 2;
  EXPECT_NEAR(value(MeasureKind::HalvesDistance), std::sqrt(jsd / std::log(2.0)), 1e-9);
  std::vector<double> cells, rows, columns(kE);
  for (const auto& [id, row] : table) {
    rows.push_back(0);
    for (size_t e = 0; e < kE; ++e) {
      cells.push_back(row[e] / m_count);
      rows.back() += cells.back();
      columns[e] += cells.back();
    }
  }
  const double information = entropyOf(rows) + entropyOf(columns) - entropyOf(cells);
  EXPECT_NEAR(value(MeasureKind::IdInformation), information / std::min(std::log(kE), entropyOf(rows)), 1e-9);
}

// Another generator draws as many experts for each token as it has.
TEST_P(RaggedMeasures, ByChanceKeepEachTokensNumberOfChoices) {
  std::mt19937 random(3);
  double violation = 0, together = 0, left = 0;
  constexpr int kDraws = 4000;
  std::vector<int> experts(kE);
  std::iota(experts.begin(), experts.end(), 0);
  for (int n = 0; n < kDraws; ++n) {
    std::vector<double> load(kE);
    std::vector<double> pairs(kE * kE);
    for (const auto& token : m_choices) {
      std::shuffle(experts.begin(), experts.end(), random);
      for (size_t k = 0; k < token.size(); ++k) {
        ++load[static_cast<size_t>(experts[k])];
        for (size_t j = 0; j < token.size(); ++j) pairs[static_cast<size_t>(experts[k] * kE + experts[j])] += j != k;
      }
    }
    violation += (*std::max_element(load.begin(), load.end()) * kE / m_count - 1) / kDraws;
    double highest = 0;
    for (size_t i = 0; i < kE; ++i) {
      if (load[i] < 0.5 * m_count / kE) continue;
      for (size_t j = 0; j < kE; ++j) highest = std::max(highest, pairs[i * kE + j] / load[i]);
    }
    together += highest / kDraws;
  }
  for (const auto& token : m_choices) left += token.empty() ? 1.0 / static_cast<double>(m_choices.size()) : 0;
  EXPECT_NEAR(m_all[MeasureKind::MaxViolation].even, violation, 0.2 * violation);
  EXPECT_NEAR(m_all[MeasureKind::Coactivation].even, together, 0.1 * together);
  EXPECT_EQ(m_all[MeasureKind::Repetition].even, 1.0 / kE);
  if (!GetParam().capacity) return;
  EXPECT_GE(m_all[MeasureKind::LeftBehind].even, left) << "who has no choice is left behind in every draw";
  const double quarter = m_all[MeasureKind::DroppedQuarter1].even;
  EXPECT_LE(quarter, m_all[MeasureKind::DroppedQuarter4].even) << "who comes late finds less room";
}

std::string nameOf(const testing::TestParamInfo<Asked>& one) {
  std::string name(core::policyInfo(one.param.kind).name);
  std::erase(name, '-');
  return name + (one.param.capacity ? "Capacity" : "") + (one.param.group > 0 ? "Groups" : "");
}

INSTANTIATE_TEST_SUITE_P(Policies, RaggedMeasures,
                         testing::Values(Asked{PolicyKind::ExpertChoice, false, 0},
                                         Asked{PolicyKind::ExpertChoice, true, 0},
                                         Asked{PolicyKind::ExpertChoice, false, 16},
                                         Asked{PolicyKind::GlobalChoice, true, 0}, Asked{PolicyKind::TopP, false, 0},
                                         Asked{PolicyKind::TopP, true, 0}, Asked{PolicyKind::TopP, true, 16}),
                         nameOf);

TEST(RaggedChoices, CoactivationByChanceIsTheMeanOverEveryChoiceOfAsMany) {
  // Tokens with 3, 1, 0 and 2 of four experts: 8 pairs (both ways) over 6 choices and 3 others.
  const std::vector<int32_t> ids{0, 1, 2, 3, -1, -1, -1, -1, -1, 2, 0, -1};
  EXPECT_NEAR(core::coactivationByChance(ids, 4, 3), 8.0 / (3 * 6), 1e-15);
  EXPECT_NEAR(core::coactivationByChance(std::vector<int32_t>{0, 1, 1, 2}, 4, 2), 1.0 / 3, 1e-15)
      << "(K - 1) / (E - 1)";
  EXPECT_TRUE(std::isnan(core::coactivationByChance(std::vector<int32_t>{-1, -1}, 4, 2)));
  const core::Coactivation pairs = core::coactivation(ids, 4, 3, core::PairScope::All);
  EXPECT_EQ(pairs.count, (std::vector<int64_t>{2, 1, 2, 1}));
  EXPECT_EQ(pairs.pairs[0 * 4 + 2], 2);
  EXPECT_EQ(pairs.pairs[0 * 4 + 3], 0);
}

TEST(RaggedChoices, OfATraceWithoutAnyChoiceHaveOnlyWhatTheLogitsSay) {
  test::MadeTrace made;
  made.router = test::plainRouter(4, 1);
  made.tokens = made.prompt = 6;
  const core::Trace run = test::makeTrace(made);
  core::Block block{core::Stream::Layer, 0, 0, 6, {}};
  block.arrays.push_back({Hook::RouterIds, 1, {}, std::vector<int32_t>(6, -1)});
  const std::array seen{Hook::RouterLogits, Hook::RouterScores};
  const core::Trace none = run.replayed(run.sharedInfo(), seen).with(block);
  std::set<MeasureKind> found;
  for (const core::RoutingMeasure& one : core::measureRouting(none, 0, core::dispatchOf(none, 0))) {
    found.insert(one.kind);
    if (one.kind == MeasureKind::Unused) {
      EXPECT_EQ(one.value, 4);
    }
    if (one.kind == MeasureKind::LeftBehind) {
      EXPECT_EQ(one.value, 1);
    }
  }
  EXPECT_EQ(found,
            (std::set<MeasureKind>{MeasureKind::BalancePerToken, MeasureKind::Importance, MeasureKind::ZLoss,
                                   MeasureKind::RouterEntropy, MeasureKind::MarginalEntropy,
                                   MeasureKind::TokenInformation, MeasureKind::Unused, MeasureKind::LeftBehind}));
}

}  // namespace
