#include "ui/views/policies_view.h"

#include <algorithm>

#include "core/engine/router_policy.h"
#include "ui/numbers.h"

namespace ui {
namespace {

const core::ReplayMeasures* measuresAt(const PolicyOutcome& outcome, int layer) {
  for (const core::ReplayMeasures& row : outcome.measures) {
    if (row.layer == layer) return &row;
  }
  return nullptr;
}

std::vector<int> loadAt(const std::vector<std::vector<int>>& loads, int layer) {
  return layer >= 0 && static_cast<size_t>(layer) < loads.size() ? loads[static_cast<size_t>(layer)]
                                                                 : std::vector<int>();
}

}  // namespace

std::vector<int> loadOf(const core::Trace& trace, int layer) {
  if (!trace.has(core::Hook::RouterIds, layer)) return {};
  const int E = trace.config().router.experts;
  std::vector<int> load(static_cast<size_t>(E));
  for (int t = 0; t < trace.tokens(core::Stream::Layer, layer); ++t) {
    for (const int32_t e : trace.ints(core::Hook::RouterIds, layer, t)) {
      if (e >= 0 && e < E) ++load[static_cast<size_t>(e)];
    }
  }
  return load;
}

PolicyOutcome outcomeOf(core::PolicyKind kind, const core::Trace& recorded, const core::Trace& replayed) {
  PolicyOutcome out;
  out.kind = kind;
  out.causal = core::policyInfo(kind).causal;
  for (int layer = 0; layer < replayed.config().layers; ++layer) out.load.push_back(loadOf(replayed, layer));
  out.measures = core::measureReplay(recorded, replayed);
  return out;
}

PoliciesView makePoliciesView(const std::vector<PolicyOutcome>& outcomes, const core::Trace& recorded,
                              const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  PoliciesView view;
  view.panel.title = say(Say::PoliciesTitle);
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice && outcomes.empty()) {
    view.panel.notice = Notice{say(Say::PoliciesNone), say(Say::PoliciesNoneWhy), {}};
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  view.layer = cursor.layer;
  view.experts = source.experts();
  view.cursorExpert = cursor.expert;
  view.panel.subtitle = say(Say::PoliciesSub, layerLabel(cursor.layer));
  view.recorded = loadOf(recorded, cursor.layer);
  const core::PolicyKind own = core::policyOf(core::routerOfRun(recorded)).kind;
  view.description.columns = {say(Say::LabColumnPolicy), say(Say::LabColumnChanged), say(Say::MaxVio)};
  std::vector<std::string> locked;
  for (const PolicyOutcome& outcome : outcomes) {
    const std::string name(core::policyInfo(outcome.kind).name);
    const core::ReplayMeasures* row = measuresAt(outcome, cursor.layer);
    if (!outcome.whyNot.empty() || !row) {
      locked.push_back(name);
      continue;
    }
    PolicyCell cell{outcome.kind, name, {}, {}, outcome.causal, outcome.kind == own, loadAt(outcome.load, cursor.layer)};
    cell.numbers = say(Say::PolicyNumbers, shareText(row->changed), ratioText(row->maxViolation));
    cell.brief = shareText(row->changed) + " \u00B7 " + ratioText(row->maxViolation);
    for (const int n : cell.load) view.highest = std::max(view.highest, n);
    view.description.rows.push_back({name, shareText(row->changed), ratioText(row->maxViolation)});
    view.cells.push_back(std::move(cell));
  }
  for (const int n : view.recorded) view.highest = std::max(view.highest, n);
  if (!locked.empty()) view.locked = say(Say::PoliciesLocked, listOf(say, locked));
  const double chance =
      1 - static_cast<double>(source.beside.empty() ? source.chosen() : recorded.config().router.chosen) /
              std::max(1, view.experts);
  view.description.sentence =
      placeSentence(source, view.panel.title, cursor, say) +
      say(Say::PoliciesSays, countText(static_cast<int64_t>(view.cells.size())), shareText(chance));
  return view;
}

}  // namespace ui
