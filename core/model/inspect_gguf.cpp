#include "core/model/inspect_gguf.h"

#include <map>

#include "core/model/gguf.h"
#include "core/model/inspect_model.h"
#include "core/model/loader.h"
#include "core/model/safetensors.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr const char* kArchitecture = "general.architecture";
constexpr size_t kShownTensors = 200;
constexpr size_t kShownEntries = 200;
constexpr size_t kListedTensors = 10000;
constexpr size_t kListedElements = 1024;          // of one array
constexpr size_t kListedBytes = size_t{8} << 20;  // of the document's values all together, an estimate from above

// Values as JSON. 64-bit numbers are texts, for readers that keep numbers as doubles; so are fractions, for NaN and
// infinities and so that every bit comes back. What would make the document large is left out and counted.
class Lister {
 public:
  Json value(const GgufValue& value) {
    if (value.type() == GgufType::Array) return array(value);
    return {{"type", nameOf(value.type())}, {"value", plain(value)}};
  }
  bool full() const { return m_bytes > kListedBytes; }
  void charge(size_t bytes) { m_bytes += bytes; }

 private:
  Json plain(const GgufValue& value) {
    charge(64);
    switch (value.type()) {
      case GgufType::Text: {
        const std::string_view text = *value.text();
        const size_t shown = full() ? 0 : std::min(text.size(), kListedBytes / 4);
        charge(shown);
        if (shown == text.size()) return std::string(text);
        return fmt::format("({} bytes)", text.size());
      }
      case GgufType::Bool:
        return *value.truth();
      case GgufType::UInt64:
      case GgufType::Int64:
      case GgufType::Float32:
      case GgufType::Float64:
        return value.numberText();
      default:
        return *value.integer();
    }
  }

  Json array(const GgufValue& value) {
    charge(256);
    Json list = Json::array();
    value.each([&](const GgufValue& element) {
      if (list.size() >= kListedElements || full()) return false;
      list.push_back(element.type() == GgufType::Array ? array(element) : plain(element));
      return true;
    });
    Json result = {{"type", "array"}, {"of", nameOf(value.elementType())}};
    if (list.size() < value.size()) result["left_out"] = value.size() - list.size();
    result["value"] = std::move(list);
    return result;
  }

  size_t m_bytes = 0;
};

std::string shortText(const GgufValue& value) {
  if (value.type() != GgufType::Array) {
    const std::string text = value.describe();
    return text.substr(text.find(' ') + 1);  // without the article
  }
  std::string text = fmt::format("{} {}", value.size(), nameOf(value.elementType()));
  size_t shown = 0;
  value.each([&](const GgufValue& element) {
    if (element.type() == GgufType::Array || shown == 4) return false;
    const std::string part =
        element.text() ? quotedName(std::string(*element.text()).substr(0, 20)) : element.numberText();
    text += (shown++ == 0 ? ": " : ", ") + part;
    return true;
  });
  return shown < value.size() && shown > 0 ? text + ", ..." : text;
}

void addMetadata(const GgufHeader& header, Inspection& result) {
  Lister lister;
  Json metadata = Json::object();
  for (const GgufEntry& entry : header.entries) {
    if (lister.full()) break;
    lister.charge(300 + entry.key.size());
    metadata[std::string(entry.key)] = lister.value(entry.value);
  }
  result.document["metadata_left_out"] = header.entries.size() - metadata.size();
  result.document["metadata"] = std::move(metadata);
  for (size_t i = 0; i < header.entries.size() && i < kShownEntries; ++i) {
    const GgufEntry& entry = header.entries[i];
    result.lines.push_back(fmt::format("entry         {} {}", entry.key.substr(0, 120), shortText(entry.value)));
  }
  if (header.entries.size() > kShownEntries) {
    result.lines.push_back(fmt::format("entry         ... and {} more", header.entries.size() - kShownEntries));
  }
}

void addTensors(const GgufHeader& header, Inspection& result) {
  std::map<std::string, size_t> types;
  Json tensors = Json::array();
  for (const GgufTensor& tensor : header.tensors) {
    ++types[std::string(tensor.type->name)];
    if (tensors.size() >= kListedTensors) continue;
    const std::span<const int64_t> shape = tensor.shape();
    tensors.push_back({{"name", tensor.name},
                       {"type", tensor.type->name},
                       {"shape", shape},
                       {"ne", std::vector<int64_t>(shape.rbegin(), shape.rend())},
                       {"offset", tensor.offset},
                       {"bytes", tensor.bytes}});
  }
  result.document["types"] = types;
  result.document["tensor_count"] = header.tensors.size();
  result.document["tensors_left_out"] = header.tensors.size() - tensors.size();
  result.document["tensors"] = std::move(tensors);
  for (const auto& [type, number] : types) {
    result.lines.push_back(fmt::format("type          {}: {} tensors", type, number));
  }
  for (size_t i = 0; i < header.tensors.size() && i < kShownTensors; ++i) {
    const GgufTensor& tensor = header.tensors[i];
    result.lines.push_back(fmt::format("tensor        {} {} {}", quotedName(tensor.name), tensor.type->name,
                                       shapeText({tensor.shape().begin(), tensor.shape().end()})));
  }
  if (header.tensors.size() > kShownTensors) {
    result.lines.push_back(fmt::format("tensor        ... and {} more", header.tensors.size() - kShownTensors));
  }
}

}  // namespace

Result<Inspection> inspectGguf(const std::filesystem::path& path) {
  TRY_ASSIGN(const GgufFile file, GgufFile::open(path));
  const GgufHeader& header = file.header();
  const std::string& name = file.file()->name();
  const GgufValue* architecture = header.find(kArchitecture);
  if (!architecture || !architecture->text()) {
    return fail("{}: {}: expected a string, found {}", name, kArchitecture,
                architecture ? architecture->describe() : "no such entry");
  }
  Inspection result;
  const std::string arch(*architecture->text());
  result.document = {{"kind", "gguf"},
                     {"path", path.string()},
                     {"bytes", file.file()->size()},
                     {"header_bytes", header.headerBytes},
                     {"gguf_version", header.version},
                     {"alignment", header.alignment},
                     {"architecture", arch}};
  result.lines = {fmt::format("gguf          version {}, {} tensors, {} metadata entries, {} bytes", header.version,
                              header.tensors.size(), header.entries.size(), file.file()->size()),
                  fmt::format("architecture  {}", arch.substr(0, 120))};
  addMetadata(header, result);
  addTensors(header, result);
  // A sound file need not be a model that can be run.
  if (const auto model = loadModel(path)) {
    result.document["problem"] = nullptr;
    addModel(**model, result);
  } else {
    result.document["problem"] = model.error().message;
    result.lines.push_back("no model      " + model.error().message);
  }
  return result;
}

}  // namespace core
