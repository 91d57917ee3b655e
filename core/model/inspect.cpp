#include "core/model/inspect.h"

#include <map>

#include "core/model/inspect_gguf.h"
#include "core/model/inspect_model.h"
#include "core/model/loader.h"
#include "core/model/safetensors.h"
#include "core/model/shard_index.h"
#include "core/text/tokenizer.h"

namespace core {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kShownTensors = 200;
constexpr size_t kListedTensors = 10000;  // in the document: each costs some 700 bytes of memory
constexpr size_t kMaxTextBytes = size_t{32} << 20;

Result<Inspection> inspectModel(const fs::path& folder) {
  TRY_ASSIGN(const std::shared_ptr<const Model> model, loadModel(folder));
  Inspection result;
  result.document = {{"kind", "model"}, {"path", model->path.string()}};
  addModel(*model, result);
  return result;
}

Result<Inspection> inspectSafetensors(const fs::path& path) {
  TRY_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  TRY_STATUS(file.file()->check());
  Inspection result;
  std::map<std::string, size_t> types;
  Json tensors = Json::array();
  for (const SafetensorsEntry& entry : file.entries()) {
    ++types[std::string(typeName(entry))];
    if (tensors.size() >= kListedTensors) continue;
    tensors.push_back(
        {{"name", entry.name}, {"type", typeName(entry)}, {"shape", entry.shape}, {"bytes", entry.end - entry.begin}});
  }
  result.document = {{"kind", "safetensors"},
                     {"path", path.string()},
                     {"bytes", file.file()->size()},
                     {"header_bytes", file.headerBytes()},
                     {"types", types},
                     {"tensor_count", file.entries().size()},
                     {"tensors_left_out", file.entries().size() - tensors.size()},
                     {"tensors", std::move(tensors)}};
  result.lines.push_back(fmt::format("safetensors   {} tensors, {} bytes", file.entries().size(), file.file()->size()));
  for (const auto& [type, number] : types)
    result.lines.push_back(fmt::format("type          {}: {} tensors", type, number));
  for (size_t i = 0; i < file.entries().size() && i < kShownTensors; ++i) {
    const SafetensorsEntry& entry = file.entries()[i];
    result.lines.push_back(
        fmt::format("tensor        {} {} {}", quotedName(entry.name), typeName(entry), shapeText(entry.shape)));
  }
  if (file.entries().size() > kShownTensors) {
    result.lines.push_back(fmt::format("tensor        ... and {} more", file.entries().size() - kShownTensors));
  }
  return result;
}

Result<Inspection> inspectTokenizer(const fs::path& path) {
  TRY_ASSIGN(const std::shared_ptr<const Tokenizer> tokenizer, Tokenizer::load(path));
  const auto id = [](const std::optional<int32_t>& value) { return value ? Json(*value) : Json(); };
  Inspection result;
  result.document = {{"kind", "tokenizer"},
                     {"path", path.string()},
                     {"entries", tokenizer->vocabularySize()},
                     {"largest_id", tokenizer->largestId()},
                     {"adds_special_tokens", tokenizer->addsSpecialTokens()},
                     {"bos", id(tokenizer->beginOfSequence())},
                     {"eos", id(tokenizer->endOfSequence())}};
  result.lines = {
      fmt::format("tokenizer     {} entries, largest id {}", tokenizer->vocabularySize(), tokenizer->largestId()),
      fmt::format("special       {}", tokenizer->addsSpecialTokens() ? "added around a prompt" : "none added")};
  return result;
}

Result<Inspection> inspectConfig(const fs::path& path) {
  TRY_ASSIGN(const std::string text, readTextFile(path, size_t{8} << 20));
  TRY_ASSIGN(const ModelConfig config, readModelConfig(text));
  Inspection result;
  result.document = {{"kind", "config"}, {"path", path.string()}};
  addConfig(config, result);
  return result;
}

Result<Inspection> inspectIndex(const fs::path& path) {
  TRY_ASSIGN(const std::string text, readTextFile(path, kMaxTextBytes));
  TRY_ASSIGN(const ShardIndex index, parseShardIndex(text, path.filename().string()));
  Inspection result;
  result.document = {
      {"kind", "index"}, {"path", path.string()}, {"shards", index.shards}, {"tensors", index.tensors.size()}};
  result.lines = {fmt::format("index         {} tensors in {} shards", index.tensors.size(), index.shards.size())};
  return result;
}

}  // namespace

Result<Inspection> inspectPath(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const std::string name = path.filename().string();
  const std::string kind = path.extension().string();
  if (!fs::exists(status)) return fail("{}: no such file or folder", path.string());
  if (fs::is_directory(status)) return inspectModel(path);
  if (kind == ".safetensors") return inspectSafetensors(path);
  if (kind == ".gguf") return inspectGguf(path);
  if (name == "config.json") return inspectConfig(path);
  if (name.ends_with(".safetensors.index.json")) return inspectIndex(path);
  if (kind == ".json" || kind == ".model") return inspectTokenizer(path);
  return fail("{}: expected a model folder, a .safetensors or .gguf file, a tokenizer.json or .model, or a config.json",
              name);
}

}  // namespace core
