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

size_t columnsOf(const std::vector<int64_t>& shape) { return shape.size() > 1 ? static_cast<size_t>(shape[1]) : 1; }

class Writer {
 public:
  Writer(const ByteSink& sink, ThreadPool* threads) : m_sink(sink), m_threads(threads) {}

  void text(std::string text) { m_pieces.push_back({std::move(text), {}}); }
  void later(std::function<void(std::string&)> make) { m_pieces.push_back({"", std::move(make)}); }

  // A small tensor is one piece, read from the trace by whichever thread makes it.
  Status tensor(SnapshotTensor tensor) {
    const auto numbers = static_cast<size_t>(tensor.elements());
    if (numbers > 2 * kPiece) {
      if (tensor.type == SnapshotType::F32) return rows(tensor.floats(), tensor.shape);
      return rows(tensor.ints(), tensor.shape);
    }
    m_numbers += numbers;
    later([tensor = std::move(tensor)](std::string& out) {
      const auto append = [&](const auto& values) {
        out += '[';
        appendRows(out, values, columnsOf(tensor.shape), tensor.shape.size() > 1, 0, values.size());
        out += ']';
      };
      if (tensor.type == SnapshotType::F32) {
        append(tensor.floats());
      } else {
        append(tensor.ints());
      }
    });
    return m_numbers >= kBatch ? flush() : Status{};
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
  template <class T>
  Status rows(std::vector<T> values, const std::vector<int64_t>& shape) {
    const auto all = std::make_shared<const std::vector<T>>(std::move(values));
    const bool nested = shape.size() > 1;
    const size_t columns = columnsOf(shape);
    text("[");
    for (size_t begin = 0; begin < all->size(); begin += kPiece) {
      const size_t end = std::min(all->size(), begin + kPiece);
      later([=](std::string& out) { appendRows(out, *all, columns, nested, begin, end); });
      m_numbers += end - begin;
      if (m_numbers >= kBatch) TRY_STATUS(flush());
    }
    text("]");
    return {};
  }

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
  writer.later([&](std::string& out) {
    out = jsonText(provenance(trace, options));
    out.back() = ',';  // the closing brace comes at the end
    out += "\"tensors\":{";
  });
  bool first = true;
  for (SnapshotTensor& tensor : snapshotTensors(trace, options)) {
    writer.text(fmt::format("{}\"{}\":", first ? "" : ",", tensor.name));
    first = false;
    TRY_STATUS(writer.tensor(std::move(tensor)));
  }
  writer.text("}}\n");
  return writer.flush();
}

}  // namespace core
