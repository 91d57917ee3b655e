#include "ui/views/measures_view.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "ui/numbers.h"
#include "ui/views/drops_view.h"
#include "ui/views/layer_measures.h"

namespace ui {
namespace {

using core::Hook;
using core::MeasureKind;

enum class As : uint8_t { Number, Share, Count };

struct Words {
  Say name, what;
  As as = As::Number;
};

Words wordsOf(MeasureKind kind) {
  switch (kind) {
    case MeasureKind::BalanceSwitch:
      return {Say::MBalanceSwitch, Say::MBalanceSwitchWhat};
    case MeasureKind::BalancePerToken:
      return {Say::MBalancePerToken, Say::MBalancePerTokenWhat};
    case MeasureKind::BalancePerChoice:
      return {Say::MBalancePerChoice, Say::MBalancePerChoiceWhat};
    case MeasureKind::BalanceSequence:
      return {Say::MBalanceSequence, Say::MBalanceSequenceWhat};
    case MeasureKind::Importance:
      return {Say::MImportance, Say::MImportanceWhat};
    case MeasureKind::SmoothLoad:
      return {Say::MSmoothLoad, Say::MSmoothLoadWhat};
    case MeasureKind::ZLoss:
      return {Say::MZLoss, Say::MZLossWhat};
    case MeasureKind::RouterEntropy:
      return {Say::MRouterEntropy, Say::MRouterEntropyWhat};
    case MeasureKind::MarginalEntropy:
      return {Say::MMarginalEntropy, Say::MMarginalEntropyWhat};
    case MeasureKind::TokenInformation:
      return {Say::MTokenInformation, Say::MTokenInformationWhat};
    case MeasureKind::IdInformation:
      return {Say::MIdInformation, Say::MIdInformationWhat};
    case MeasureKind::MarginMedian:
      return {Say::MMarginMedian, Say::MMarginMedianWhat};
    case MeasureKind::CloseShare:
      return {Say::MCloseShare, Say::MCloseShareWhat, As::Share};
    case MeasureKind::OverIdeal:
      return {Say::MOverIdeal, Say::MOverIdealWhat};
    case MeasureKind::MaxViolation:
      return {Say::MMaxViolation, Say::MMaxViolationWhat};
    case MeasureKind::Variation:
      return {Say::MVariation, Say::MVariationWhat};
    case MeasureKind::LoadEntropy:
      return {Say::MLoadEntropy, Say::MLoadEntropyWhat};
    case MeasureKind::Unused:
      return {Say::MUnused, Say::MUnusedWhat, As::Count};
    case MeasureKind::Dropped:
      return {Say::MDropped, Say::MDroppedWhat, As::Share};
    case MeasureKind::LeftBehind:
      return {Say::MLeftBehind, Say::MLeftBehindWhat, As::Share};
    case MeasureKind::Coactivation:
      return {Say::MCoactivation, Say::MCoactivationWhat, As::Share};
    case MeasureKind::Repetition:
      return {Say::MRepetition, Say::MRepetitionWhat, As::Share};
    case MeasureKind::HalvesDistance:
      return {Say::MHalvesDistance, Say::MHalvesDistanceWhat};
    default:
      return {Say::MDroppedQuarter, Say::MDroppedQuarterWhat, As::Share};
  }
}

Say groupOf(MeasureKind kind) {
  if (kind <= MeasureKind::ZLoss) return Say::MeasureGroupBalance;
  if (kind <= MeasureKind::CloseShare) return Say::MeasureGroupCertainty;
  if (kind <= MeasureKind::Unused) return Say::MeasureGroupLoad;
  if (kind <= MeasureKind::LeftBehind) return Say::MeasureGroupDrops;
  return Say::MeasureGroupPairs;
}

std::string written(double value, As as) {
  if (std::isnan(value)) return {};
  if (as == As::Share) return shareText(value);
  if (as == As::Count) return shortText(value);
  return scoreText(value);
}

std::string boundText(const core::RoutingMeasure& one, As as, const Phrases& say) {
  const auto text = [&](double bound) { return as == As::Share ? wholeShareText(bound) : shortText(bound); };
  if (!std::isnan(one.least) && !std::isnan(one.most)) {
    // What is best is named: certainty and evenness are bounded above, all else below.
    const bool above = one.kind == MeasureKind::LoadEntropy || one.kind == MeasureKind::MarginalEntropy ||
                       one.kind == MeasureKind::RouterEntropy || one.kind == MeasureKind::TokenInformation ||
                       one.kind == MeasureKind::IdInformation || one.kind == MeasureKind::HalvesDistance;
    return above ? say(Say::MeasureMost, text(one.most)) : say(Say::MeasureLeast, text(one.least));
  }
  if (!std::isnan(one.least)) return say(Say::MeasureLeast, text(one.least));
  return std::isnan(one.most) ? std::string() : say(Say::MeasureMost, text(one.most));
}

MeasureRow rowOf(const core::RoutingMeasure& one, const Phrases& say) {
  const Words words = wordsOf(one.kind);
  const int quarter = static_cast<int>(one.kind) - static_cast<int>(MeasureKind::DroppedQuarter1) + 1;
  const std::string name = words.name == Say::MDroppedQuarter ? say(words.name, quarter) : say(words.name);
  return {
      one.kind,       name, written(one.value, words.as), written(one.even, words.as), boundText(one, words.as, say),
      say(words.what)};
}

// While the measures are worked out their names stand there: those of another layer, else all that this one may have.
std::vector<core::RoutingMeasure> expected(const ViewSource& source, int layer) {
  if (!source.memo->measures.empty()) return source.memo->measures.rbegin()->second->list;
  std::vector<core::RoutingMeasure> out;
  for (int i = 0; i < core::kMeasures; ++i) {
    const auto kind = static_cast<MeasureKind>(i);
    const bool drops = kind >= MeasureKind::Dropped && kind <= MeasureKind::LeftBehind;
    if (drops && !source.dispatch[static_cast<size_t>(layer)]->exists) continue;
    if (kind == MeasureKind::Coactivation && source.chosen() < 2) continue;
    out.push_back({kind, NAN, NAN, NAN, NAN});
  }
  return out;
}

// Experts a token in the mean, where tokens have different numbers of them.
std::optional<double> raggedMean(const ViewSource& source, int layer) {
  const int tokens = source.trace.tokens(Hook::RouterIds, layer);
  const std::vector<int32_t> ids = source.trace.gatherInts(Hook::RouterIds, layer, 0, tokens);
  const auto there = std::count_if(ids.begin(), ids.end(), [](int32_t id) { return id >= 0; });
  if (tokens == 0 || there == static_cast<ptrdiff_t>(ids.size())) return std::nullopt;
  return static_cast<double>(there) / tokens;
}

std::string valueOf(const MeasuresView& view, MeasureKind kind, std::string MeasureRow::*field) {
  for (const MeasureGroup& group : view.groups) {
    for (const MeasureRow& row : group.rows) {
      if (row.kind == kind) return row.*field;
    }
  }
  return "\u2013";
}

}  // namespace

std::vector<std::string> measureTip(const ViewSource& source, const Cursor& cursor, MeasureKind kind,
                                    const Phrases& say) {
  const MeasuresView view = makeMeasuresView(source, cursor, say);
  for (const MeasureGroup& group : view.groups) {
    for (const MeasureRow& row : group.rows) {
      if (row.kind != kind) continue;
      std::vector<std::string> lines{row.name, say(Say::NameValue, say(Say::MeasureValue), row.value)};
      if (!row.even.empty()) lines.push_back(say(Say::NameValue, say(Say::ByChance), row.even));
      if (!row.bound.empty()) lines.push_back(say(Say::NameValue, say(Say::MeasureBound), row.bound));
      lines.push_back(row.what);
      return lines;
    }
  }
  return {};
}

MeasuresView makeMeasuresView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  MeasuresView view;
  view.panel.title = routerTitle(source, Say::MeasuresTitle, say);
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterIds, {0, cursor.layer, 0, {}}, say);
  std::vector<core::RoutingMeasure> measures;
  if (!view.panel.notice) {
    const std::shared_ptr<const LayerMeasures> measured = measuresOf(source, cursor.layer);
    view.computing = measured == nullptr;
    measures = measured ? measured->list : expected(source, cursor.layer);
  }
  if (!view.panel.notice && measures.empty()) {
    view.panel.notice = Notice{say(Say::MeasuresNone), say(Say::MeasuresNoneWhy), {}};
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  const std::string tokens = countText(source.trace.tokens(Hook::RouterIds, cursor.layer));
  const std::optional<double> mean = raggedMean(source, cursor.layer);
  view.panel.subtitle = mean ? say(Say::MeasuresSubRagged, layerLabel(cursor.layer), tokens, shortText(*mean))
                             : say(Say::MeasuresSub, layerLabel(cursor.layer), tokens);
  const core::LayerDispatch& decided = *source.dispatch[static_cast<size_t>(cursor.layer)];
  if (decided.exists) view.panel.corner = say(decided.simulated ? Say::Simulated : Say::Exact);
  Description& out = view.description;
  out.columns = {say(Say::MeasureColumn), say(Say::MeasureValue), say(Say::ByChance), say(Say::MeasureBound),
                 say(Say::MeasureWhat)};
  for (const core::RoutingMeasure& one : measures) {
    const std::string& title = say(groupOf(one.kind));
    if (view.groups.empty() || view.groups.back().title != title) view.groups.push_back({title, {}});
    MeasureRow row = rowOf(one, say);
    if (view.computing) row.value = "\u2026", row.even.clear(), row.bound.clear();
    view.groups.back().rows.push_back(row);
    out.rows.push_back({row.name, row.value, row.even, row.bound, row.what});
  }
  if (view.computing) {
    view.panel.corner = say(Say::MeasuresSoon);
    out.sentence = say(Say::NameValue, view.panel.title, view.panel.corner);
    return view;
  }
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::MeasuresSay, measures.size(), valueOf(view, MeasureKind::MaxViolation, &MeasureRow::value),
                     valueOf(view, MeasureKind::MaxViolation, &MeasureRow::even),
                     valueOf(view, MeasureKind::BalancePerChoice, &MeasureRow::value));
  return view;
}

}  // namespace ui
