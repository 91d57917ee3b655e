// Writes a model as one GGUF file (version 3, alignment 32), or as the one weight file of a Hugging Face folder.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "core/convert/gguf_metadata.h"
#include "core/convert/output_tensors.h"

namespace core {

// Called with the share of the weights that is done; false cancels.
using ConvertProgress = std::function<bool(double)>;

Status writeGguf(const std::filesystem::path& path, const GgufEntries& entries,
                 const std::vector<OutputTensor>& tensors, const std::vector<RotationTensor>& rotation,
                 const ConvertProgress& progress);

// One file, `path`, in the format of safetensors. `source` goes into its metadata.
Status writeSafetensorsModel(const std::filesystem::path& path, const std::vector<OutputTensor>& tensors,
                             const std::map<std::string, std::string>& source, const ConvertProgress& progress);

}  // namespace core
