#include "ui/views/stage_rail_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"
#include "ui/views/dispatch_view.h"
#include "ui/views/ledger_view.h"
#include "ui/views/router_view.h"

namespace ui {
namespace {

using core::Hook;

double d(float value) { return static_cast<double>(value); }

// What the sentences draw from.
struct Facts {
  const ViewSource& source;
  const Cursor& cursor;
  const Phrases& say;
  RouterView router;
  LedgerView ledger;
  bool hasLedger = false;
  double entropy = std::nan("");

  std::string label(int expert) const { return expertLabel(expert, source.experts()); }
  const RouterRow& ofRank(int rank) const {
    return *std::find_if(router.rows.begin(), router.rows.end(), [&](const RouterRow& r) { return r.rank == rank; });
  }
  int ranks() const {
    return static_cast<int>(
        std::count_if(router.rows.begin(), router.rows.end(), [](const RouterRow& r) { return r.rank >= 0; }));
  }
};

const RouterRow& highestLogit(const Facts& f) {
  return *std::max_element(f.router.rows.begin(), f.router.rows.end(),
                           [](const RouterRow& a, const RouterRow& b) { return a.logit < b.logit; });
}

std::string logitsSentence(const Facts& f) {
  const RouterRow& high = highestLogit(f);
  const RouterRow& low = *std::min_element(f.router.rows.begin(), f.router.rows.end(),
                                           [](const RouterRow& a, const RouterRow& b) { return a.logit < b.logit; });
  const RouterRow* second = nullptr;
  for (const RouterRow& row : f.router.rows) {
    if (row.expert != high.expert && (!second || row.logit > second->logit)) second = &row;
  }
  if (!second) return f.say(Say::LogitsSentenceOne, f.label(high.expert), signedText(d(high.logit)));
  return f.say(Say::LogitsSentence, f.label(high.expert), signedText(d(high.logit)),
               ratioText(d(high.logit - second->logit)), f.label(second->expert), f.label(low.expert),
               signedText(d(low.logit)));
}

std::string scoresSentence(const Facts& f) {
  if (!f.router.hasScores) return f.say(Say::NoScoreSentence);
  const RouterRow& high = *std::max_element(f.router.rows.begin(), f.router.rows.end(),
                                            [](const RouterRow& a, const RouterRow& b) { return a.score < b.score; });
  const std::string spread = std::isnan(f.entropy)
                                 ? std::string()
                                 : " " + f.say(Say::EntropyOfAtMost, natsText(f.entropy),
                                               natsText(std::log(static_cast<double>(f.source.experts()))));
  if (std::isnan(f.router.uniform)) {
    return f.say(Say::SigmoidSentence, f.label(high.expert), scoreText(d(high.score))) + spread;
  }
  return f.say(Say::SoftmaxSentence, f.label(high.expert), scoreText(d(high.score)),
               normText(d(high.score) / f.router.uniform), scoreText(f.router.uniform)) +
         spread;
}

std::string choiceSentence(const Facts& f) {
  std::vector<std::string> labels;
  for (int rank = 0; rank < f.ranks(); ++rank) labels.push_back(f.label(f.ofRank(rank).expert));
  std::string chose = f.say(Say::ChoiceSentence, f.ranks(), f.source.experts(), listOf(f.say, labels));
  if (f.source.changedAt(f.cursor.layer, f.cursor.token)) {
    std::vector<std::string> before;
    for (const int e : f.source.besideAt(f.cursor.layer, f.cursor.token)) before.push_back(f.label(e));
    return f.say(Say::RunChose, listOf(f.say, before)) + " " + chose;
  }
  if (f.router.firstNot < 0 || f.router.lastChosen < 0) return chose + f.say(Say::EveryExpertChosen);
  return chose + f.say(f.router.close ? Say::ChoiceClose : Say::ChoiceClear, f.label(f.router.lastChosen),
                       scoreText(d(f.router.margin)), f.label(f.router.firstNot));
}

std::string expertsSentence(const Facts& f) {
  if (f.source.block) return f.say(Say::AttentionExpertsTogether);
  if (!f.hasLedger) return f.say(Say::NeedsLedger);
  std::vector<std::string> parts;
  for (const LedgerRow& row : f.ledger.rows) {
    if (row.part != Part::Routed) continue;
    const double weight = d(f.ofRank(row.rank).weight);
    parts.push_back(f.say(Say::ExpertWrote, f.label(row.expert), normText(d(row.norm) / weight), scoreText(weight),
                          normText(d(row.norm))));
  }
  return f.say(Say::ExpertsSentence, listOf(f.say, parts));
}

std::string combineSentence(const Facts& f, double sum) {
  using core::WeightForm;
  const WeightForm form = f.source.config().router.weights;
  const bool free = form == WeightForm::Raw || form == WeightForm::Sigmoid;
  return f.say(free ? Say::CombineRaw : Say::CombineNormed, scoreText(sum));
}

std::string resultSentence(const Facts& f) {
  if (!f.hasLedger) return f.say(Say::NeedsLedger);
  double residual = 0, attention = 0, routed = 0, shared = 0;
  for (const LedgerRow& row : f.ledger.rows) {
    if (row.part == Part::Residual) residual = row.share;
    if (row.part == Part::Attention) attention = row.share;
    if (row.part == Part::Routed || row.part == Part::OtherRouted) routed += row.share;
    if (row.part == Part::Shared) shared = row.share;
  }
  return f.say(Say::ResultSentence, normText(d(f.ledger.outNorm)), shareText(residual), shareText(attention),
               shareText(routed), shareText(shared));
}

double weightSum(const Facts& f) {
  double sum = 0;
  for (const RouterRow& row : f.router.rows) {
    if (row.rank >= 0) sum += d(row.weight);
  }
  return sum;
}

void fillCells(const Facts& f, StageRailView& view) {
  const auto cell = [&](Stage stage) -> StageCell& { return view.cells[static_cast<size_t>(stage)]; };
  cell(Stage::Logits).number = f.say(Say::MaxOf, signedText(d(highestLogit(f).logit)));
  cell(Stage::Scores).number =
      std::isnan(f.entropy) ? f.say(Say::NoneWord) : f.say(Say::EntropyOf, natsText(f.entropy));
  std::string chosen;
  int kept = 0;
  bool rule = false;
  for (int rank = 0; rank < f.ranks(); ++rank) {
    const std::string label = f.label(f.ofRank(rank).expert);
    if (rank < 2) chosen += (rank == 0 ? "" : " ") + label;
    const int state = f.source.keptAt(f.cursor.layer, f.cursor.token, rank);
    rule = rule || state >= 0;
    if (state != 0) ++kept;
  }
  if (f.ranks() > 2) chosen += fmt::format(" +{}", f.ranks() - 2);
  cell(Stage::Choice).number = chosen;
  cell(Stage::Capacity).number = rule ? f.say(Say::KeptOf, kept, f.ranks()) : f.say(Say::NoRule);
  cell(Stage::Capacity).warns = rule && kept < f.ranks();
  std::string norms;
  int shown = 0;
  for (const LedgerRow& row : f.ledger.rows) {
    if (f.source.block || row.part != Part::Routed || shown == 2) continue;
    norms += fmt::format("{}\u2016{:.0f}\u2016", shown++ == 0 ? "" : " ", d(row.norm) / d(f.ofRank(row.rank).weight));
  }
  cell(Stage::Experts).number = !f.hasLedger || f.source.block ? f.say(Say::NotKeptShort) : norms;
  cell(Stage::Combine).number = f.say(Say::SumOfWeights, scoreText(weightSum(f)));
  cell(Stage::Result).number =
      f.hasLedger ? fmt::format("\u2016{}\u2016", normText(d(f.ledger.outNorm))) : f.say(Say::NotKeptShort);
}

std::string sentenceOf(const Facts& f, Stage stage) {
  switch (stage) {
    case Stage::Logits:
      return logitsSentence(f);
    case Stage::Scores:
      return scoresSentence(f);
    case Stage::Choice:
      return choiceSentence(f);
    case Stage::Capacity: {
      const bool simulated = f.source.dispatch[static_cast<size_t>(f.cursor.layer)]->simulated;
      return (simulated ? f.say(Say::CapacitySimulated) + " " : std::string()) +
             capacityCase(f.source, f.cursor, f.say);
    }
    case Stage::Experts:
      return expertsSentence(f);
    case Stage::Combine:
      return combineSentence(f, weightSum(f));
    case Stage::Result:
      return resultSentence(f);
    case Stage::Count:
      break;
  }
  return {};
}

}  // namespace

StageRailView makeStageRailView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  StageRailView view;
  view.stage = cursor.stage;
  constexpr std::array<Say, kStages> kNames = {Say::StageLogits,   Say::StageScores,  Say::StageChoice,
                                               Say::StageCapacity, Say::StageExperts, Say::StageCombine,
                                               Say::StageResult};
  for (size_t i = 0; i < view.cells.size(); ++i) view.cells[i].name = say(kNames[i]);
  Facts f{source, cursor, say, makeRouterView(source, cursor, false, say), {}, false};
  if (f.router.panel.notice || f.ranks() == 0) {
    view.sentence = f.router.panel.notice ? f.router.panel.notice->heading + " " + f.router.panel.notice->sentence
                                          : say(Say::NotRunWhy);
    view.description.sentence = view.sentence;
    return view;
  }
  view.ready = true;
  f.ledger = makeLedgerView(source, cursor, say);
  f.hasLedger = !f.ledger.panel.notice;
  const std::span<const float> entropy = source.trace.floats(Hook::RouterEntropy, cursor.layer, cursor.token);
  if (!entropy.empty()) f.entropy = d(entropy[0]);
  fillCells(f, view);
  view.sentence = sentenceOf(f, cursor.stage);
  Description& out = view.description;
  out.sentence = placeSentence(source, routerTitle(source, Say::StageTitle, say), cursor, say) + view.sentence;
  out.columns = {say(Say::ColumnStage), say(Say::ColumnValue), say(Say::ColumnReason)};
  for (int s = 0; s < kStages; ++s) {
    const StageCell& cell = view.cells[static_cast<size_t>(s)];
    out.rows.push_back({cell.name, cell.number, sentenceOf(f, static_cast<Stage>(s))});
  }
  return view;
}

}  // namespace ui
