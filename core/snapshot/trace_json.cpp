// A run as one JSON document. Its numbers become text in pieces of some thousand, several pieces at a time where there
// are threads; a batch of pieces is written in order before the next begins, so that a long run at capture full, far
// larger as text than as numbers, needs little memory.
#include <charconv>

#include "core/base/thread_pool.h"
#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/snapshot/text_form.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

constexpr size_t kPiece = 4096;             // numbers
constexpr size_t kBatch = size_t{1} << 17;  // numbers, 1 to 2 MiB of text

char* writeNumber(char* to, float value) { return writeJsonNumber(to, value); }
char* writeNumber(char* to, int32_t value) { return std::to_chars(to, to + kLongestJsonNumber, value).ptr; }

// Elements [begin, end) of (T) as [a, b], of (T, N) as [[a, b], [c, d]]; only the whole has the outer brackets.
template <class T>
void appendRows(std::string& out, const std::vector<T>& values, size_t columns, bool nested, size_t begin, size_t end) {
  char text[4096];
  char* at = text;
  for (size_t i = begin; i < end; ++i) {
    if (static_cast<size_t>(at - text) > sizeof text - kLongestJsonNumber - 4) {
      out.append(text, at);
      at = text;
    }
    if (i > 0) *at++ = ',';
    if (nested && i % columns == 0) *at++ = '[';
    at = writeNumber(at, values[i]);
    if (nested && i % columns == columns - 1) *at++ = ']';
  }
  out.append(text, at);
}

class Writer {
 public:
  Writer(const ByteSink& sink, ThreadPool* threads) : m_sink(sink), m_threads(threads) {}

  void text(std::string text) { m_pieces.push_back({std::move(text), {}}); }

  template <class T>
  Status rows(std::vector<T> values, const std::vector<int64_t>& shape) {
    const auto all = std::make_shared<const std::vector<T>>(std::move(values));
    const bool nested = shape.size() > 1;
    const size_t columns = nested ? static_cast<size_t>(shape[1]) : 1;
    text("[");
    for (size_t begin = 0; begin < all->size(); begin += kPiece) {
      const size_t end = std::min(all->size(), begin + kPiece);
      m_pieces.push_back({"", [=](std::string& out) { appendRows(out, *all, columns, nested, begin, end); }});
      m_numbers += end - begin;
      if (m_numbers >= kBatch) TRY_STATUS(flush());
    }
    text("]");
    return {};
  }

  Status flush() {
    const auto make = [&](int index) {
      Piece& piece = m_pieces[static_cast<size_t>(index)];
      if (piece.make) piece.make(piece.text);
    };
    const int count = static_cast<int>(m_pieces.size());
    if (m_threads) m_threads->run(count, make);
    for (int i = 0; !m_threads && i < count; ++i) make(i);
    for (const Piece& piece : m_pieces) TRY_STATUS(m_sink(piece.text));
    m_pieces.clear();
    m_numbers = 0;
    return {};
  }

 private:
  struct Piece {
    std::string text;
    std::function<void(std::string&)> make;
  };
  const ByteSink& m_sink;
  ThreadPool* m_threads;
  std::vector<Piece> m_pieces;
  size_t m_numbers = 0;
};

}  // namespace

Status writeTraceJson(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink) {
  Writer writer(sink, options.threads);
  std::string head = jsonText(provenance(trace, options));
  head.back() = ',';  // the closing brace comes at the end
  writer.text(head + "\"tensors\":{");
  bool first = true;
  for (const SnapshotTensor& tensor : snapshotTensors(trace, options)) {
    writer.text(fmt::format("{}\"{}\":", first ? "" : ",", tensor.name));
    first = false;
    if (tensor.type == SnapshotType::F32) {
      TRY_STATUS(writer.rows(tensor.floats(), tensor.shape));
    } else {
      TRY_STATUS(writer.rows(tensor.ints(), tensor.shape));
    }
  }
  writer.text("}}\n");
  return writer.flush();
}

}  // namespace core
