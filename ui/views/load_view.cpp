#include "ui/views/load_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

std::string rangeWord(const LoadRange& range, int cursorToken, const Phrases& say) {
  switch (range.kind) {
    case LoadRange::Kind::WholeRun:
      return say(Say::WholeRun);
    case LoadRange::Kind::UpToCursor:
      return say(Say::UpToToken, cursorToken);
    case LoadRange::Kind::Tokens:
      return say(Say::TokensFromTo, range.first, range.last);
  }
  return {};
}

void count(const ViewSource& source, int layer, int first, int last, LoadView& view) {
  view.rows.resize(static_cast<size_t>(view.experts));
  for (int e = 0; e < view.experts; ++e) view.rows[static_cast<size_t>(e)].expert = e;
  int choices = 0;
  for (int t = first; t <= last; ++t) {
    const std::span<const int32_t> ids = source.trace.ints(Hook::RouterIds, layer, t);
    if (ids.empty()) continue;
    for (const int e : source.besideAt(layer, t)) ++view.rows[static_cast<size_t>(e)].recorded;
    ++view.tokens;
    for (size_t rank = 0; rank < ids.size(); ++rank) {
      if (ids[rank] < 0 || ids[rank] >= view.experts) continue;
      LoadRow& row = view.rows[static_cast<size_t>(ids[rank])];
      ++choices;
      ++(source.keptAt(layer, t, static_cast<int>(rank)) == 0 ? row.dropped : row.kept);
    }
  }
  view.ideal = view.experts > 0 ? static_cast<double>(choices) / view.experts : 0;
  for (LoadRow& row : view.rows) {
    row.overIdeal = view.ideal > 0 ? row.count() / view.ideal : 0;
    view.highest = std::max(view.highest, row.count());
    if (row.count() == 0) view.dead.push_back(row.expert);
  }
  for (const LoadRow& row : view.rows) {
    const double share = choices > 0 ? static_cast<double>(row.count()) / choices : 0;
    if (share > 0) view.entropy -= share * std::log(share);
  }
  view.maxViolation = view.ideal > 0 ? view.highest / view.ideal - 1 : 0;
  view.beside = !source.beside.empty();
  for (const LoadRow& row : view.rows) view.highest = std::max(view.highest, row.recorded);
}

Description describe(const ViewSource& source, const LoadView& view, const Cursor& cursor, const Phrases& say) {
  Description out;
  const auto busier = [](const LoadRow& a, const LoadRow& b) { return a.count() < b.count(); };
  const LoadRow& high = *std::max_element(view.rows.begin(), view.rows.end(), busier);
  const LoadRow& low = *std::min_element(view.rows.begin(), view.rows.end(), busier);
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::LoadSays, expertLabel(high.expert, view.experts), ratioText(high.overIdeal),
                     expertLabel(low.expert, view.experts), ratioText(low.overIdeal), shortText(view.ideal)) +
                 say(Say::LoadEntropySays, natsText(view.entropy), natsText(std::log(view.experts)));
  if (!view.dead.empty()) {
    std::string names;
    for (const int e : view.dead) {
      names = names.empty() ? expertLabel(e, view.experts) : say(Say::ListNext, names, expertLabel(e, view.experts));
    }
    out.sentence += say(Say::LoadDeadSays, names);
  }
  out.columns = {say(Say::ColumnExpert), say(Say::Kept), say(Say::ColumnDropped), say(Say::TimesIdeal)};
  if (view.beside) out.columns.push_back(say(Say::InTheRun));
  for (const LoadRow& row : view.rows) {
    out.rows.push_back(
        {expertLabel(row.expert, view.experts), countText(row.kept), countText(row.dropped), ratioText(row.overIdeal)});
    if (view.beside) out.rows.back().push_back(countText(row.recorded));
  }
  return out;
}

}  // namespace

LoadView makeLoadView(const ViewSource& source, const Cursor& cursor, const LoadRange& range, const Phrases& say) {
  LoadView view;
  view.panel.title = routerTitle(source, Say::LoadTitle, say);
  view.layer = cursor.layer;
  view.cursorExpert = cursor.expert;
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterIds, {0, cursor.layer, 0, {}}, say);
  if (view.panel.notice) {
    if (!source.empty()) view.panel.subtitle = layerLabel(cursor.layer);
    view.description = describeNotice(view.panel);
    return view;
  }
  view.experts = source.experts();
  view.chosenNow = source.chosenAt(cursor.layer, cursor.token);
  view.panel.corner = rangeWord(range, cursor.token, say);
  view.panel.cornerAction = Action::ChangeRange;
  const int have = source.trace.tokens(Hook::RouterIds, cursor.layer);
  int first = 0, last = have - 1;
  if (range.kind == LoadRange::Kind::UpToCursor) last = std::min(last, cursor.token);
  if (range.kind == LoadRange::Kind::Tokens) {
    first = std::clamp(range.first, 0, std::max(0, have - 1));
    last = std::min(last, range.last);
  }
  count(source, cursor.layer, first, last, view);
  const core::LayerDispatch& dispatch = *source.dispatch[static_cast<size_t>(cursor.layer)];
  const bool oneGroup = dispatch.group == dispatch.queued;
  if (dispatch.exists && oneGroup && range.kind == LoadRange::Kind::WholeRun) view.capacity = dispatch.capacity;
  view.description = describe(source, view, cursor, say);
  return view;
}

LoadByLayerView makeLoadByLayerView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  LoadByLayerView view;
  view.panel.title = routerTitle(source, Say::LoadByLayerTitle, say);
  view.cursorLayer = cursor.layer;
  view.cursorExpert = cursor.expert;
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice && nextRoutedLayer(source.config(), 0) < 0) {
    view.panel.notice = noRouterNotice(source, cursor, say);
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  view.description.columns = {say(Say::ColumnLayer), say(Say::ColumnDropped), say(Say::MaxVio)};
  double worst = -1;
  int worstLayer = 0;
  for (int layer = 0; layer < source.layers(); ++layer) {
    if (!source.routed(layer)) continue;
    Cursor at = cursor;
    at.layer = layer;
    view.layers.push_back(makeLoadView(source, at, {}, say));
    const LoadView& one = view.layers.back();
    view.highest = std::max(view.highest, one.highest);
    int dropped = 0;
    for (const LoadRow& row : one.rows) dropped += row.dropped;
    if (one.maxViolation > worst) {
      worst = one.maxViolation;
      worstLayer = layer;
    }
    view.description.rows.push_back({layerLabel(layer), countText(dropped), ratioText(one.maxViolation)});
  }
  if (!view.layers.empty()) {
    const LoadView& one = view.layers.front();
    view.panel.subtitle = one.capacity < 0
                              ? say(Say::LoadByLayerSub, expertLabel(cursor.expert, one.experts), shortText(one.ideal))
                              : say(Say::LoadByLayerSubCapacity, expertLabel(cursor.expert, one.experts),
                                    shortText(one.ideal), one.capacity);
  }
  view.description.sentence = placeSentence(source, view.panel.title, cursor, say) +
                              say(Say::LoadByLayerSays, layerLabel(worstLayer), ratioText(worst));
  return view;
}

}  // namespace ui
