#include "core/snapshot/tensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "core/base/check.h"
#include "core/trace/dispatch.h"

namespace core {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

// A row exists for every token of the stream the values belong to; those of the Next streams may come one later.
Stream reachOf(Stream stream) {
  if (isOfLayer(stream)) return Stream::Layer;
  if (stream == Stream::HeadNext) return Stream::Head;
  return stream;
}

// (count, columns); rows that do not exist are NaN.
std::vector<float> paddedFloats(const Trace& trace, Hook hook, int layer, int first, int count, int columns) {
  std::vector<float> all(static_cast<size_t>(count) * static_cast<size_t>(columns),
                         std::numeric_limits<float>::quiet_NaN());
  for (int row = 0; row < count; ++row) {
    const std::span<const float> values = trace.floats(hook, layer, first + row);
    std::copy(values.begin(), values.end(), all.begin() + static_cast<ptrdiff_t>(row) * columns);
  }
  return all;
}

struct Rows {
  int first = 0, count = 0;
};

class Collector {
 public:
  explicit Collector(const Trace& trace) : m_trace(trace) {}

  // Both halves of one hook: the prompt's rows and those of generated tokens.
  void add(const HookInfo& info, int layer) {
    if (!m_trace.has(info.hook, layer)) return;
    const int columns = m_trace.columns(info.hook, layer);
    for (const auto& [half, prefix] : halves(m_trace.tokens(reachOf(info.stream), layer))) {
      const Rows rows = half;  // a lambda may not take a structured binding along everywhere
      SnapshotTensor tensor;
      tensor.name = prefix + layerPrefix(info.stream, layer) + std::string(info.name);
      tensor.shape = {rows.count};
      if (info.shape != "1") tensor.shape.push_back(columns);
      const auto read = [trace = m_trace, hook = info.hook, layer, rows, columns] {
        return paddedFloats(trace, hook, layer, rows.first, rows.count, columns);
      };
      const auto readInts = [trace = m_trace, hook = info.hook, layer, rows] {
        return trace.gatherInts(hook, layer, rows.first, rows.count);
      };
      if (info.type == HookType::F32) {
        tensor.floats = read;
      } else {
        tensor.type = SnapshotType::I64;
        tensor.ints = readInts;
      }
      tensors.push_back(std::move(tensor));
    }
  }

  void addSimulatedDispatch(int layer) {
    const LayerDispatch decided = dispatchOf(m_trace, layer);
    if (!decided.exists) return;
    const int K = m_trace.config().router.chosen;
    for (const Hook hook : {Hook::RouterKept, Hook::RouterSlot}) {
      const std::vector<int32_t>& all = hook == Hook::RouterKept ? decided.kept : decided.slot;
      for (const auto& [rows, prefix] : halves(decided.tokens)) {
        const auto begin = all.begin() + static_cast<ptrdiff_t>(rows.first) * K;
        addInts(prefix + layerPrefix(Stream::Layer, layer) + std::string(hookInfo(hook).name), {rows.count, K},
                {begin, begin + static_cast<ptrdiff_t>(rows.count) * K});
      }
    }
  }

  void addInts(std::string name, std::vector<int64_t> shape, std::vector<int32_t> values) {
    SnapshotTensor tensor;
    tensor.name = std::move(name);
    tensor.type = SnapshotType::I64;
    tensor.shape = std::move(shape);
    tensor.ints = [values = std::move(values)] { return values; };
    tensors.push_back(std::move(tensor));
  }

  std::vector<SnapshotTensor> tensors;

 private:
  std::vector<std::pair<Rows, std::string>> halves(int tokens) const {
    const int prompt = std::min(tokens, m_trace.promptTokens());
    std::vector<std::pair<Rows, std::string>> both = {{{0, prompt}, ""}};
    if (tokens > prompt) both.push_back({{prompt, tokens - prompt}, "generated."});
    return both;
  }

  static std::string layerPrefix(Stream stream, int layer) {
    return isOfLayer(stream) ? fmt::format("layers.{}.", layer) : "";
  }

  const Trace& m_trace;
};

}  // namespace

int64_t SnapshotTensor::elements() const {
  int64_t product = 1;
  for (const int64_t size : shape) product *= size;
  return product;
}

std::string SnapshotTensor::littleEndian() const {
  std::string bytes;
  if (type == SnapshotType::F32) {
    const std::vector<float> values = floats();
    bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  } else {
    const std::vector<int32_t> narrow = ints();
    const std::vector<int64_t> values(narrow.begin(), narrow.end());
    bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int64_t));
  }
  CHECK(bytes.size() == this->bytes(), "{}: {} bytes, {} expected", name, bytes.size(), this->bytes());
  return bytes;
}

std::vector<SnapshotTensor> snapshotTensors(const Trace& trace, const SnapshotOptions& options) {
  Collector all(trace);
  // Slots of a simulated rule are no hooks of a recording; a replay holds its own.
  const bool simulated = trace.info().capacity.active && trace.info().capacity.simulated && !trace.info().replay;
  for (const HookInfo& info : allHooks()) {
    const int layers = isOfLayer(info.stream) ? trace.config().layers : 1;
    for (int layer = 0; layer < layers; ++layer) all.add(info, layer);
  }
  for (int layer = 0; simulated && layer < trace.config().layers; ++layer) all.addSimulatedDispatch(layer);

  const std::vector<int32_t>& ids = trace.ids();
  const int prompt = std::min(trace.promptTokens(), trace.length());
  const int run = std::clamp(trace.tokens(Stream::Layer), prompt, std::max(prompt, trace.length()));
  if (options.withPrompt) {
    all.addInts("ids", {prompt}, {ids.begin(), ids.begin() + prompt});
    if (run > prompt) all.addInts("generated.ids", {run - prompt}, {ids.begin() + prompt, ids.begin() + run});
  }
  if (trace.length() > prompt) all.addInts("greedy", {trace.length() - prompt}, {ids.begin() + prompt, ids.end()});
  std::sort(all.tensors.begin(), all.tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return std::move(all.tensors);
}

}  // namespace core
