#include "ui/views/prediction_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double first(std::span<const float> row) { return row.empty() ? kUnknown : static_cast<double>(row[0]); }

// The actual token's place among all of the vocabulary; 0 where the logits were not kept.
int placeOf(const ViewSource& source, int token, int32_t id) {
  const std::span<const float> logits = source.trace.floats(Hook::Logits, 0, token);
  if (id < 0 || static_cast<size_t>(id) >= logits.size()) return 0;
  const float own = logits[static_cast<size_t>(id)];
  return 1 + static_cast<int>(std::count_if(logits.begin(), logits.end(), [&](float l) { return l > own; }));
}

Description describe(const ViewSource& source, const PredictionView& view, const Cursor& cursor, const Phrases& say) {
  Description out;
  const Candidate& top = view.rows.front();
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::PredictionTop, quotedToken(source.textOf(top.id)), scoreText(top.probability));
  for (const Candidate& row : view.rows) {
    if (!row.actual) continue;
    const std::string place = row.place > 0 ? ordinalWord(say, row.place) : say(Say::BelowTen);
    out.sentence +=
        say(Say::PredictionActual, quotedToken(source.tokenAt(view.token + 1)), place, scoreText(row.probability));
  }
  out.sentence += say(Say::PredictionEnd, natsText(view.entropy));
  out.columns = {say(Say::ColumnPlace), say(Say::ColumnText), say(Say::ColumnProbability), say(Say::ActualNext)};
  for (const Candidate& row : view.rows) {
    out.rows.push_back({row.place > 0 ? countText(row.place) : say(Say::BelowTen), row.text.whole(),
                        scoreText(row.probability), row.actual ? say(Say::Yes) : ""});
  }
  return out;
}

}  // namespace

PredictionView makePredictionView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  PredictionView view;
  view.panel.title = say(Say::PredictionTitle);
  view.token = cursor.token;
  view.surprisal = view.entropy = kUnknown;
  view.panel.notice = noRunNotice(source, say);
  if (view.panel.notice) {
    view.panel.subtitle = say(source.modelOpen ? Say::NoRun : Say::NoModelOpen);
  } else {
    view.panel.subtitle = say(Say::AfterToken, cursor.token);
    view.panel.notice = notRecordedNotice(source, Hook::TopIds, cursor, say);
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  const core::Trace& trace = source.trace;
  const std::span<const int32_t> ids = trace.ints(Hook::TopIds, 0, cursor.token);
  const std::span<const float> probabilities = trace.floats(Hook::TopProbabilities, 0, cursor.token);
  const bool known = cursor.token + 1 < trace.length();
  const int32_t actual = known ? trace.ids()[static_cast<size_t>(cursor.token) + 1] : -1;
  if (known) view.actualText = visibleToken(source.tokenAt(cursor.token + 1));
  view.entropy = first(trace.floats(Hook::PredictionEntropy, 0, cursor.token));
  view.surprisal = known ? first(trace.floats(Hook::Surprisal, 0, cursor.token)) : kUnknown;
  bool found = false;
  for (size_t i = 0; i < ids.size() && i < probabilities.size(); ++i) {
    if (ids[i] < 0) continue;  // a vocabulary of fewer than ten
    Candidate row{static_cast<int>(i) + 1, ids[i], visibleToken(source.textOf(ids[i])),
                  static_cast<double>(probabilities[i]), known && ids[i] == actual};
    found = found || row.actual;
    view.highest = std::max(view.highest, row.probability);
    view.rows.push_back(std::move(row));
  }
  if (known && !found && !std::isnan(view.surprisal)) {
    view.rows.push_back(
        {placeOf(source, cursor.token, actual), actual, view.actualText, std::exp(-view.surprisal), true});
  }
  if (view.rows.empty()) {
    view.panel.notice = Notice{say(Say::NotRun, cursor.token), say(Say::NotRunWhy), {}};
    view.description = describeNotice(view.panel);
    return view;
  }
  view.description = describe(source, view, cursor, say);
  return view;
}

}  // namespace ui
