#include "ui/views/knockout_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

std::string nats(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "\u2013"; }
std::string change(double value) { return std::isfinite(value) ? signedText(value) : "\u2013"; }

void describe(const KnockoutView& view, Description& out, const Phrases& say) {
  out.sentence = view.panel.title + ": " + view.finding + " " + view.about;
  out.columns = {say(Say::ColumnExpert), say(Say::KnockoutUses), say(Say::EffectKl), say(Say::KnockoutSurprisal),
                 say(Say::KnockoutPredicted)};
  for (const KnockoutRow& row : view.rows) {
    out.rows.push_back({placeLabel(row.layer, row.expert, view.experts), countText(row.uses), nats(row.kl),
                        change(row.surprisal), change(row.predicted)});
  }
  out.rows.push_back({say(Say::KnockoutRandom), "", nats(view.control.mean), "", ""});
}

}  // namespace

KnockoutView makeKnockoutView(const core::StoredKnockout* sweep, const ViewSource& source, const Cursor& cursor,
                              const Phrases& say) {
  KnockoutView view;
  view.panel.title = say(Say::KnockoutTitle);
  if (!sweep || sweep->effects.empty()) {
    view.panel.notice = Notice{say(Say::KnockoutNone), say(Say::KnockoutNoneWhy), {}};
    view.description = describeNotice(view.panel);
    return view;
  }
  view.experts = source.experts();
  view.token = sweep->token;
  view.cursorLayer = cursor.layer;
  view.cursorExpert = cursor.expert;
  std::vector<double> effects;
  for (const core::StoredEffect& e : sweep->effects) {
    if (std::isfinite(e.kl)) effects.push_back(e.kl);
  }
  view.control = core::bootstrapMean(effects, sweep->resamples, sweep->seed);
  for (const core::StoredEffect& e : sweep->effects) {
    if (e.uses == 0) {
      ++view.unused;
      continue;
    }
    view.rows.push_back({e.layer, e.expert, e.uses, e.kl, e.surprisal, e.predicted, e.kl > view.control.high});
    if (std::isfinite(e.kl)) view.high = std::max(view.high, e.kl);
  }
  std::stable_sort(view.rows.begin(), view.rows.end(),
                   [](const KnockoutRow& a, const KnockoutRow& b) { return a.kl > b.kl; });
  const std::string token = quotedToken(source.tokenAt(sweep->token));
  view.panel.subtitle = say(Say::AfterToken, sweep->token);
  if (view.rows.empty()) {
    view.finding = say(Say::KnockoutNobody);
  } else {
    const KnockoutRow& first = view.rows.front();
    view.finding = say(Say::KnockoutSays, placeLabel(first.layer, first.expert, view.experts), sweep->token, token,
                       nats(first.kl), nats(view.control.mean), nats(view.control.low), nats(view.control.high));
  }
  view.about = say(sweep->onlyToken ? Say::KnockoutAtToken : Say::KnockoutUpToToken,
                   countText(static_cast<int64_t>(sweep->effects.size())), countText(view.unused), sweep->engine);
  if (!sweep->complete) view.about += " " + say(Say::KnockoutStopped);
  describe(view, view.description, say);
  return view;
}

}  // namespace ui
