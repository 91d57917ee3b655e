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
    const std::string start = fmt::format("{},{},{},{},", token, token, shown ? std::to_string(trace.ids()[index]) : "",
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
        const size_t choice = index * experts.size() + rank;
        const bool decided = dispatch.exists && choice < dispatch.kept.size();
        const bool kept = !decided || dispatch.kept[choice] != 0;
        fmt::format_to(std::back_inserter(text), "{}{},{},{},{},{},{},{},{},{},{}\n", start, layer, rank, expert,
                       at(logits, expert), at(scores, expert), at(selection, expert),
                       at(weights, static_cast<int32_t>(rank)), decided ? std::to_string(dispatch.slot[choice]) : "",
                       kept ? 1 : 0, kept ? "" : "over capacity");
      }
    }
    TRY_STATUS(sink(text));
  }
  return {};
}

}  // namespace core
