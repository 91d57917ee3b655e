// A row for each token that was run, layer with experts, and rank. `selection` is what top-k saw: where the file
// formats have no tensor of its own for it, the scores, and for families without scores the logits. `slot` is empty
// where no capacity rule acts or is simulated; every choice is kept then.
#include <iterator>

#include "core/snapshot/snapshot.h"
#include "core/snapshot/text_form.h"
#include "core/trace/dispatch.h"

namespace core {
namespace {

std::string at(std::span<const float> row, int32_t index) {
  return index >= 0 && static_cast<size_t>(index) < row.size() ? csvNumber(row[static_cast<size_t>(index)]) : "";
}

std::span<const float> selectionOf(const Trace& trace, int layer, int token) {
  for (const Hook hook : {Hook::RouterSelection, Hook::RouterScores, Hook::RouterLogits}) {
    if (const auto row = trace.floats(hook, layer, token); !row.empty()) return row;
  }
  return {};
}

struct Served {
  std::string slot;  // empty: no rule
  bool kept = true;
};

// As the rule decides, or as it was recorded: a part of a run has no rule of its own any more.
Served servedAt(const Trace& trace, const LayerDispatch& dispatch, int layer, int token, size_t rank, size_t choice) {
  if (dispatch.exists && choice < dispatch.kept.size()) {
    return {std::to_string(dispatch.slot[choice]), dispatch.kept[choice] != 0};
  }
  const auto slots = trace.ints(Hook::RouterSlot, layer, token), kept = trace.ints(Hook::RouterKept, layer, token);
  if (dispatch.exists || rank >= slots.size() || rank >= kept.size()) return {};
  return {std::to_string(slots[rank]), kept[rank] != 0};
}

}  // namespace

Status writeTraceCsv(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink) {
  TRY_STATUS(sink("token,position,id,text,layer,rank,expert,logit,score,selection,weight,slot,kept,reason\n"));
  const int layers = trace.config().layers;
  std::vector<LayerDispatch> dispatches;
  int rows = 0;
  for (int layer = 0; layer < layers; ++layer) {
    dispatches.push_back(dispatchOf(trace, layer));
    rows = std::max(rows, trace.tokens(Stream::Layer, layer));
  }
  for (int token = 0; token < std::min(rows, trace.length()); ++token) {
    const bool shown = options.withPrompt || token >= trace.promptTokens();
    const auto index = static_cast<size_t>(token);
    const int number = options.firstToken + token;
    const std::string start =
        fmt::format("{},{},{},{},", number, number, shown ? std::to_string(trace.ids()[index]) : "",
                    shown ? csvText(trace.texts()[index]) : "");
    std::string text;
    for (int layer = 0; layer < layers; ++layer) {
      const auto experts = trace.ints(Hook::RouterIds, layer, token);
      const auto logits = trace.floats(Hook::RouterLogits, layer, token);
      const auto scores = trace.floats(Hook::RouterScores, layer, token);
      const auto selection = selectionOf(trace, layer, token);
      const auto weights = trace.floats(Hook::RouterWeights, layer, token);
      const LayerDispatch& dispatch = dispatches[static_cast<size_t>(layer)];
      for (size_t rank = 0; rank < experts.size(); ++rank) {
        const int32_t expert = experts[rank];
        if (expert < 0) continue;  // a replay that gave this token fewer experts than another
        const size_t choice = index * experts.size() + rank;
        const Served served = servedAt(trace, dispatch, layer, token, rank, choice);
        fmt::format_to(std::back_inserter(text), "{}{},{},{},{},{},{},{},{},{},{}\n", start, layer, rank, expert,
                       at(logits, expert), at(scores, expert), at(selection, expert),
                       at(weights, static_cast<int32_t>(rank)), served.slot, served.kept ? 1 : 0,
                       served.kept ? "" : "over capacity");
      }
    }
    TRY_STATUS(sink(text));
  }
  return {};
}

}  // namespace core
