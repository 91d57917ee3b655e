#include "ui/views/ledger_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/numbers.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

using core::Hook;
using core::LedgerParts;

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr int kRankRows = 4;  // routed experts with a row of their own

double d(float value) { return static_cast<double>(value); }
float at(std::span<const float> row, int column) {
  return column >= 0 && static_cast<size_t>(column) < row.size() ? row[static_cast<size_t>(column)] : kUnknown;
}

struct Hooks {
  std::span<const float> norm, share, push;
  float outNorm = 0;
};

Hooks hooksAt(const ViewSource& source, int layer, int token) {
  const core::Trace& trace = source.trace;
  Hooks h;
  h.norm = trace.floats(Hook::LedgerNorm, layer, token);
  h.share = trace.floats(Hook::LedgerOutputShare, layer, token);
  h.push = trace.floats(Hook::LedgerActualEffect, layer, token);
  const std::span<const float> out = trace.floats(Hook::LedgerOutNorm, layer, token);
  h.outNorm = out.empty() ? kUnknown : out[0];
  const auto expected = static_cast<size_t>(LedgerParts{source.chosen()}.count());
  if (h.norm.size() != expected || h.share.size() != expected) return {};
  return h;
}

LedgerRow makeRow(const Hooks& h, Part part, int column, std::string label) {
  LedgerRow row;
  row.part = part;
  row.label = std::move(label);
  row.norm = at(h.norm, column);
  row.share = d(at(h.share, column)) / d(h.outNorm);
  row.push = at(h.push, column);
  return row;
}

std::string routedLabel(const ViewSource& source, int expert, const Phrases& say) {
  return say(Say::ExpertRouted, expertLabel(expert, source.experts()));
}

// The largest four of the routed experts by norm, in rank order, and the others as one row. Norms do not add up (the
// vectors may turn against each other), so the row of the others has the root of the sum of squares.
void addRouted(const ViewSource& source, const Hooks& h, int layer, int token, const Phrases& say,
               std::vector<LedgerRow>& rows) {
  const std::vector<int> chosen = source.chosenAt(layer, token);
  std::vector<LedgerRow> routed;
  for (int rank = 0; rank < static_cast<int>(chosen.size()); ++rank) {
    const int expert = chosen[static_cast<size_t>(rank)];
    LedgerRow row = makeRow(h, Part::Routed, LedgerParts::expert(rank), routedLabel(source, expert, say));
    row.rank = rank;
    row.expert = expert;
    row.dropped = source.keptAt(layer, token, rank) == 0;
    routed.push_back(std::move(row));
  }
  if (static_cast<int>(routed.size()) <= kRankRows) {
    rows.insert(rows.end(), routed.begin(), routed.end());
    return;
  }
  std::vector<LedgerRow> bySize = routed;
  std::stable_sort(bySize.begin(), bySize.end(),
                   [](const LedgerRow& a, const LedgerRow& b) { return a.norm > b.norm; });
  std::vector<bool> own(routed.size(), false);
  for (int i = 0; i < kRankRows; ++i) own[static_cast<size_t>(bySize[static_cast<size_t>(i)].rank)] = true;
  LedgerRow others;
  others.part = Part::OtherRouted;
  others.label = say(Say::Others, static_cast<int>(routed.size()) - kRankRows);
  double squares = 0;
  for (const LedgerRow& row : routed) {
    if (own[static_cast<size_t>(row.rank)]) {
      rows.push_back(row);
    } else {
      squares += d(row.norm) * d(row.norm);
      others.share += row.share;
      others.push += row.push;
    }
  }
  others.norm = static_cast<float>(std::sqrt(squares));
  rows.push_back(others);
}

std::vector<LedgerRow> rowsAt(const ViewSource& source, const Hooks& h, int layer, int token, const Phrases& say) {
  const LedgerParts parts{source.chosen()};
  std::vector<LedgerRow> rows;
  rows.push_back(makeRow(h, Part::Residual, LedgerParts::residual(), say(Say::ResidualIn)));
  rows.push_back(makeRow(h, Part::Attention, LedgerParts::attention(), say(Say::Attention)));
  if (source.routed(layer)) {
    addRouted(source, h, layer, token, say, rows);
    rows.push_back(makeRow(h, Part::Shared, parts.shared(), say(Say::Shared)));
  } else {
    rows.push_back(makeRow(h, Part::Dense, parts.dense(), say(Say::DenseBlock)));
  }
  rows.push_back(makeRow(h, Part::Remainder, parts.remainder(), say(Say::Remainder)));
  return rows;
}

void addColumns(const ViewSource& source, int token, const Phrases& say, LedgerView& view) {
  for (int layer = 0; layer < source.layers(); ++layer) {
    LedgerColumn column;
    column.layer = layer;
    const Hooks h = hooksAt(source, layer, token);
    column.known = !h.norm.empty();
    if (column.known) {
      for (LedgerRow& row : rowsAt(source, h, layer, token, say)) {
        if (row.part == Part::Residual || row.part == Part::Remainder) continue;
        column.total += d(row.norm);
        column.parts.push_back(std::move(row));
      }
      view.columnHigh = std::max(view.columnHigh, column.total);
    }
    view.columns.push_back(std::move(column));
  }
}

void findPushToken(const ViewSource& source, int token, Hooks& h, LedgerView& view) {
  if (!h.push.empty() && token + 1 < source.trace.length()) {
    view.pushToken = visibleToken(source.tokenAt(token + 1)).whole();
    view.pushActual = true;
    return;
  }
  h.push = source.trace.floats(Hook::LedgerPredictedEffect, view.layer, token);
  const std::span<const int32_t> top = source.trace.ints(Hook::TopIds, 0, token);
  if (!h.push.empty() && !top.empty()) view.pushToken = visibleToken(source.textOf(top[0])).whole();
}

void addSums(const ViewSource& source, const Phrases& say, LedgerView& view) {
  double routed = 0, shared = 0, remainder = 0;
  for (const LedgerRow& row : view.rows) {
    view.shareSum += row.share;
    if (!std::isnan(row.push)) view.pushSum += d(row.push);
    view.normHigh = std::max(view.normHigh, row.norm);
    if (!std::isnan(row.push)) view.pushHigh = std::max(view.pushHigh, std::abs(row.push));
    if (row.part == Part::Routed || row.part == Part::OtherRouted) routed += d(row.norm);
    if (row.part == Part::Shared) shared = d(row.norm);
    if (row.part == Part::Remainder) remainder = d(row.norm);
  }
  if (view.pushToken.empty()) view.pushSum = std::numeric_limits<double>::quiet_NaN();
  // The routed experts' vectors may turn against each other: their sum's own length, where it was kept.
  const std::span<const float> sum = source.trace.floats(Hook::Routed, view.layer, view.token);
  if (!sum.empty()) {
    double squares = 0;
    for (const float x : sum) squares += d(x) * d(x);
    routed = std::sqrt(squares);
  }
  if (source.routed(view.layer)) {
    view.sharedSentence = source.config().shared == core::SharedExpert::None
                              ? say(Say::NoSharedExpert)
                              : say(sum.empty() ? Say::SharedOfNorms : Say::SharedOf,
                                    wholeShareText(routed + shared > 0 ? shared / (routed + shared) : 0));
  }
  const double error = view.outNorm > 0 ? remainder / d(view.outNorm) : 0;
  view.errorSentence =
      say(source.config().routedBias ? Say::RemainderIsBias : Say::RecombinationError, errorText(error));
}

Description describe(const ViewSource& source, const LedgerView& view, const Cursor& cursor, const Phrases& say) {
  Description out;
  std::vector<std::string> wrote;
  double residual = 0;
  for (const LedgerRow& row : view.rows) {
    if (row.part == Part::Residual) residual = row.share;
    if (row.part == Part::Residual || row.part == Part::Remainder) continue;
    wrote.push_back(say(Say::Wrote, row.label, normText(d(row.norm))));
  }
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::LedgerSays, listOf(say, wrote), shareText(residual));
  out.columns = {say(Say::ColumnPart), say(Say::Norm), say(Say::OfOutput),
                 view.pushToken.empty() ? say(Say::PushOnNext) : say(Say::PushOn, view.pushToken)};
  for (const LedgerRow& row : view.rows) {
    out.rows.push_back({row.label, normText(d(row.norm)), signedShareText(row.share), signedText(d(row.push))});
  }
  out.rows.push_back({say(Say::Output), normText(d(view.outNorm)), shareText(view.shareSum), signedText(view.pushSum)});
  return out;
}

}  // namespace

LedgerView makeLedgerView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  if (source.block) return makeLedgerView(*source.block, cursor, say);
  LedgerView view;
  view.panel.title = say(Say::LedgerTitle);
  view.layer = cursor.layer;
  view.token = cursor.token;
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::LedgerNorm, cursor, say);
  if (view.panel.notice) {
    if (!source.empty()) view.panel.subtitle = say(Say::Locked);
    view.description = describeNotice(view.panel);
    return view;
  }
  view.experts = source.experts();
  view.panel.subtitle = say(Say::LedgerSub, layerLabel(cursor.layer));
  Hooks h = hooksAt(source, cursor.layer, cursor.token);
  findPushToken(source, cursor.token, h, view);
  view.outNorm = h.outNorm;
  view.rows = rowsAt(source, h, cursor.layer, cursor.token, say);
  const bool anyDropped = std::any_of(view.rows.begin(), view.rows.end(), [](const LedgerRow& r) { return r.dropped; });
  const bool simulated = source.dispatch[static_cast<size_t>(cursor.layer)]->simulated;
  if (simulated) view.panel.corner = say(anyDropped ? Say::RecordedHatched : Say::RecordedWithoutDrops);
  addColumns(source, cursor.token, say, view);
  addSums(source, say, view);
  view.description = describe(source, view, cursor, say);
  return view;
}

LedgerOverLayersView makeLedgerOverLayersView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  if (source.block) return makeLedgerOverLayersView(*source.block, cursor, say);
  LedgerOverLayersView view;
  view.panel.title = say(Say::LedgerOverLayersTitle);
  view.cursorLayer = cursor.layer;
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::LedgerNorm, cursor, say);
  if (view.panel.notice) {
    if (!source.empty()) view.panel.subtitle = say(Say::Locked);
    view.description = describeNotice(view.panel);
    return view;
  }
  view.panel.subtitle = say(Say::LedgerOverLayersSub);
  view.layers = source.layers();
  const auto L = static_cast<size_t>(view.layers);
  view.bands = {{Part::Residual, say(Say::Residual), std::vector<double>(L)},
                {Part::Attention, say(Say::Attention), std::vector<double>(L)},
                {Part::Routed, say(Say::Routed), std::vector<double>(L)},
                {Part::Shared, say(Say::Shared), std::vector<double>(L)},
                {Part::Dense, say(Say::DenseBlock), std::vector<double>(L)}};
  for (size_t l = 0; l < L; ++l) {
    const Hooks h = hooksAt(source, static_cast<int>(l), cursor.token);
    if (h.norm.empty()) continue;
    for (const LedgerRow& row : rowsAt(source, h, static_cast<int>(l), cursor.token, say)) {
      const Part part = row.part == Part::OtherRouted ? Part::Routed : row.part;
      for (auto& band : view.bands) {
        if (band.part == part) band.share[l] += row.share;
      }
    }
  }
  const auto empty = [](const LedgerOverLayersView::Band& band) {
    return band.part == Part::Dense &&
           std::all_of(band.share.begin(), band.share.end(), [](double s) { return s == 0; });
  };
  view.bands.erase(std::remove_if(view.bands.begin(), view.bands.end(), empty), view.bands.end());
  Description& out = view.description;
  out.columns = {say(Say::ColumnLayer)};
  for (const auto& band : view.bands) out.columns.push_back(band.label);
  for (size_t l = 0; l < L; ++l) {
    std::vector<std::string> row{layerLabel(static_cast<int>(l))};
    for (const auto& band : view.bands) row.push_back(shareText(band.share[l]));
    out.rows.push_back(std::move(row));
  }
  std::vector<std::string> last;
  for (const auto& band : view.bands) last.push_back(say(Say::PartShare, band.label, shareText(band.share.back())));
  out.sentence = placeSentence(source, view.panel.title, cursor, say) + say(Say::OverLayersSays, listOf(say, last));
  return view;
}

}  // namespace ui
