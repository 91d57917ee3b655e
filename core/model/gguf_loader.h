// Opens a model in GGUF: one file, or the first of several that are called NAME-00001-of-0000N.gguf. The metadata is in
// the first; tensors may lie in any of them and stay there, mapped.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/model/model.h"
#include "core/model/weight_files.h"

namespace core {

bool isGgufFile(const std::filesystem::path& path);  // by its ending

// All files of a model. Errors: a broken one, one that is missing or does not belong to the others, a name that is not
// the first's.
Result<std::shared_ptr<WeightFiles>> openGgufFiles(const std::filesystem::path& first);

// `name`: empty takes the file's, without what tells its number. Errors: as loadModel.
Result<std::shared_ptr<const Model>> loadGgufModel(const std::filesystem::path& first, const std::string& name);

// Adds to the model's disagreements if its tokenizer has ids that its embedding has not.
void noteVocabulary(Model& model);

}  // namespace core
