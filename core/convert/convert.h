// `expertscope convert`: a model read from whatever can be read, written as a Hugging Face folder or as a GGUF file.
// The result is written beside its place, opened again and compared with the source, config and every byte of every
// tensor, and only then put there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/convert/output_tensors.h"
#include "core/convert/weight_writer.h"

namespace core {

struct ConvertRequest {
  std::filesystem::path in, out;
  bool toGguf = false;  // else a folder with safetensors
  ConvertType type = ConvertType::F16;
  bool force = false;  // replaces a model that is there already
  ConvertProgress progress;
};

struct ConvertReport {
  size_t tensors = 0;
  size_t bytes = 0;                // of the weight file
  std::string architecture;        // of a GGUF file
  std::vector<std::string> notes;  // what the new files cannot say
};

// Errors: `in` is no model that runs; `out` is there and not to be replaced; the format has no words for the model; a
// number that the type cannot hold; the disk. Nothing is left behind then.
Result<ConvertReport> convertModel(const ConvertRequest& request);

}  // namespace core
