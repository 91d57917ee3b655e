#include <nlohmann/json.hpp>

#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

// __metadata__ maps names to text. `prompt_given` tells a prompt that reads "null" from one that is not there.
nlohmann::json asText(const nlohmann::json& document) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [key, value] : document.items())
    out[key] = value.is_string() ? value : nlohmann::json(jsonText(value));
  out["prompt_given"] = document["prompt"].is_string() ? "true" : "false";
  return out;
}

}  // namespace

Status writeSafetensors(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink) {
  const std::vector<SnapshotTensor> tensors = snapshotTensors(trace, options);
  nlohmann::json header = nlohmann::json::object();
  header["__metadata__"] = asText(provenance(trace, options));
  // 8-byte values first, so that every tensor is aligned to its own size.
  std::vector<const SnapshotTensor*> order;
  for (const SnapshotType type : {SnapshotType::I64, SnapshotType::F32}) {
    for (const SnapshotTensor& tensor : tensors) {
      if (tensor.type == type) order.push_back(&tensor);
    }
  }
  size_t end = 0;
  for (const SnapshotTensor* tensor : order) {
    const size_t begin = end;
    end += tensor->bytes();
    header[tensor->name] = {{"dtype", tensor->type == SnapshotType::F32 ? "F32" : "I64"},
                            {"shape", tensor->shape},
                            {"data_offsets", {begin, end}}};
  }
  std::string text = jsonText(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string length(8, '\0');
  for (size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i));
  TRY_STATUS(sink(length));
  TRY_STATUS(sink(text));
  for (const SnapshotTensor* tensor : order) TRY_STATUS(sink(tensor->littleEndian()));
  return {};
}

}  // namespace core
