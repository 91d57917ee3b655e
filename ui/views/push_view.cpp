#include "ui/views/push_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::Push;

Say nameOf(Push push) {
  switch (push) {
    case Push::BalanceFirst:
      return Say::PushBalanceFirst;
    case Push::BalanceTokens:
      return Say::PushBalanceTokens;
    case Push::BalanceChoices:
      return Say::PushBalanceChoices;
    case Push::Importance:
      return Say::PushImportance;
    case Push::Load:
      return Say::PushLoad;
    case Push::Z:
      return Say::PushZ;
    case Push::Information:
    case Push::Count:
      break;
  }
  return Say::PushInformation;
}

bool isBalance(Push push) {
  return push == Push::BalanceFirst || push == Push::BalanceTokens || push == Push::BalanceChoices;
}

PushColumn columnOf(const core::LayerPush& push, size_t token, size_t E, const Phrases& say) {
  const core::PushInfo& info = core::pushInfo(push.push);
  PushColumn column;
  column.name = say(nameOf(push.push));
  column.hook = info.name;
  column.unit = info.unit;
  column.meaning = info.meaning;
  column.largest = push.largest;
  const auto from = push.value.begin() + static_cast<ptrdiff_t>(token * E);
  column.value.assign(from, from + static_cast<ptrdiff_t>(E));
  column.headShort = ratioText(push.loss);
  column.head =
      say(isBalance(push.push) ? Say::PushOfUniform : Say::PushOfLeast, column.headShort, ratioText(push.reference));
  return column;
}

PushColumn weightColumn(const ViewSource& source, const core::Result<core::Policy>& policy, const Cursor& cursor,
                        const PushView& view, const Phrases& say) {
  PushColumn column;
  column.name = say(Say::PushWeight, expertLabel(cursor.expert, view.experts));
  column.hook = core::kWeightPushName;
  column.unit = core::kWeightPushUnit;
  column.meaning = say(Say::PushWeightMeans);
  const auto mine = std::find(view.chosen.begin(), view.chosen.end(), cursor.expert);
  if (mine == view.chosen.end()) {
    column.whyNot = say(Say::PushNotChosen, expertLabel(cursor.expert, view.experts));
    return column;
  }
  if (!policy) {
    column.whyNot = policy.error().message;
    return column;
  }
  const int rank = static_cast<int>(mine - view.chosen.begin());
  auto push = core::weightPush(source.trace, *policy, cursor.layer, cursor.token, rank);
  if (!push) {
    column.whyNot = push.error().message;
    return column;
  }
  column.value = std::move(*push);
  for (const double value : column.value) column.largest = std::max(column.largest, std::abs(value));
  const auto weights = source.trace.floats(core::Hook::RouterWeights, cursor.layer, cursor.token);
  if (static_cast<size_t>(rank) < weights.size()) {
    column.headShort = scoreText(static_cast<double>(weights[static_cast<size_t>(rank)]));
    column.head = say(Say::PushWeightIs, column.headShort);
  }
  return column;
}

void describe(const ViewSource& source, const Cursor& cursor, PushView& view, const Phrases& say) {
  Description& out = view.description;
  out.sentence = placeSentence(source, view.panel.title, cursor, say) + view.explains;
  const auto at = static_cast<size_t>(cursor.expert);
  for (const PushColumn& column : view.columns) {
    if (at < column.value.size()) {
      out.sentence +=
          " " + say(Say::PushSays, column.name, pushText(column.value[at]), expertLabel(cursor.expert, view.experts));
    }
  }
  out.columns = {say(Say::ColumnExpert), say(Say::Rank)};
  for (const PushColumn& column : view.columns) out.columns.push_back(column.hook);
  for (int e = 0; e < view.experts; ++e) {
    const auto rank = std::find(view.chosen.begin(), view.chosen.end(), e);
    std::vector<std::string> row = {expertLabel(e, view.experts),
                                    rank == view.chosen.end() ? "" : fmt::format("{}", rank - view.chosen.begin() + 1)};
    for (const PushColumn& column : view.columns) {
      row.push_back(column.value.empty() ? column.whyNot : fmt::format("{}", column.value[static_cast<size_t>(e)]));
    }
    out.rows.push_back(std::move(row));
  }
}

}  // namespace

std::string pushText(double value) {
  if (value == 0) return "0";
  if (!std::isfinite(value)) return "\u2013";
  if (std::abs(value) >= 0.0995) return signedText(value);
  std::string text = fmt::format("{:+.1e}", value);
  // +3.1e-05 -> +3.1e-5, with the minus signs of the look.
  if (const size_t zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
  std::string out;
  for (const char c : text) out += c == '-' ? "\u2212" : std::string(1, c);
  return out;
}

PushView makePushView(const ViewSource& source, const LayerPushes& pushes, const core::Result<core::Policy>& policy,
                      const Cursor& cursor, const Phrases& say) {
  PushView view;
  view.panel.title = say(Say::PushTitle);
  view.layer = cursor.layer;
  view.token = cursor.token;
  view.cursorExpert = cursor.expert;
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, core::Hook::RouterLogits, cursor, say);
  if (!view.panel.notice && !pushes.whyNot.empty()) view.panel.notice = Notice{say(Say::PushNone), pushes.whyNot, {}};
  const auto E = static_cast<size_t>(source.experts());
  const bool there = pushes.layer == cursor.layer && !pushes.all.empty() &&
                     (static_cast<size_t>(cursor.token) + 1) * E <= pushes.all.front().value.size();
  if (!view.panel.notice && !there) view.panel.notice = Notice{say(Say::PushSoon), say(Say::PushSoonWhy), {}};
  if (view.panel.notice) {
    if (!source.empty()) view.panel.subtitle = layerLabel(cursor.layer);
    view.description = describeNotice(view.panel);
    return view;
  }
  view.panel.subtitle = say(Say::LayerAndToken, layerLabel(cursor.layer), cursor.token);
  view.experts = source.experts();
  view.chosen = source.chosenAt(cursor.layer, cursor.token);
  view.explains = say(Say::PushExplains);
  for (const core::LayerPush& push : pushes.all) {
    view.columns.push_back(columnOf(push, static_cast<size_t>(cursor.token), E, say));
  }
  view.columns.push_back(weightColumn(source, policy, cursor, view, say));
  describe(source, cursor, view, say);
  return view;
}

}  // namespace ui
