#include <cstring>

#include "core/base/json.h"
#include "core/model/safetensors.h"
#include "core/snapshot/read_snapshot.h"

namespace core {
namespace {

using Json = nlohmann::json;

// The header's entries are read by SafetensorsFile: here only __metadata__ is wanted.
class EntriesAside : public JsonTap {
 public:
  bool wants(const std::vector<std::string>& path) override { return path.size() == 1 && path[0] != "__metadata__"; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool key(string_t&) override { return true; }
};

bool isPlainText(const std::string& key) {
  return key == "schema" || key == "program_version" || key == "capture" || key == "prompt" || key == "prompt_given";
}

// __metadata__ back into the provenance: strings as they are, everything else as JSON.
Result<Json> provenanceOf(const Json& metadata, const std::string& place) {
  if (!metadata.is_object()) return fail("{}: has no __metadata__: no snapshot of a run", place);
  Json provenance = Json::object();
  for (const auto& [key, value] : metadata.items()) {
    if (!value.is_string()) return fail("{}: __metadata__: {}: expected a text", place, key);
    const auto& text = value.get_ref<const std::string&>();
    auto parsed = isPlainText(key) ? Result<Json>(Json(text)) : parseJson(text, key);
    provenance[key] = parsed ? std::move(*parsed) : Json(text);
  }
  if (provenance.value("prompt_given", Json()) != "true") provenance["prompt"] = nullptr;
  return provenance;
}

class TensorFile : public SnapshotSource {
 public:
  TensorFile(const SafetensorsFile& file, const std::string& place) : m_file(file), m_place(place) {}

  bool has(const std::string& name) const override { return m_file.find(name) != nullptr; }

  Result<SnapshotValues> load(const std::string& name, SnapshotType type) override {
    const SafetensorsEntry& entry = *m_file.find(name);
    const std::string_view wanted = type == SnapshotType::F32 ? "F32" : "I64";
    if (typeName(entry) != wanted) {
      return fail("{}: {}: expected {}, found {}", m_place, quotedName(name), wanted, typeName(entry));
    }
    SnapshotValues values;
    values.shape = entry.shape;
    const std::byte* data = m_file.data(entry);
    const size_t bytes = entry.end - entry.begin;  // as long as shape and type say: the file was checked
    if (type == SnapshotType::F32) {
      values.floats.resize(bytes / sizeof(float));
      if (bytes > 0) std::memcpy(values.floats.data(), data, bytes);
      return values;
    }
    values.ints.reserve(bytes / sizeof(int64_t));
    for (size_t at = 0; at < bytes; at += sizeof(int64_t)) {
      int64_t value = 0;
      std::memcpy(&value, data + at, sizeof value);
      if (value < INT32_MIN || value > INT32_MAX)
        return fail("{}: {}: {} is out of range", m_place, quotedName(name), value);
      values.ints.push_back(static_cast<int32_t>(value));
    }
    return values;
  }

 private:
  const SafetensorsFile& m_file;
  const std::string& m_place;
};

}  // namespace

Result<Trace> readSafetensorsTrace(const std::filesystem::path& path) {
  const std::string place = path.filename().string();
  TRY_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  const std::string_view header(reinterpret_cast<const char*>(file.file()->data()) + 8, file.headerBytes() - 8);
  EntriesAside aside;
  TRY_ASSIGN(const Json json, parseJson(header, place, {}, &aside));
  TRY_ASSIGN(const Json provenance, provenanceOf(json.value("__metadata__", Json()), place));
  TensorFile source(file, place);
  TRY_ASSIGN(Trace trace, assembleTrace(provenance, source, place));
  TRY_STATUS(file.file()->check());
  return trace;
}

}  // namespace core
