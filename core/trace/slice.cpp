#include "core/trace/slice.h"

#include <algorithm>

#include "core/trace/dispatch.h"

namespace core {
namespace {

// Rows [first, last] of one array, as far as they exist in all of the stream.
Array rowsOf(const Trace& trace, const HookInfo& hook, int layer, int first, int count) {
  Array array;
  array.hook = hook.hook;
  if (hook.type == HookType::F32) {
    array.floats = trace.gatherFloats(hook.hook, layer, first, count);
    array.columns = static_cast<int>(array.floats.size()) / count;
  } else {
    array.ints = trace.gatherInts(hook.hook, layer, first, count);
    array.columns = static_cast<int>(array.ints.size()) / count;
  }
  return array;
}

// Slot or kept as the whole run decided them.
Array decided(const std::vector<int32_t>& all, Hook hook, int K, int first, int count) {
  Array array;
  array.hook = hook;
  array.columns = K;
  const auto begin = all.begin() + static_cast<ptrdiff_t>(first) * K;
  array.ints.assign(begin, begin + static_cast<ptrdiff_t>(count) * K);
  return array;
}

Trace addStream(Trace part, const Trace& trace, Stream stream, int layer, const TraceRange& range) {
  const int end = std::min(range.lastToken + 1, trace.tokens(stream, layer)), count = end - range.firstToken;
  if (count <= 0) return part;
  Block block;
  block.stream = stream;
  block.layer = layer;
  block.tokens = count;
  const bool router = stream == Stream::Layer && trace.has(Hook::RouterIds, layer);
  const LayerDispatch dispatch = router ? dispatchOf(trace, layer) : LayerDispatch{};
  const int K = trace.config().router.chosen;
  const bool decides = dispatch.exists && dispatch.tokens >= end;
  for (const HookInfo& hook : allHooks()) {
    if (hook.stream != stream) continue;
    if (decides && (hook.hook == Hook::RouterSlot || hook.hook == Hook::RouterKept)) {
      const auto& all = hook.hook == Hook::RouterSlot ? dispatch.slot : dispatch.kept;
      block.arrays.push_back(decided(all, hook.hook, K, range.firstToken, count));
    } else if (trace.has(hook.hook, layer)) {
      Array rows = rowsOf(trace, hook, layer, range.firstToken, count);
      if (rows.columns > 0) block.arrays.push_back(std::move(rows));
    }
  }
  return block.arrays.empty() ? part : part.with(std::move(block));
}

}  // namespace

TraceRange wholeRange(const Trace& trace) { return {0, trace.length() - 1, 0, trace.config().layers - 1}; }

Trace firstTokens(const Trace& trace, int count, std::shared_ptr<const RunInfo> info) {
  Trace out = Trace(std::move(info)).withIds(trace.ids(), trace.texts());
  for (int s = 0; s < kStreams; ++s) {
    const auto stream = static_cast<Stream>(s);
    const int layers = isOfLayer(stream) ? trace.config().layers : 1;
    for (int layer = 0; layer < layers; ++layer) {
      for (const auto& block : trace.blocks(stream, layer)) {
        const int rows = std::min(block->tokens, count - block->firstToken);
        if (rows <= 0) break;
        Block cut = *block;
        cut.tokens = rows;
        for (Array& array : cut.arrays) {
          const auto size = static_cast<size_t>(rows) * static_cast<size_t>(array.columns);
          if (!array.floats.empty()) array.floats.resize(size);
          if (!array.ints.empty()) array.ints.resize(size);
        }
        out = out.with(std::move(cut));
      }
    }
  }
  return out;
}

Result<Trace> sliceTrace(const Trace& trace, const TraceRange& range) {
  if (trace.empty() || range.firstToken < 0 || range.firstToken > range.lastToken ||
      range.lastToken >= trace.length()) {
    return fail("tokens {} to {}: expected a range inside of the run's {} tokens", range.firstToken, range.lastToken,
                trace.empty() ? 0 : trace.length());
  }
  if (range.firstLayer < 0 || range.firstLayer > range.lastLayer || range.lastLayer >= trace.config().layers) {
    return fail("layers {} to {}: expected a range inside of the model's {} layers", range.firstLayer, range.lastLayer,
                trace.config().layers);
  }
  if (range.isWhole(trace)) return trace;
  const int count = range.lastToken - range.firstToken + 1;
  const auto first = static_cast<ptrdiff_t>(range.firstToken);
  auto info = std::make_shared<RunInfo>(trace.info());
  info->promptTokens = std::clamp(trace.promptTokens() - range.firstToken, 0, count);
  info->specialTokens = std::clamp(info->specialTokens - range.firstToken, 0, info->promptTokens);
  info->capacity = {};
  if (info->prompt && info->promptTokens != trace.promptTokens()) {
    info->prompt.emplace();
    for (int token = info->specialTokens; token < info->promptTokens; ++token) {
      *info->prompt += trace.texts()[static_cast<size_t>(range.firstToken + token)];
    }
  }
  Trace part = Trace(info).withIds({trace.ids().begin() + first, trace.ids().begin() + first + count},
                                   {trace.texts().begin() + first, trace.texts().begin() + first + count});
  for (int i = 0; i < kStreams; ++i) {
    const auto stream = static_cast<Stream>(i);
    if (!isOfLayer(stream)) {
      part = addStream(std::move(part), trace, stream, 0, range);
      continue;
    }
    for (int layer = range.firstLayer; layer <= range.lastLayer; ++layer) {
      part = addStream(std::move(part), trace, stream, layer, range);
    }
  }
  return part;
}

}  // namespace core
