#include "ui/views/router_view.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

double d(float value) { return static_cast<double>(value); }

void fillRows(const ViewSource& source, const Cursor& cursor, RouterView& view) {
  const core::Trace& trace = source.trace;
  const auto E = static_cast<size_t>(view.experts);
  const std::span<const float> logits = trace.floats(Hook::RouterLogits, cursor.layer, cursor.token);
  const std::span<const float> scores = source.scoresAt(cursor.layer, cursor.token);
  const std::span<const float> selection = trace.floats(Hook::RouterSelection, cursor.layer, cursor.token);
  const std::span<const float> weights = trace.floats(Hook::RouterWeights, cursor.layer, cursor.token);
  view.hasScores = !scores.empty();
  view.equalSelection = selection.size() != E;
  view.rows.resize(E);
  for (size_t e = 0; e < E; ++e) {
    RouterRow& row = view.rows[e];
    row.expert = static_cast<int>(e);
    row.logit = e < logits.size() ? logits[e] : kUnknown;
    row.score = view.hasScores ? scores[e] : kUnknown;
    row.selection = !view.equalSelection ? selection[e] : view.hasScores ? row.score : row.logit;
  }
  const std::vector<int> chosen = source.chosenAt(cursor.layer, cursor.token);
  for (size_t rank = 0; rank < chosen.size(); ++rank) {
    RouterRow& row = view.rows[static_cast<size_t>(chosen[rank])];
    row.rank = static_cast<int>(rank);
    row.weight = rank < weights.size() ? weights[rank] : kUnknown;
    row.dropped = source.keptAt(cursor.layer, cursor.token, row.rank) == 0;
  }
  view.beside = !source.beside.empty();
  int recorded = 0;
  for (const int e : source.besideAt(cursor.layer, cursor.token)) {
    view.rows[static_cast<size_t>(e)].recordedRank = recorded++;
  }
}

// The last expert that was chosen and the first that was not, by selection score.
void findMargin(RouterView& view) {
  view.margin = view.kth = kUnknown;
  for (const RouterRow& row : view.rows) {
    int& best = row.rank >= 0 ? view.lastChosen : view.firstNot;
    const bool better = best < 0 || (row.rank >= 0 ? row.rank > view.rows[static_cast<size_t>(best)].rank
                                                   : row.selection > view.rows[static_cast<size_t>(best)].selection);
    if (better && (row.rank >= 0 || std::isfinite(row.selection))) best = row.expert;
  }
  if (view.lastChosen < 0) return;
  view.kth = view.rows[static_cast<size_t>(view.lastChosen)].selection;
  if (view.firstNot < 0) return;
  view.rows[static_cast<size_t>(view.firstNot)].next = true;
  view.margin = view.kth - view.rows[static_cast<size_t>(view.firstNot)].selection;
  view.close = view.margin < kCloseMargin;
}

void findRanges(RouterView& view) {
  view.logitLow = view.selectionLow = std::numeric_limits<float>::max();
  view.logitHigh = view.selectionHigh = std::numeric_limits<float>::lowest();
  for (const RouterRow& row : view.rows) {
    if (std::isfinite(row.logit)) {
      view.logitLow = std::min(view.logitLow, row.logit);
      view.logitHigh = std::max(view.logitHigh, row.logit);
    }
    if (std::isfinite(row.selection)) {
      view.selectionLow = std::min(view.selectionLow, row.selection);
      view.selectionHigh = std::max(view.selectionHigh, row.selection);
    }
    if (row.score > view.scoreHigh) view.scoreHigh = row.score;
    if (row.rank >= 0 && row.weight > view.weightHigh) view.weightHigh = row.weight;
  }
  view.logitHigh = std::max(view.logitHigh, view.logitLow);
  view.selectionHigh = std::max(view.selectionHigh, view.selectionLow);
}

Description describe(const ViewSource& source, const RouterView& view, const Cursor& cursor, const Phrases& say) {
  Description out;
  std::vector<std::string> ranked;
  for (size_t rank = 0; rank < static_cast<size_t>(view.chosen); ++rank) {
    for (const RouterRow& row : view.rows) {
      if (row.rank == static_cast<int>(rank)) {
        ranked.push_back(say(Say::RankedExpert, expertLabel(row.expert, view.experts),
                             ordinalWord(say, static_cast<int>(rank) + 1)));
      }
    }
  }
  out.sentence = placeSentence(source, view.panel.title, cursor, say) + listOf(say, ranked);
  if (view.lastChosen >= 0 && view.firstNot >= 0) {
    out.sentence += say(view.close ? Say::OnlyAhead : Say::Ahead, expertLabel(view.lastChosen, view.experts),
                        scoreText(d(view.margin)), expertLabel(view.firstNot, view.experts));
  }
  out.sentence += std::isnan(view.uniform) ? "." : say(Say::UniformWouldBe, scoreText(view.uniform));
  if (source.changedAt(cursor.layer, cursor.token)) {
    std::vector<std::string> before;
    for (const int e : source.besideAt(cursor.layer, cursor.token)) before.push_back(expertLabel(e, view.experts));
    out.sentence += " " + say(Say::RunChose, listOf(say, before));
  }
  out.columns = {say(Say::ColumnExpert), say(Say::RawLogit),      say(Say::Score),        say(Say::Selection),
                 say(Say::Rank),         say(Say::AppliedWeight), say(Say::ColumnDropped)};
  for (const RouterRow& row : view.rows) {
    const bool is = row.rank >= 0;
    out.rows.push_back({expertLabel(row.expert, view.experts), signedText(d(row.logit)), scoreText(d(row.score)),
                        view.hasScores ? scoreText(d(row.selection)) : signedText(d(row.selection)),
                        is         ? fmt::format("{}", row.rank + 1)
                        : row.next ? say(Say::Next)
                                   : "",
                        is ? scoreText(d(row.weight)) : "", row.dropped ? say(Say::Yes) : ""});
  }
  return out;
}

}  // namespace

RouterView makeRouterView(const ViewSource& source, const Cursor& cursor, bool byScore, const Phrases& say) {
  RouterView view;
  view.panel.title = routerTitle(source, Say::RouterTitle, say);
  view.layer = cursor.layer;
  view.token = cursor.token;
  view.cursorExpert = cursor.expert;
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterLogits, cursor, say);
  if (view.panel.notice) {
    if (!source.empty()) view.panel.subtitle = layerLabel(cursor.layer);
    view.description = describeNotice(view.panel);
    return view;
  }
  view.experts = source.experts();
  view.chosen = source.chosen();
  view.byScore = byScore;
  view.panel.subtitle = say(Say::LayerAndToken, layerLabel(cursor.layer), cursor.token);
  view.panel.corner = say(byScore ? Say::ByScore : Say::ByExpert);
  view.panel.cornerAction = Action::ChangeOrder;
  const bool softmax = source.config().router.score == core::ScoreFunction::Softmax;
  view.uniform = softmax && view.experts > 0 ? 1.0 / view.experts : std::numeric_limits<double>::quiet_NaN();
  fillRows(source, cursor, view);
  findMargin(view);
  findRanges(view);
  view.order.resize(view.rows.size());
  std::iota(view.order.begin(), view.order.end(), 0);
  if (byScore) {
    std::stable_sort(view.order.begin(), view.order.end(), [&](int a, int b) {
      return view.rows[static_cast<size_t>(a)].selection > view.rows[static_cast<size_t>(b)].selection;
    });
  }
  view.description = describe(source, view, cursor, say);
  return view;
}

}  // namespace ui
