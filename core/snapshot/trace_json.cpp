// A run as one JSON document. Tensors are written in pieces of some rows: a long run at capture full is far larger as a
// tree of values than as text, and a call of the sink for every row costs as much as its numbers.
#include <charconv>

#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/snapshot/text_form.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

constexpr size_t kPiece = size_t{1} << 16;

template <class T>
void appendValue(std::string& out, T value) {
  if constexpr (std::is_same_v<T, float>) {
    appendJsonNumber(out, value);
  } else {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
}

// (T) as [a, b], (T, N) as [[a, b], [c, d]].
template <class T>
Status writeRows(const std::vector<T>& values, const std::vector<int64_t>& shape, const ByteSink& sink) {
  const bool nested = shape.size() > 1;
  const size_t columns = nested ? static_cast<size_t>(shape[1]) : 1;
  std::string text;
  text.reserve(2 * kPiece);
  text = "[";
  for (size_t at = 0; at < values.size(); ++at) {
    if (nested && at % columns == 0) {
      if (text.size() >= kPiece) {
        TRY_STATUS(sink(text));
        text.clear();
      }
      text += at > 0 ? ",[" : "[";
    } else if (at > 0) {
      text += ',';
    }
    appendValue(text, values[at]);
    if (nested && at % columns == columns - 1) text += ']';
  }
  return sink(text + "]");
}

}  // namespace

Status writeTraceJson(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink) {
  std::string head = jsonText(provenance(trace, options));
  head.back() = ',';  // the closing brace comes at the end
  TRY_STATUS(sink(head + "\"tensors\":{"));
  bool first = true;
  for (const SnapshotTensor& tensor : snapshotTensors(trace, options)) {
    TRY_STATUS(sink(fmt::format("{}\"{}\":", first ? "" : ",", tensor.name)));
    first = false;
    if (tensor.type == SnapshotType::F32) {
      TRY_STATUS(writeRows(tensor.floats(), tensor.shape, sink));
    } else {
      TRY_STATUS(writeRows(tensor.ints(), tensor.shape, sink));
    }
  }
  return sink("}}\n");
}

}  // namespace core
