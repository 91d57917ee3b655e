#include "ui/views/dispatch_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::CapacityRule;
using core::Hook;

// The queues of the tokens that queue together with the cursor's.
std::vector<DispatchRow> queues(const ViewSource& source, int layer, const core::TokenRange& group) {
  std::vector<DispatchRow> rows(static_cast<size_t>(source.experts()));
  for (size_t e = 0; e < rows.size(); ++e) rows[e].expert = static_cast<int>(e);
  struct Placed {
    int slot;
    SlotChoice choice;
  };
  std::vector<std::vector<Placed>> placed(rows.size());
  for (int t = group.first; t < group.first + group.count; ++t) {
    const std::span<const int32_t> ids = source.trace.ints(Hook::RouterIds, layer, t);
    const std::vector<int> before = source.besideAt(layer, t);
    const auto isNew = [&](int e) {
      return !source.beside.empty() && std::find(before.begin(), before.end(), e) == before.end();
    };
    for (size_t rank = 0; rank < ids.size(); ++rank) {
      const int slot = source.slotAt(layer, t, static_cast<int>(rank));
      if (ids[rank] < 0 || ids[rank] >= source.experts() || slot < 0) continue;
      placed[static_cast<size_t>(ids[rank])].push_back({slot, {t, static_cast<int>(rank), isNew(ids[rank])}});
    }
  }
  for (size_t e = 0; e < rows.size(); ++e) {
    std::stable_sort(placed[e].begin(), placed[e].end(),
                     [](const Placed& a, const Placed& b) { return a.slot < b.slot; });
    for (const Placed& p : placed[e]) rows[e].queue.push_back(p.choice);
  }
  return rows;
}

Description describe(const ViewSource& source, const DispatchView& view, const Cursor& cursor, const Phrases& say) {
  Description out;
  int late = 0, worst = 0, worstLate = -1;
  for (const DispatchRow& row : view.rows) {
    const int too = std::max(0, static_cast<int>(row.queue.size()) - view.capacity);
    if (row.expert == view.cursorExpert) late = too;
    if (too > worstLate) {
      worstLate = too;
      worst = row.expert;
    }
  }
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::DispatchSays, countText(view.dropped), countText(view.choices), late,
                     expertLabel(view.cursorExpert, view.experts), worstLate, expertLabel(worst, view.experts),
                     view.capacity, view.panel.corner);
  out.columns = {say(Say::ColumnExpert), say(Say::ColumnSlot),   say(Say::ColumnToken),
                 say(Say::ColumnText),   say(Say::ColumnChoice), say(Say::Kept)};
  if (!source.tables) return out;
  for (const DispatchRow& row : view.rows) {
    for (size_t slot = 0; slot < row.queue.size(); ++slot) {
      const SlotChoice& c = row.queue[slot];
      out.rows.push_back({expertLabel(row.expert, view.experts), fmt::format("{}", slot), fmt::format("{}", c.token),
                          source.tokenAt(c.token), ordinalNumber(say, c.rank + 1),
                          say(static_cast<int>(slot) < view.capacity ? Say::Yes : Say::No)});
    }
  }
  return out;
}

// "first choices first", "order by_score, tokens 16-31 of 60".
std::string servedHow(const ViewSource& source, const core::LayerDispatch& dispatch, const core::TokenRange& group,
                      const Phrases& say) {
  const std::optional<core::ReplayOrigin>& replay = source.trace.info().replay;
  const core::ServingOrder order = replay ? replay->serving.order : core::ServingOrder::RankMajor;
  std::string how = order == core::ServingOrder::RankMajor
                        ? say(Say::FirstChoicesFirst)
                        : say(Say::ServedInOrder, std::string(core::servingOrderName(order)));
  if (dispatch.group == dispatch.queued) return how;
  return say(Say::ServedInGroup, how, group.first, group.first + group.count - 1, dispatch.queued);
}

std::optional<Notice> nothingDropped(const core::LayerDispatch& dispatch, const Phrases& say) {
  if (dispatch.exists) return std::nullopt;
  if (!dispatch.problem.empty()) return Notice{say(Say::RuleDoesNotFit), dispatch.problem, {}};
  return Notice{
      say(Say::NothingDropped), say(Say::NothingDroppedWhy), {{say(Say::SimulateCapacity), Action::SimulateCapacity}}};
}

}  // namespace

std::string capacityFormula(const core::CapacityOptions& o, int T, int E, int K) {
  const std::string cf = o.factor == std::floor(o.factor) ? fmt::format("{:.1f}", o.factor) : shortText(o.factor);
  const std::string kt = fmt::format("{} × {} / {}", K, T, E), t = fmt::format("{} / {}", T, E);
  switch (o.rule) {
    case CapacityRule::Gshard:
    case CapacityRule::Megatron:
      return fmt::format("⌈{} × {}⌉", kt, cf);
    case CapacityRule::Switch:
      return fmt::format("⌊{} × {}⌋", t, cf);
    case CapacityRule::MeshTf:
      return fmt::format("max(⌊{} × {}⌋, {})", t, cf, o.minCapacity);
    case CapacityRule::Deepspeed:
      return fmt::format("⌈{} × {} × {}⌉", t, K, cf);
    case CapacityRule::Tutel:
      return fmt::format("{} × ⌊{} × ⌈{}⌉⌋", K, cf, t);
    case CapacityRule::Vmoe:
      return fmt::format("4 × ⌈{} × {} / 4⌉", kt, cf);
    case CapacityRule::Flaxformer:
      return fmt::format("max([{} × {}], {})", t, cf, o.minCapacity);
    case CapacityRule::OpenmoeTorch:
      return fmt::format("max(even(⌊{} × {}⌋), {})", kt, cf, o.minCapacity);
    case CapacityRule::ExpertChoice:
      return fmt::format("[{} × {}]", t, cf);
  }
  return {};
}

int countedChoices(const ViewSource& source) {
  const std::optional<core::ReplayOrigin>& replay = source.trace.info().replay;
  return replay ? replay->k : source.chosen();
}

std::string aboutCapacity(const ViewSource& source, const Phrases& say) {
  const core::CapacityOptions& shown = source.trace.info().capacity;
  const core::CapacityOptions& recorded = source.recorded;
  if (const auto& replay = source.trace.info().replay; replay && shown.active && !replay->exact) {
    return say(Say::AboutReplay, replay->policy);
  }
  if (!shown.active) return say(Say::AboutNoRule);
  if (!shown.simulated) return say(Say::AboutExact);
  if (!recorded.active || recorded.simulated) return say(Say::AboutSimulated);
  return say(Say::AboutReplayed, std::string(core::capacityRuleName(recorded.rule)), shortText(recorded.factor));
}

int placeOfFactor(double factor) {
  const double place = std::round((std::clamp(factor, kFactorLeast, kFactorMost) - kFactorLeast) / kFactorStep);
  return std::clamp(static_cast<int>(place), 0, kFactorPlaces - 1);
}

double factorAtPlace(int place) { return kFactorLeast + std::clamp(place, 0, kFactorPlaces - 1) * kFactorStep; }

std::vector<SlotChoice> queueOf(const ViewSource& source, const Cursor& cursor) {
  const int layer = cursor.layer, expert = cursor.expert;
  if (expert < 0 || expert >= source.experts() || layer < 0 || layer >= source.layers()) return {};
  const core::TokenRange group = source.dispatch[static_cast<size_t>(layer)]->groupOf(cursor.token);
  std::vector<std::pair<int, SlotChoice>> placed;
  for (int t = group.first; t < group.first + group.count; ++t) {
    const std::span<const int32_t> ids = source.trace.ints(Hook::RouterIds, layer, t);
    for (size_t rank = 0; rank < ids.size(); ++rank) {
      if (ids[rank] != expert) continue;
      const int slot = source.slotAt(layer, t, static_cast<int>(rank));
      if (slot >= 0) placed.push_back({slot, {t, static_cast<int>(rank), false}});
    }
  }
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<SlotChoice> queue;
  for (const auto& [slot, choice] : placed) queue.push_back(choice);
  return queue;
}

std::string capacityCase(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  const core::LayerDispatch& d = *source.dispatch[static_cast<size_t>(cursor.layer)];
  if (!d.exists) return say(Say::NothingDroppedHere);
  const std::string expert = expertLabel(cursor.expert, source.experts());
  const int capacity = d.capacityAt(cursor.token);
  const std::string serves = say(Say::ServesSlots, expert, capacity,
                                 capacityFormula(source.trace.info().capacity, d.groupOf(cursor.token).count,
                                                 source.experts(), countedChoices(source)));
  const std::vector<SlotChoice> queue = queueOf(source, cursor);
  const auto mine =
      std::find_if(queue.begin(), queue.end(), [&](const SlotChoice& c) { return c.token == cursor.token; });
  if (mine == queue.end()) {
    if (cursor.token >= d.queued && d.queued < d.tokens) return say(Say::GeneratedNeverDrops);
    const int taken = std::min(static_cast<int>(queue.size()), capacity);
    return serves + " " + say(Say::NotChosenHere, taken, capacity);
  }
  const int slot = source.slotAt(cursor.layer, cursor.token, mine->rank);
  const std::string nth = ordinalNumber(say, slot + 1), choice = ordinalWord(say, mine->rank + 1);
  if (slot < capacity) {
    return serves + " " + say(Say::ChoiceKept, choice, nth, capacity - 1 - slot);
  }
  const int firsts =
      static_cast<int>(std::count_if(queue.begin(), mine, [&](const SlotChoice& c) { return c.rank < mine->rank; }));
  const int same = static_cast<int>(mine - queue.begin()) - firsts;
  const std::span<const float> weights = source.trace.floats(Hook::RouterWeights, cursor.layer, cursor.token);
  const auto rank = static_cast<size_t>(mine->rank);
  const std::string weight = rank < weights.size() ? scoreText(static_cast<double>(weights[rank])) : "";
  const std::optional<core::ReplayOrigin>& replay = source.trace.info().replay;
  const core::ServingOrder order = replay ? replay->serving.order : core::ServingOrder::RankMajor;
  if (order != core::ServingOrder::RankMajor) {
    const std::string served = say(Say::BehindServed, slot, core::servingOrderName(order));
    return serves + " " + say(Say::ChoiceDropped, choice, nth, served, weight);
  }
  const std::string why = mine->rank == 0   ? say(Say::BehindSame, same, choice)
                          : mine->rank == 1 ? say(Say::BehindBoth, firsts, same, choice)
                                            : say(Say::BehindBothMany, firsts, same, choice);
  return serves + " " + say(Say::ChoiceDropped, choice, nth, why, weight);
}

DispatchView makeDispatchView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  DispatchView view;
  view.panel.title = routerTitle(source, Say::DispatchTitle, say);
  view.layer = cursor.layer;
  view.cursorToken = cursor.token;
  view.cursorExpert = cursor.expert;
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterIds, {0, cursor.layer, 0, {}}, say);
  if (!view.panel.notice) {
    view.panel.notice = nothingDropped(*source.dispatch[static_cast<size_t>(cursor.layer)], say);
    if (view.panel.notice) view.panel.subtitle = say(Say::NoCapacityRule);
  } else if (!source.empty()) {
    view.panel.subtitle = layerLabel(cursor.layer);
  }
  view.experts = source.experts();
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  const core::LayerDispatch& d = *source.dispatch[static_cast<size_t>(cursor.layer)];
  const core::CapacityOptions& options = source.trace.info().capacity;
  view.chosen = source.chosen();
  const core::TokenRange group = d.groupOf(cursor.token);
  view.tokens = group.count;
  view.chosenNow = source.chosenAt(cursor.layer, cursor.token);
  view.simulated = d.simulated;
  view.capacity = d.capacityAt(cursor.token);
  view.factor = options.factor;
  view.trace = source.trace;
  view.panel.corner = say(d.simulated ? Say::Simulated : Say::Exact);
  view.panel.cornerAction = Action::ChangeCapacity;
  view.rows = queues(source, cursor.layer, group);
  for (const DispatchRow& row : view.rows) {
    const int queued = static_cast<int>(row.queue.size());
    view.choices += queued;
    view.dropped += std::max(0, queued - view.capacity);
  }
  view.ruleName =
      say(Say::RuleWithOrder, std::string(core::capacityRuleName(options.rule)), servedHow(source, d, group, say));
  view.capacityFormula = capacityFormula(options, view.tokens, view.experts, countedChoices(source));
  view.atCursor = capacityCase(source, cursor, say);
  view.aboutRule = aboutCapacity(source, say);
  view.description = describe(source, view, cursor, say);
  return view;
}

}  // namespace ui
