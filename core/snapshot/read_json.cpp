#include <limits>
#include <map>

#include "core/base/json.h"
#include "core/model/mapped_file.h"
#include "core/snapshot/read_snapshot.h"

namespace core {
namespace {

using Json = nlohmann::json;

// The hook that a tensor's name ends in: "generated.layers.3.router.ids" -> router.ids.
std::optional<Hook> hookOf(std::string_view name) {
  if (name.starts_with("generated.")) name.remove_prefix(10);
  if (name.starts_with("layers.")) {
    name.remove_prefix(7);
    name.remove_prefix(std::min(name.size(), name.find('.') + 1));
  }
  return hookNamed(name);
}

// Takes the nested lists under "tensors" as they are parsed: [1, 2] or [[1, 2], [3, 4]].
class TensorTap : public JsonTap {
 public:
  std::map<std::string, SnapshotValues> tensors;

  bool wants(const std::vector<std::string>& path) override {
    if (path.size() != 2 || path[0] != "tensors") return false;
    m_hook = hookOf(path[1]);
    m_values = m_hook ? &tensors[path[1]] : &m_ignored;
    *m_values = {};
    m_integers = m_hook && hookInfo(*m_hook).type == HookType::I32;
    m_depth = 0;
    m_rows = m_columns = m_inRow = m_single = 0;
    return true;
  }

  bool null() override {
    // What top-k saw is -infinity where it was masked; other values are undefined.
    const float value = m_hook == Hook::RouterSelection ? -std::numeric_limits<float>::infinity()
                                                        : std::numeric_limits<float>::quiet_NaN();
    return m_hook && m_integers ? stop("null among whole numbers") : put(value);
  }
  bool number_float(number_float_t value, const string_t&) override {
    return m_hook && m_integers ? stop("a fraction among whole numbers") : put(static_cast<float>(value));
  }
  bool number_integer(number_integer_t value) override { return whole(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= uint64_t{INT64_MAX} ? whole(static_cast<int64_t>(value)) : put(static_cast<float>(value));
  }
  bool boolean(bool) override { return stop("a flag among numbers"); }
  bool string(string_t&) override { return stop("a text among numbers"); }
  bool start_object(std::size_t) override { return stop("an object among numbers"); }
  bool end_object() override { return true; }
  bool key(string_t&) override { return true; }
  bool start_array(std::size_t) override {
    if (++m_depth > 2) return stop("lists nested deeper than two levels");
    m_inRow = 0;
    return true;
  }
  bool end_array() override {
    if (--m_depth == 1) {
      if (m_rows > 0 && m_inRow != m_columns) return stop("rows of different lengths");
      m_columns = m_inRow;
      ++m_rows;
    } else if (m_depth == 0) {
      m_values->shape = m_rows > 0 ? std::vector<int64_t>{m_rows, m_columns} : std::vector<int64_t>{m_single};
      m_ignored = {};
    }
    return true;
  }

 private:
  bool stop(const char* why) {
    error = std::string("tensors: ") + why;
    return false;
  }
  bool whole(int64_t value) {
    if (!m_integers) return put(static_cast<float>(value));
    if (value < INT32_MIN || value > INT32_MAX) return stop("a whole number outside 32 bits");
    if (!count()) return false;
    m_values->ints.push_back(static_cast<int32_t>(value));
    return true;
  }
  bool put(float value) {
    if (!count()) return false;
    if (m_hook) m_values->floats.push_back(value);
    return true;
  }
  bool count() {
    if (m_depth == 0) return stop("a number where a list is expected");
    if (m_depth == 1 && m_rows > 0) return stop("numbers beside rows");
    ++(m_depth == 1 ? m_single : m_inRow);
    return m_depth == 1 || m_single == 0 || stop("rows beside numbers");
  }

  std::optional<Hook> m_hook;
  SnapshotValues m_ignored;  // of names unknown here
  SnapshotValues* m_values = &m_ignored;
  bool m_integers = false;
  int m_depth = 0;
  int64_t m_rows = 0, m_columns = 0, m_inRow = 0, m_single = 0;
};

class ParsedTensors : public SnapshotSource {
 public:
  explicit ParsedTensors(std::map<std::string, SnapshotValues>& tensors) : m_tensors(tensors) {}
  bool has(const std::string& name) const override { return m_tensors.contains(name); }
  Result<SnapshotValues> load(const std::string& name, SnapshotType) override {
    return std::move(m_tensors.extract(name).mapped());  // each is asked for once
  }

 private:
  std::map<std::string, SnapshotValues>& m_tensors;
};

}  // namespace

Result<Trace> parseTraceJson(std::string_view text, const std::string& place) {
  TensorTap tap;
  TRY_ASSIGN(const Json provenance, parseJson(text, place, {}, &tap));
  ParsedTensors source(tap.tensors);
  return assembleTrace(provenance, source, place);
}

Result<Trace> readJsonTrace(const std::filesystem::path& path) {
  TRY_ASSIGN(const auto file, MappedFile::open(path));
  TRY_ASSIGN(Trace trace,
             parseTraceJson({reinterpret_cast<const char*>(file->data()), file->size()}, path.filename().string()));
  TRY_STATUS(file->check());
  return trace;
}

}  // namespace core
