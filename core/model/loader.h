// Opens a model folder as Hugging Face lays it out (config.json, model.safetensors or shards with an index, perhaps a
// tokenizer), or a model in GGUF, of several files by the first. Weights stay in the mapped files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/model/model.h"

namespace core {

// `name` is what people call the model; empty takes the folder's or file's. A folder without a tokenizer, or with a broken
// one, opens: Model::tokenizerProblem says why it has none. Errors: whatever makes it no model that runs, with file,
// key or tensor, expected and found.
Result<std::shared_ptr<const Model>> loadModel(const std::filesystem::path& folder, const std::string& name = "");

// The config alone: family, sizes and layers, from the text of a config.json.
Result<ModelConfig> readModelConfig(std::string_view text);

}  // namespace core
