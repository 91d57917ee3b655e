// The tokenizer's part of a conversion: into a GGUF file's metadata, or into the files of a folder. What cannot be said
// there is added to `notes`; a model without a tokenizer still converts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/convert/gguf_metadata.h"
#include "core/model/model.h"

namespace core {

// `fromGguf`: whether model.path is a GGUF file, else a folder.
void writeGgufTokenizer(const Model& model, bool fromGguf, GgufEntries& entries, std::vector<std::string>& notes);

// Errors: the disk.
Status writeTokenizerFiles(const Model& model, bool fromGguf, const std::filesystem::path& folder,
                           std::vector<std::string>& notes);

// Notes texts that the two cut differently.
void compareTokenizers(const Model& before, const Model& after, std::vector<std::string>& notes);

}  // namespace core
