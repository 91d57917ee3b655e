#include "ui/views/capacity_view.h"

#include <algorithm>

#include "ui/numbers.h"
#include "ui/views/dispatch_view.h"

namespace ui {
namespace {

struct Count {
  int64_t choices = 0, dropped = 0;
};

Count countOf(const core::LayerDispatch& dispatch) {
  Count count;
  if (!dispatch.exists) return count;
  // A token may have fewer choices than another: those it has not are in no queue.
  const auto missing = std::count(dispatch.slot.begin(), dispatch.slot.end(), -1);
  count.choices = static_cast<int64_t>(dispatch.kept.size()) - missing;
  count.dropped = std::count(dispatch.kept.begin(), dispatch.kept.end(), 0) - missing;
  return count;
}

// Tokens that would queue with the cursor's at its layer under a rule that is laid over the run.
int groupOf(const ViewSource& source, const Cursor& cursor) {
  const core::LayerDispatch& dispatch = *source.dispatch[static_cast<size_t>(cursor.layer)];
  const core::CapacityOptions& shown = source.trace.info().capacity;
  const bool own = shown.active && !shown.simulated;
  if (dispatch.exists) return dispatch.groupOf(cursor.token).count;
  return own ? std::min(dispatch.tokens, source.trace.promptTokens()) : dispatch.tokens;
}

std::vector<CapacityRuleChoice> rulesFor(const ViewSource& source, int tokens, const Phrases& say) {
  std::vector<CapacityRuleChoice> rules;
  core::CapacityOptions options = source.trace.info().capacity;
  for (const core::CapacityRule rule : core::kCapacityRules) {
    CapacityRuleChoice choice{rule, std::string(core::capacityRuleName(rule)), {}, {}, {}};
    options.rule = rule;
    const core::Result<int64_t> slots =
        core::capacity(rule, {tokens, source.experts(), countedChoices(source), options.factor, options.minCapacity});
    if (slots) {
      choice.count = say(Say::SlotsCount, countText(*slots));
      choice.arithmetic =
          say(Say::RuleSlots, capacityFormula(options, tokens, source.experts(), countedChoices(source)), countText(*slots));
    } else {
      choice.count = say(Say::RuleFitsNot);
      choice.whyNot = slots.error().message;
    }
    rules.push_back(std::move(choice));
  }
  return rules;
}

}  // namespace

CapacityView makeCapacityView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  CapacityView view;
  std::optional<Notice> notice = noRunNotice(source, say);
  if (!notice) notice = noRouterNotice(source, cursor, say);
  if (notice) {
    view.whyNot = notice->heading;
    return view;
  }
  if (!source.trace.has(core::Hook::RouterIds, cursor.layer)) {
    view.whyNot = say(Say::CapacityNeedsRouting);
    return view;
  }
  view.options = source.trace.info().capacity;
  view.rules = rulesFor(source, groupOf(source, cursor), say);
  view.about = aboutCapacity(source, say);
  if (!view.options.active) {
    view.label = say(Say::NoCapacityRule);
    return view;
  }
  const core::LayerDispatch& dispatch = *source.dispatch[static_cast<size_t>(cursor.layer)];
  view.label = say(view.options.simulated ? Say::Simulated : Say::Exact);
  for (const CapacityRuleChoice& rule : view.rules) {
    if (rule.rule == view.options.rule) view.arithmetic = rule.whyNot.empty() ? rule.arithmetic : rule.whyNot;
  }
  const Count here = countOf(dispatch);
  Count all;
  for (const auto& layer : source.dispatch) {
    const Count one = countOf(*layer);
    all.choices += one.choices;
    all.dropped += one.dropped;
  }
  if (here.choices > 0) {
    view.here = say(Say::DroppedHere, countText(here.dropped), countText(here.choices), layerLabel(cursor.layer));
    view.everywhere = say(Say::DroppedEverywhere, countText(all.dropped), countText(all.choices));
    view.atCursor = capacityCase(source, cursor, say);
  }
  return view;
}

}  // namespace ui
