#include "ui/views/token_strip_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/numbers.h"
#include "ui/views/drops_view.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

using core::Hook;

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

float first(std::span<const float> row) { return row.empty() ? kUnknown : row[0]; }

// Unknown where no capacity rule acts. Counted once a trace: it goes through every choice of the run.
float droppedInAllLayers(const ViewSource& source, int token) {
  if (!source.memo) return kUnknown;
  std::vector<float>& counts = source.memo->dropped;
  if (counts.empty()) {
    counts.assign(static_cast<size_t>(source.trace.length()), kUnknown);
    for (int layer = 0; layer < source.layers(); ++layer) {
      if (!source.dispatch[static_cast<size_t>(layer)]->exists) continue;
      for (size_t t = 0; t < counts.size(); ++t) {
        const std::span<const int32_t> ids = source.trace.ints(Hook::RouterIds, layer, static_cast<int>(t));
        if (!ids.empty() && std::isnan(counts[t])) counts[t] = 0;
        for (size_t k = 0; k < ids.size() && ids[k] >= 0; ++k) {
          if (source.keptAt(layer, static_cast<int>(t), static_cast<int>(k)) == 0) counts[t] += 1;
        }
      }
    }
  }
  return static_cast<size_t>(token) < counts.size() ? counts[static_cast<size_t>(token)] : kUnknown;
}

// The surprisal of a token stands in the row of the token before it, which predicted it.
float lensValue(const ViewSource& source, Lens lens, int layer, int token) {
  const core::Trace& trace = source.trace;
  switch (lens) {
    case Lens::FirstExpert:
      return kUnknown;
    case Lens::Surprisal:
      return first(trace.floats(Hook::Surprisal, 0, token - 1));
    case Lens::Entropy:
      return first(trace.floats(Hook::RouterEntropy, layer, token));
    case Lens::Margin:
      return first(trace.floats(Hook::RouterMargin, layer, token));
    case Lens::Weight:
      return first(trace.floats(Hook::RouterWeights, layer, token));
    case Lens::SharedShare: {
      const ViewSource& block = source.ofBlock();
      const std::span<const float> row = block.trace.floats(Hook::LedgerNorm, layer, token);
      const core::LedgerParts parts{block.chosen()};
      if (static_cast<int>(row.size()) != parts.count()) return kUnknown;
      float routed = 0;
      for (int k = 0; k < parts.K; ++k) routed += row[static_cast<size_t>(core::LedgerParts::expert(k))];
      const float shared = row[static_cast<size_t>(parts.shared())];
      return routed + shared > 0 ? shared / (routed + shared) : kUnknown;
    }
    case Lens::Dropped:
      return droppedInAllLayers(source, token);
  }
  return kUnknown;
}

std::string cornerOf(Lens lens, int layer, const Phrases& say) {
  const std::string at = layerLabel(layer);
  switch (lens) {
    case Lens::FirstExpert:
      return say(Say::LensFirstExpert, at);
    case Lens::Surprisal:
      return say(Say::LensSurprisal);
    case Lens::Entropy:
      return say(Say::LensEntropy, at);
    case Lens::Margin:
      return say(Say::LensMargin, at);
    case Lens::Weight:
      return say(Say::LensWeight, at);
    case Lens::SharedShare:
      return say(Say::LensSharedShare, at);
    case Lens::Dropped:
      return say(Say::LensDropped);
  }
  return {};
}

void setLevels(TokenStripView& view) {
  float high = view.lens == Lens::SharedShare ? 1.0f : 0.0f;
  for (const StripToken& t : view.tokens) {
    if (t.value > high) high = t.value;
  }
  for (StripToken& t : view.tokens) {
    if (!std::isnan(t.value)) t.level = high > 0 ? std::clamp(t.value / high, 0.0f, 1.0f) : 0.0f;
  }
}

Description describe(const ViewSource& source, const TokenStripView& view, const Phrases& say) {
  Description out;
  int dropped = 0;
  for (const StripToken& t : view.tokens) dropped += t.dropped;
  out.sentence = placeSentence(source, view.panel.title, {view.cursor, view.layer, 0, Stage::Logits}, say) +
                 say(Say::StripSays, countText(static_cast<int64_t>(view.tokens.size())), countText(view.prompt),
                     countText(static_cast<int64_t>(view.tokens.size()) - view.prompt), countText(dropped),
                     layerLabel(view.layer)) +
                 (view.changedWord.empty() ? "" : " " + view.changedWord + ".");
  out.columns = {say(Say::ColumnToken), say(Say::ColumnText), view.panel.corner, say(Say::ColumnDropped)};
  if (!source.tables) return out;
  for (size_t t = 0; t < view.tokens.size(); ++t) {
    const int token = static_cast<int>(t);
    out.rows.push_back({fmt::format("{}", token), visibleToken(source.tokenAt(token)).whole(), lensText(view, token),
                        fmt::format("{}", view.tokens[t].dropped)});
  }
  return out;
}

}  // namespace

std::string lensText(const TokenStripView& view, int token) {
  const StripToken& t = view.tokens[static_cast<size_t>(token)];
  switch (view.lens) {
    case Lens::FirstExpert:
      return t.expert < 0 ? "" : expertNumber(t.expert, view.experts);
    case Lens::Surprisal:
    case Lens::Entropy:
      return normText(static_cast<double>(t.value));
    case Lens::Margin:
    case Lens::Weight:
      return scoreText(static_cast<double>(t.value));
    case Lens::SharedShare:
      return wholeShareText(static_cast<double>(t.value));
    case Lens::Dropped:
      return std::isnan(t.value) ? "" : fmt::format("{}", static_cast<int>(t.value));
  }
  return {};
}

TokenStripView makeTokenStripView(const ViewSource& source, const Cursor& cursor, const TokenStripOptions& options,
                                  const Phrases& say) {
  TokenStripView view;
  view.panel.title = say(Say::TokensTitle);
  view.lens = options.lens;
  view.layer = cursor.layer;
  view.cursor = cursor.token;
  view.scrolledTo = options.scrolledTo;
  view.panel.notice = noRunNotice(source, say);
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  view.trace = source.trace;
  view.experts = source.experts();
  const int length = source.trace.length();
  view.prompt = std::clamp(source.trace.promptTokens(), 0, length);
  view.panel.subtitle = countText(length);
  view.panel.corner = cornerOf(options.lens, cursor.layer, say);
  view.panel.cornerAction = Action::ChangeLens;
  view.promptWord = say(Say::PromptCount, countText(view.prompt));
  if (length > view.prompt) view.generatedWord = say(Say::GeneratedCount, countText(length - view.prompt));
  view.tokens.resize(static_cast<size_t>(length));
  bool anyRule = false;
  int changed = 0;
  for (int t = 0; t < length; ++t) {
    StripToken& token = view.tokens[static_cast<size_t>(t)];
    const std::span<const int32_t> ids = source.trace.ints(Hook::RouterIds, cursor.layer, t);
    if (!ids.empty() && ids[0] >= 0 && ids[0] < view.experts) token.expert = ids[0];
    for (int rank = 0; rank < source.chosen(); ++rank) {
      const auto at = static_cast<size_t>(rank);
      if (at < ids.size() && ids[at] < 0) break;  // this token has fewer choices than another
      const int kept = source.keptAt(cursor.layer, t, rank);
      anyRule = anyRule || kept >= 0;
      if (kept == 0 && token.dropped < 255) ++token.dropped;
    }
    token.value = lensValue(source, options.lens, cursor.layer, t);
    token.changed = source.changedAt(cursor.layer, t);
    changed += token.changed;
  }
  if (!source.beside.empty()) view.changedWord = say(Say::ChangedAt, countText(changed), layerLabel(cursor.layer));
  if (anyRule) view.droppedWord = say(Say::DroppedChoiceAt, layerLabel(cursor.layer));
  for (const int mark : options.bookmarks) {
    if (mark >= 0 && mark < length) view.tokens[static_cast<size_t>(mark)].bookmarked = true;
  }
  if (options.rangeFirst >= 0 && options.rangeLast >= options.rangeFirst) {
    view.rangeFirst = options.rangeFirst;
    view.rangeLast = std::min(options.rangeLast, length - 1);
  }
  setLevels(view);
  view.description = describe(source, view, say);
  return view;
}

}  // namespace ui
