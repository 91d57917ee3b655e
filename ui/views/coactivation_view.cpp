#include "ui/views/coactivation_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

std::string arrow(int from, int to, int experts, const Phrases& say) {
  return say(Say::PairOf, expertLabel(from, experts), expertLabel(to, experts));
}

std::string expertsLabel(int first, int last, int experts) {
  const std::string one = expertLabel(first, experts);
  return first == last ? one : one + "\u2013" + expertLabel(last, experts);
}

// One row an expert: its tokens, then its share with each of the others.
void describe(const ViewSource& source, const Cursor& cursor, CoactivationView& view, const Phrases& say) {
  const LayerMeasures& of = *view.measured;
  const auto E = static_cast<size_t>(of.experts);
  int64_t never = 0;
  for (size_t i = 0; i < E; ++i) {
    for (size_t j = i + 1; j < E; ++j) never += of.both[i * E + j] == 0;
  }
  const auto pairs = static_cast<int64_t>(E * (E - 1) / 2);
  const std::string chance = shareText(of.byChance), place = placeSentence(source, view.panel.title, cursor, say);
  Description& out = view.description;
  if (of.strongest.empty()) {
    out.sentence = place + say(Say::PairsSayNever, countText(never), countText(pairs), chance);
  } else {
    const ExpertPair& top = of.strongest.front();
    out.sentence = place + say(Say::PairsSay, arrow(top.from, top.to, of.experts, say), shareText(top.rate()),
                               countText(top.of), chance, countText(never), countText(pairs));
  }
  if (!source.tables) return;
  out.columns = {say(Say::ColumnExpert), say(Say::PairTokens)};
  for (int j = 0; j < of.experts; ++j) out.columns.push_back(expertLabel(j, of.experts));
  for (size_t i = 0; i < E; ++i) {
    std::vector<std::string> row{expertLabel(static_cast<int>(i), of.experts), countText(of.tokens[i])};
    for (size_t j = 0; j < E; ++j) {
      const bool none = i == j || of.tokens[i] == 0;
      row.push_back(none ? std::string() : shareText(of.both[i * E + j] / static_cast<double>(of.tokens[i])));
    }
    out.rows.push_back(std::move(row));
  }
}

}  // namespace

PairBlock pairBlock(const LayerMeasures& measured, int firstRow, int firstColumn, int side) {
  PairBlock out;
  out.firstRow = firstRow;
  out.firstColumn = firstColumn;
  out.lastRow = std::min(firstRow + side, measured.experts) - 1;
  out.lastColumn = std::min(firstColumn + side, measured.experts) - 1;
  for (int i = out.firstRow; i <= out.lastRow; ++i) {
    const int64_t of = measured.tokens[static_cast<size_t>(i)];
    if (of == 0) continue;
    const int32_t* row = measured.both.data() + static_cast<size_t>(i) * static_cast<size_t>(measured.experts);
    for (int j = out.firstColumn; j <= out.lastColumn; ++j) {
      if (i == j) continue;
      out.both += row[j];
      out.of += of;
      if (out.highest.of == 0 || row[j] * out.highest.of > out.highest.both * of) out.highest = {i, j, row[j], of};
    }
  }
  return out;
}

CoactivationView makeCoactivationView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  CoactivationView view;
  view.panel.title = routerTitle(source, Say::CoactivationTitle, say);
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterIds, {0, cursor.layer, 0, {}}, say);
  if (!view.panel.notice) {
    view.measured = measuresOf(source, cursor.layer);
    if (view.measured && view.measured->both.empty()) {
      view.panel.notice = Notice{say(Say::NoPairs), say(Say::NoPairsWhy), {}};
    }
  }
  if (view.panel.notice) {
    view.measured.reset();
    view.description = describeNotice(view.panel);
    return view;
  }
  view.layer = cursor.layer;
  view.experts = source.experts();
  view.cursorExpert = cursor.expert;
  view.chosenNow = source.chosenAt(cursor.layer, cursor.token);
  view.panel.subtitle = say(Say::CoactivationSub, layerLabel(cursor.layer),
                            countText(source.trace.tokens(Hook::RouterIds, cursor.layer)));
  if (!view.measured) {
    view.panel.corner = say(Say::MeasuresSoon);
    view.description.sentence = say(Say::NameValue, view.panel.title, view.panel.corner);
    return view;
  }
  describe(source, cursor, view, say);
  return view;
}

std::vector<std::string> pairTip(const ViewSource& source, const Cursor& cursor, int firstRow, int firstColumn,
                                 int side, const Phrases& say) {
  const CoactivationView view = makeCoactivationView(source, cursor, say);
  if (!view.measured || firstRow < 0 || firstColumn < 0 || firstRow >= view.experts || firstColumn >= view.experts ||
      side < 1) {
    return {};
  }
  const PairBlock block = pairBlock(*view.measured, firstRow, firstColumn, side);
  const std::string row = expertsLabel(block.firstRow, block.lastRow, view.experts);
  std::vector<std::string> lines{
      say(Say::PairOf, row, expertsLabel(block.firstColumn, block.lastColumn, view.experts))};
  const auto pair = [&](const std::string& name, const std::string& value) {
    lines.push_back(say(Say::NameValue, name, value));
  };
  const bool one = block.firstRow == block.lastRow && block.firstColumn == block.lastColumn;
  if (block.of == 0) {
    lines.push_back(one && firstRow == firstColumn ? say(Say::PairItself) : say(Say::PairNoToken, row));
    return lines;
  }
  if (one) {
    pair(say(Say::PairBoth), countText(block.both));
    pair(say(Say::PairTokensOf, row), countText(block.of));
    pair(say(Say::PairShare), shareText(block.rate()));
  } else {
    pair(say(Say::PairMean), shareText(block.rate()));
  }
  pair(say(Say::ByChance), shareText(view.measured->byChance));
  pair(say(Say::PairOverChance), ratioText(block.rate() / view.measured->byChance));
  if (!one) {
    const ExpertPair& top = block.highest;
    pair(say(Say::PairHighest), say(Say::PairHighestValue, arrow(top.from, top.to, view.experts, say),
                                    shareText(top.rate()), countText(top.both), countText(top.of)));
  }
  return lines;
}

}  // namespace ui
