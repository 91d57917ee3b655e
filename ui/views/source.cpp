#include "ui/views/source.h"

#include <algorithm>

#include "core/base/thread_pool.h"
#include "core/trace/second_router.h"
#include "ui/numbers.h"
#include "ui/views/drops_view.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

using core::Hook;

bool sameCapacity(const core::CapacityOptions& a, const core::CapacityOptions& b) {
  return a.active == b.active && a.simulated == b.simulated && a.rule == b.rule && a.factor == b.factor &&
         a.minCapacity == b.minCapacity;
}

std::vector<int> choicesIn(const core::Trace& trace, int layer, int token) {
  std::vector<int> out;
  if (trace.empty()) return out;
  for (const int32_t id : trace.ints(Hook::RouterIds, layer, token)) {
    if (id >= 0 && id < trace.config().router.experts) out.push_back(id);
  }
  return out;
}

}  // namespace

bool ViewSource::routed(int layer) const {
  if (trace.empty() || layer < 0 || static_cast<size_t>(layer) >= config().layer.size()) return false;
  return config().layer[static_cast<size_t>(layer)].moe;
}

std::string ViewSource::textOf(int32_t id) const {
  if (tokenText) return tokenText(id);
  // Without the tokenizer the run itself knows the texts of its own tokens.
  const std::vector<int32_t>& ids = trace.ids();
  const auto found = std::find(ids.begin(), ids.end(), id);
  const auto at = static_cast<size_t>(found - ids.begin());
  return found != ids.end() && at < trace.texts().size() ? trace.texts()[at] : fmt::format("#{}", id);
}

std::string ViewSource::tokenAt(int token) const {
  if (trace.empty() || token < 0 || static_cast<size_t>(token) >= trace.texts().size()) return {};
  return trace.texts()[static_cast<size_t>(token)];
}

std::vector<int> ViewSource::chosenAt(int layer, int token) const { return choicesIn(trace, layer, token); }

std::vector<int> ViewSource::besideAt(int layer, int token) const { return choicesIn(beside, layer, token); }

bool ViewSource::changedAt(int layer, int token) const {
  if (beside.empty() || beside.ints(Hook::RouterIds, layer, token).empty()) return false;
  std::vector<int> now = chosenAt(layer, token), before = besideAt(layer, token);
  std::sort(now.begin(), now.end());
  std::sort(before.begin(), before.end());
  return now != before;
}

int ViewSource::keptAt(int layer, int token, int rank) const {
  if (layer < 0 || static_cast<size_t>(layer) >= dispatch.size()) return -1;
  const core::LayerDispatch& d = *dispatch[static_cast<size_t>(layer)];
  const int64_t at = int64_t{token} * chosen() + rank;
  if (!d.exists || token < 0 || at < 0 || at >= static_cast<int64_t>(d.kept.size())) return -1;
  return d.kept[static_cast<size_t>(at)] != 0 ? 1 : 0;
}

int ViewSource::slotAt(int layer, int token, int rank) const {
  if (layer < 0 || static_cast<size_t>(layer) >= dispatch.size()) return -1;
  const core::LayerDispatch& d = *dispatch[static_cast<size_t>(layer)];
  const int64_t at = int64_t{token} * chosen() + rank;
  if (!d.exists || token < 0 || at < 0 || at >= static_cast<int64_t>(d.slot.size())) return -1;
  return d.slot[static_cast<size_t>(at)];
}

std::span<const float> ViewSource::scoresAt(int layer, int token) const {
  if (trace.empty()) return {};
  const std::span<const float> row = trace.floats(Hook::RouterScores, layer, token);
  return static_cast<int>(row.size()) == experts() ? row : std::span<const float>{};
}

ViewSource makeViewSource(const core::Trace& trace, const ViewSource* before, core::ThreadPool* pool) {
  ViewSource out;
  out.trace = trace;
  if (before) {
    out.tokenText = before->tokenText;
    out.modelOpen = before->modelOpen;
    out.running = before->running;
    out.tables = before->tables;
  }
  if (trace.empty()) return out;
  out.recorded = trace.info().capacity;
  out.memo = std::make_shared<ViewMemo>();
  out.modelOpen = true;
  const auto layers = static_cast<size_t>(trace.config().layers);
  // The same run goes on: its rows only ever grow.
  const bool follows = before && !before->trace.empty() && before->dispatch.size() == layers &&
                       before->trace.info().config == trace.info().config && before->trace.length() <= trace.length() &&
                       std::equal(before->trace.ids().begin(), before->trace.ids().end(), trace.ids().begin());
  const bool sameRule = follows && sameCapacity(before->trace.info().capacity, trace.info().capacity);
  out.scoreMax.assign(layers, 0);
  out.scoreTokens.assign(layers, 0);
  out.dispatch.resize(layers);
  const auto one = [&](int layer) {
    const auto l = static_cast<size_t>(layer);
    const int tokens = trace.tokens(core::Stream::Layer, layer);
    if (sameRule && before->dispatch[l]->tokens == tokens) {
      out.dispatch[l] = before->dispatch[l];
    } else {
      out.dispatch[l] = std::make_shared<const core::LayerDispatch>(core::dispatchOf(trace, layer));
    }
    if (follows && before->scoreTokens[l] <= tokens) {
      out.scoreMax[l] = before->scoreMax[l];
      out.scoreTokens[l] = before->scoreTokens[l];
    }
    for (int t = out.scoreTokens[l]; t < tokens; ++t) {
      for (const float score : out.scoresAt(layer, t)) out.scoreMax[l] = std::max(out.scoreMax[l], score);
    }
    out.scoreTokens[l] = tokens;
  };
  if (pool) {
    pool->run(static_cast<int>(layers), one);
  } else {
    for (int layer = 0; layer < static_cast<int>(layers); ++layer) one(layer);
  }
  return out;
}

ViewSource showingAttention(const ViewSource& source, const ViewSource* before, core::ThreadPool* pool) {
  if (source.block || source.trace.empty() || !core::hasAttentionRouter(source.config())) return source;
  ViewSource out =
      makeViewSource(core::attentionRouting(source.trace), before && before->block ? before : nullptr, pool);
  out.recorded = {};  // attention choices are never dropped by the model itself
  out.tokenText = source.tokenText;
  out.running = source.running;
  out.modelOpen = source.modelOpen;
  out.tables = source.tables;
  out.block = std::make_shared<const ViewSource>(source);
  return out;
}

std::string routerTitle(const ViewSource& source, Say title, const Phrases& say) {
  return source.block ? say(Say::OfAttention, say(title)) : say(title);
}

std::optional<Notice> noRunNotice(const ViewSource& source, const Phrases& say) {
  if (!source.empty()) return std::nullopt;
  if (!source.modelOpen) {
    return Notice{say(Say::NothingOpen),
                  say(Say::NothingOpenWhy),
                  {{say(Say::OpenBundled), Action::OpenBundledModel}, {say(Say::OpenOther), Action::Open}}};
  }
  return Notice{say(Say::NothingRead),
                say(Say::NothingReadWhy),
                {{say(Say::WritePrompt), Action::WritePrompt}, {say(Say::SamplePrompt), Action::SamplePrompt}}};
}

std::optional<Notice> noRouterNotice(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  if (source.routed(cursor.layer)) return std::nullopt;
  const int next = nextRoutedLayer(source.config(), cursor.layer);
  if (next < 0) return Notice{say(Say::NoRouterAtAll), say(Say::NoRouterAtAllWhy), {}};
  return Notice{say(Say::LayerHasNoRouter, cursor.layer),
                say(Say::LayerHasNoRouterWhy, layerLabel(next)),
                {{say(Say::GoTo, layerLabel(next)), Action::GoToNextRoutedLayer}}};
}

std::optional<Notice> notRecordedNotice(const ViewSource& source, core::Hook hook, const Cursor& cursor,
                                        const Phrases& say) {
  const core::HookInfo& info = core::hookInfo(hook);
  const int layer = core::isOfLayer(info.stream) ? cursor.layer : 0;
  const bool isInts = info.type == core::HookType::I32;
  const bool there = isInts ? !source.trace.ints(hook, layer, cursor.token).empty()
                            : !source.trace.floats(hook, layer, cursor.token).empty();
  if (there) return std::nullopt;
  if (source.isReplay() && info.level > core::Capture::Routing) {
    return Notice{say(Say::ReplayHasNoOutputs),
                  say(Say::ReplayHasNoOutputsWhy),
                  {{say(Say::ShowRecorded), Action::ShowRecorded}}};
  }
  if (source.trace.info().capture < info.level) {
    if (info.level == core::Capture::Ledger && !source.modelOpen) {
      return Notice{say(Say::RoutingOnly), say(Say::RoutingOnlyNoModel), {}};
    }
    if (info.level == core::Capture::Ledger) {
      return Notice{say(Say::RoutingOnly),
                    say(Say::RoutingOnlyWhy),
                    {{say(Say::RunAgainWithLedger), Action::RunAgainWithLedger}}};
    }
    return Notice{say(Say::NotKept), say(Say::NotKeptWhy, info.name), {}};
  }
  if (source.running) {
    return Notice{say(Say::TokensOf, countText(source.running->done), countText(source.running->total)),
                  say(Say::NotReachedYet, cursor.token),
                  {{say(Say::Cancel), Action::Cancel}}};
  }
  return Notice{say(Say::NotRun, cursor.token), say(Say::NotRunWhy), {}};
}

std::string placeSentence(const ViewSource& source, const std::string& instrument, const Cursor& cursor,
                          const Phrases& say) {
  return say(Say::PlaceSentence, instrument, cursor.layer, cursor.token, quotedToken(source.tokenAt(cursor.token)));
}

Description describeNotice(const PanelText& panel) {
  Description out;
  out.sentence = panel.title + ": " + panel.notice->heading + " " + panel.notice->sentence;
  return out;
}

}  // namespace ui
