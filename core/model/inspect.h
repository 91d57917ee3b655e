// What `expertscope inspect PATH` says about a model folder or one file, as a JSON document and as lines of text.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace core {

struct Inspection {
  nlohmann::json document;  // kind: model, safetensors, gguf, tokenizer, config or index; see inspect*.cpp
  std::vector<std::string> lines;
};

// A folder is checked as a model: everything the config calls for is there. A file (.safetensors, .gguf, tokenizer.json
// or .model, config.json, an index) is checked as a file of its kind, as strictly as when it is used. Errors: what is
// wrong with it, or a kind that is not read.
Result<Inspection> inspectPath(const std::filesystem::path& path);

}  // namespace core
