#include "ui/views/effect_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

std::string chance(double value) { return std::isfinite(value) ? scoreText(value) : "\u2013"; }
std::string nats(double value) { return std::isfinite(value) ? natsText(value) : "\u2013"; }

// The row of a token; the last one where the change begins behind it.
const core::TokenDifference& rowAt(const core::IntervenedRun& run, int token) {
  for (const core::TokenDifference& d : run.tokens) {
    if (d.token == token) return d;
  }
  return run.tokens.back();
}

std::string partingOf(const core::IntervenedRun& run, const Phrases& say) {
  std::vector<std::string> parts;
  for (const core::LayerDifference& d : run.layers) {
    if (d.firstToken >= 0)
      parts.push_back(say(Say::EffectParts, layerLabel(d.layer), d.firstToken, countText(d.tokens)));
  }
  if (parts.empty()) return say(Say::EffectNeverParts);
  return say(Say::EffectParting, listOf(say, parts));
}

void describe(const core::IntervenedRun& run, const ViewSource& source, EffectView& view, const Phrases& say) {
  Description& out = view.description;
  const auto most = std::max_element(view.bars.begin(), view.bars.end(),
                                     [](const EffectBar& a, const EffectBar& b) { return a.kl < b.kl; });
  out.sentence = view.panel.title + ": " + view.label + ". ";
  if (most != view.bars.end() && std::isfinite(most->kl)) {
    out.sentence += say(Say::EffectSays, most->token, quotedToken(source.tokenAt(most->token)), nats(most->kl)) + " ";
  }
  out.sentence += view.atToken + " " + view.parting;
  out.columns = {say(Say::ColumnToken),           say(Say::ColumnText),           say(Say::EffectKl),
                 say(Say::EffectSurprisalBefore), say(Say::EffectSurprisalAfter), say(Say::EffectTopBefore),
                 say(Say::EffectTopAfter)};
  for (const core::TokenDifference& d : run.tokens) {
    const auto likeliest = [&](int32_t id, double probability) {
      return id < 0 ? std::string() : quotedToken(source.textOf(id)) + " " + chance(probability);
    };
    out.rows.push_back({fmt::format("{}", d.token), visibleToken(source.tokenAt(d.token)).whole(), nats(d.kl),
                        nats(d.surprisalBefore), nats(d.surprisalAfter), likeliest(d.topBefore, d.topProbabilityBefore),
                        likeliest(d.topAfter, d.topProbabilityAfter)});
  }
}

}  // namespace

EffectView makeEffectView(const core::IntervenedRun* run, const ViewSource& source, const Cursor& cursor,
                          const Phrases& say) {
  EffectView view;
  view.panel.title = say(Say::EffectTitle);
  if (!run || run->tokens.empty()) {
    view.panel.notice = Notice{say(Say::EffectNone), say(Say::EffectNoneWhy), {}};
    view.description = describeNotice(view.panel);
    return view;
  }
  view.label = run->label;
  view.length = run->original.length();
  view.firstChanged = run->firstChanged;
  view.cursorToken = cursor.token;
  view.lastToken = run->tokens.back().token;
  for (const core::TokenDifference& d : run->tokens) {
    view.bars.push_back({d.token, d.kl, d.surprisalBefore, d.surprisalAfter, d.topBefore != d.topAfter});
    if (std::isfinite(d.kl)) view.highKl = std::max(view.highKl, d.kl);
    for (const double s : {d.surprisalBefore, d.surprisalAfter}) {
      if (std::isfinite(s)) view.highSurprisal = std::max(view.highSurprisal, s);
    }
  }
  const core::TokenDifference& at = rowAt(*run, cursor.token);
  if (at.topBefore >= 0 && at.topAfter >= 0) {
    view.atToken =
        say(Say::EffectAtToken, at.token, quotedToken(source.textOf(at.topBefore)), chance(at.topProbabilityBefore),
            quotedToken(source.textOf(at.topAfter)), chance(at.topProbabilityAfter));
  }
  if (std::isfinite(at.targetAfter)) {
    view.followed = say(Say::EffectTarget, chance(at.targetBefore), chance(at.targetAfter));
    if (std::isfinite(at.distractorAfter)) {
      view.followed += say(Say::EffectDistractor, chance(at.distractorBefore), chance(at.distractorAfter));
    }
    view.followed += ".";
  }
  view.parting = partingOf(*run, say);
  view.panel.subtitle = say(Say::EffectSub);
  describe(*run, source, view, say);
  return view;
}

}  // namespace ui
