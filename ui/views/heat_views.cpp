#include "ui/views/heat_views.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

// The end of a scale: the largest score, up to the next tenth (the next hundredth where all are small).
double scaleEnd(float largest) {
  const auto v = static_cast<double>(largest);
  if (!(v > 0)) return 1;
  const double unit = v > 0.1 ? 0.1 : v > 0.01 ? 0.01 : v;
  return std::ceil(v / unit - 1e-9) * unit;
}

float largestOf(const std::vector<float>& all) { return all.empty() ? 0 : *std::max_element(all.begin(), all.end()); }

Description describeLayers(const ViewSource& source, const LayersExpertsView& view, const Cursor& cursor,
                           const Phrases& say) {
  Description out;
  std::vector<std::string> places;
  int routed = 0;
  out.columns = {say(Say::ColumnLayer)};
  for (int k = 0; k < source.chosen(); ++k) out.columns.push_back(ordinalNumber(say, k + 1));
  for (int layer = 0; layer < view.layers; ++layer) {
    if (view.dense[static_cast<size_t>(layer)]) continue;
    ++routed;
    std::vector<std::string> row{layerLabel(layer)};
    const std::vector<int> chosen = source.chosenAt(layer, view.token);
    std::vector<std::string> labels;
    for (size_t rank = 0; rank < chosen.size(); ++rank) {
      const std::string label = expertLabel(chosen[rank], view.experts);
      labels.push_back(label);
      const bool dropped = source.keptAt(layer, view.token, static_cast<int>(rank)) == 0;
      row.push_back(dropped ? label + " " + say(Say::DroppedWord) : label);
    }
    if (!labels.empty()) places.push_back(say(Say::ChosenInLayers, listOf(say, labels), layer));
    out.rows.push_back(std::move(row));
  }
  const double chance = view.experts > 0 ? static_cast<double>(routed) * source.chosen() / view.experts : 0;
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::LayersExpertsSays, listOf(say, places), shortText(chance), routed);
  return out;
}

Description describeTokens(const TokensExpertsView& view, const Cursor& cursor, const Phrases& say) {
  Description out;
  const ViewSource& source = view.source;
  std::vector<int> count(static_cast<size_t>(view.experts)), dropped(static_cast<size_t>(view.experts));
  for (int t = 0; t < view.tokens; ++t) {
    const std::span<const int32_t> ids = source.trace.ints(Hook::RouterIds, view.layer, t);
    for (size_t rank = 0; rank < ids.size(); ++rank) {
      if (ids[rank] < 0 || ids[rank] >= view.experts) continue;
      ++count[static_cast<size_t>(ids[rank])];
      if (source.keptAt(view.layer, t, static_cast<int>(rank)) == 0) ++dropped[static_cast<size_t>(ids[rank])];
    }
  }
  const double even = view.experts > 0 ? static_cast<double>(view.tokens) * source.chosen() / view.experts : 0;
  const auto own = static_cast<size_t>(std::clamp(view.cursorExpert, 0, std::max(0, view.experts - 1)));
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::TokensExpertsSays, expertLabel(view.cursorExpert, view.experts),
                     countText(own < count.size() ? count[own] : 0), countText(view.tokens), shortText(even));
  out.columns = {say(Say::ColumnExpert), say(Say::ChosenWord), say(Say::ColumnDropped)};
  for (int e = 0; e < view.experts; ++e) {
    out.rows.push_back({expertLabel(e, view.experts), countText(count[static_cast<size_t>(e)]),
                        countText(dropped[static_cast<size_t>(e)])});
  }
  return out;
}

}  // namespace

LayersExpertsView makeLayersExpertsView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  LayersExpertsView view;
  view.panel.title = routerTitle(source, Say::LayersExpertsTitle, say);
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice && nextRoutedLayer(source.config(), 0) < 0) {
    view.panel.notice = noRouterNotice(source, cursor, say);
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  view.layers = source.layers();
  view.experts = source.experts();
  view.cursorLayer = cursor.layer;
  view.cursorExpert = cursor.expert;
  view.token = cursor.token;
  view.panel.subtitle = say(Say::ThisToken);
  view.chosenNow = source.chosenAt(cursor.layer, cursor.token);
  view.high = scaleEnd(largestOf(source.scoreMax));
  view.beside = !source.beside.empty();
  const auto L = static_cast<size_t>(view.layers), E = static_cast<size_t>(view.experts);
  view.dense.assign(L, 0);
  view.known.assign(L, 0);
  view.cells.assign(L * E, {});
  for (size_t l = 0; l < L; ++l) {
    const int layer = static_cast<int>(l);
    view.dense[l] = source.routed(layer) ? 0 : 1;
    const std::span<const float> scores = source.scoresAt(layer, cursor.token);
    const std::vector<int> chosen = source.chosenAt(layer, cursor.token);
    view.known[l] = chosen.empty() ? 0 : 1;
    for (size_t e = 0; e < E; ++e) {
      view.cells[l * E + e].score = scores.empty() ? std::numeric_limits<float>::quiet_NaN() : scores[e];
    }
    for (size_t rank = 0; rank < chosen.size(); ++rank) {
      HeatCell& cell = view.cells[l * E + static_cast<size_t>(chosen[rank])];
      cell.rank = static_cast<int8_t>(std::min<size_t>(rank, 126));
      cell.dropped = source.keptAt(layer, cursor.token, static_cast<int>(rank)) == 0;
    }
    for (const int e : source.besideAt(layer, cursor.token)) view.cells[l * E + static_cast<size_t>(e)].recorded = true;
  }
  view.description = describeLayers(source, view, cursor, say);
  return view;
}

TokensExpertsView makeTokensExpertsView(const ViewSource& source, const Cursor& cursor,
                                        const TokensExpertsOptions& options, const Phrases& say) {
  TokensExpertsView view;
  view.panel.title = routerTitle(source, Say::TokensExpertsTitle, say);
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterIds, {0, cursor.layer, 0, {}}, say);
  if (!source.empty()) view.panel.subtitle = layerLabel(cursor.layer);
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  view.source = source;
  view.layer = cursor.layer;
  view.experts = source.experts();
  view.cursorToken = cursor.token;
  view.cursorExpert = cursor.expert;
  view.chosenNow = source.chosenAt(cursor.layer, cursor.token);
  view.tokens = source.trace.tokens(Hook::RouterIds, cursor.layer);
  view.length = std::max(view.tokens, source.running ? source.running->total : source.trace.length());
  view.prompt = source.trace.promptTokens();
  view.global = options.global;
  view.zoom = options.zoom;
  view.first = options.first;
  view.rangeFirst = options.rangeFirst;
  view.rangeLast = options.rangeLast;
  view.panel.corner = say(options.global ? Say::Global : Say::PerLayer);
  view.panel.cornerAction = Action::ChangeScale;
  view.high =
      scaleEnd(options.global ? largestOf(source.scoreMax) : source.scoreMax[static_cast<size_t>(cursor.layer)]);
  view.description = describeTokens(view, cursor, say);
  return view;
}

}  // namespace ui
