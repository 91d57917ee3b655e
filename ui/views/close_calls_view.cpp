#include "ui/views/close_calls_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"
#include "ui/views/align.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

using core::Hook;

std::vector<int32_t> choicesOf(const core::Trace& trace, int layer, int token) {
  const auto row = trace.ints(Hook::RouterIds, layer, token);
  std::vector<int32_t> ids(row.begin(), row.end());
  std::erase(ids, -1);
  return ids;
}

bool sameSet(std::vector<int32_t> a, std::vector<int32_t> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

std::string labels(const std::vector<int32_t>& ids, int experts) {
  std::string text;
  for (const int32_t id : ids) text += (text.empty() ? "" : " ") + expertLabel(id, experts);
  return text;
}

int firstLost(const core::Flip& flip) {
  for (const int32_t id : flip.before) {
    if (std::find(flip.after.begin(), flip.after.end(), id) == flip.after.end()) return id;
  }
  return flip.before.empty() ? 0 : flip.before.front();
}

}  // namespace

CloseCallsFound callsBeside(const core::Trace& run, const core::Trace& paraphrase) {
  CloseCallsFound out;
  std::vector<AlignedPair> pairs = alignTokens(run.ids(), paraphrase.ids());
  std::erase_if(pairs, [&](const AlignedPair& pair) {
    return pair.a < 0 || pair.b < 0 ||
           run.ids()[static_cast<size_t>(pair.a)] != paraphrase.ids()[static_cast<size_t>(pair.b)];
  });
  out.tokens = static_cast<int>(pairs.size());
  for (int layer = 0; layer < run.config().layers; ++layer) {
    for (const AlignedPair& pair : pairs) {
      core::Flip flip{layer, pair.a, choicesOf(run, layer, pair.a), choicesOf(paraphrase, layer, pair.b), NAN};
      if (flip.before.empty() || flip.after.empty()) continue;
      ++out.calls.decisions;
      if (sameSet(flip.before, flip.after)) continue;
      if (const auto margin = run.floats(Hook::RouterMargin, layer, pair.a); !margin.empty()) flip.margin = margin[0];
      out.calls.flips.push_back(std::move(flip));
    }
  }
  return out;
}

CloseCallsView makeCloseCallsView(const CloseCallsFound* found, const ViewSource& source, const Phrases& say) {
  CloseCallsView view;
  view.columns = {say(Say::CloseColumnPlace), say(Say::ColumnText), say(Say::CloseColumnBefore),
                  say(Say::CloseColumnAfter), say(Say::CloseColumnMargin)};
  view.description.columns = view.columns;
  if (!found) {
    view.finding = say(Say::CloseNone);
    view.description.sentence = say(Say::CloseTitle) + ": " + view.finding;
    return view;
  }
  const std::string flips = countText(static_cast<int64_t>(found->calls.flips.size())),
                    decisions = countText(found->calls.decisions);
  if (found->rounding) {
    const bool bf16 = *found->rounding == core::RouterRounding::Bf16;
    view.finding = say(Say::CloseRounded, flips, decisions, say(bf16 ? Say::CloseBf16 : Say::CloseQ8));
  } else {
    view.finding = say(Say::CloseBeside, flips, decisions, countText(found->tokens));
  }
  if (found->calls.flips.empty()) view.finding += " " + say(Say::CloseNever);
  if (found->calls.cancelled) view.finding += " " + say(Say::CloseStopped);
  for (const core::Flip& flip : found->calls.flips) {
    CloseRow row{flip.layer, flip.token, firstLost(flip), {}};
    row.cells = {fmt::format("{} {}", layerLabel(flip.layer), flip.token),
                 visibleToken(source.tokenAt(flip.token)).whole(), labels(flip.before, source.experts()),
                 labels(flip.after, source.experts()),
                 std::isfinite(flip.margin) ? fmt::format("{:.2g}", flip.margin) : "\u2013"};
    view.description.rows.push_back(row.cells);
    view.rows.push_back(std::move(row));
  }
  view.description.sentence = say(Say::CloseTitle) + ": " + view.finding;
  return view;
}

}  // namespace ui
