// How the architectures of GGUF files stand to the families: which family a file belongs to, under which keys and names
// its numbers and tensors lie, and what the architecture decides without the file saying so. An architecture is a row
// of data, as a family is; metadata becomes the family's config.json, which the family's own reader then reads.
// Sources: llama.cpp's src/llama-arch.cpp, src/models and conversion.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/model/families/family.h"

namespace core {

struct GgufKey {
  std::string_view key;     // behind the architecture's name and a point
  std::string_view config;  // config.json's name for it
  // Where the file has no such key: the row length of this tensor in the first layer that has it.
  std::string_view rowOf = {};
  // From the file's value to config.json's, where they differ; with the model's width and layers.
  double (*turn)(double value, int width, int layers) = nullptr;
};

// What the file must not hold, as an entry (behind the architecture's name) that is not 0, or as a tensor.
struct GgufRefusal {
  std::string_view name;
  std::string_view why;
};

// What attention.sliding_window means to an architecture's layers, see gguf_window.h.
enum class GgufWindow : uint8_t {
  None,        // the families have no window
  Every,       // all layers have it
  Listed,      // those of the pattern, all without one
  EveryOther,  // those of the pattern, 0, 2, ... without one
  Chunks,  // chunks of that length in the layers that rotate: those of the pattern, all but every fourth without one
};

struct GgufArch {
  std::string_view name;                // general.architecture
  std::string_view family;              // of files with experts
  std::string_view denseFamily = {};    // of files without; empty: there are none
  std::string_view sigmoidFamily = {};  // of files whose experts are judged by a sigmoid, where that is another family
  std::string_view sharedFamily = {};   // of files with a shared expert, where that is another family
  bool latent = false;                  // keys and values by way of a latent: lengths of a head under keys of their own
  bool pairs = false;                   // rows of q and k lie in the order of interleaved rotary pairs
  bool partsAsAdded = false;            // see ModelConfig
  GgufWindow window = GgufWindow::None;
  std::string_view windowSwitch = {};  // config.json's key that a window must be switched on by
  std::vector<GgufKey> keys = {};
  std::string_view fixed = {};  // JSON: what the architecture decides
  std::vector<GgufRefusal> refusals = {};
  std::vector<TensorRule> tensors = {};
};

const std::vector<GgufArch>& ggufArchs();
const GgufArch* ggufArch(std::string_view name);  // null: none of these

// Keys that all architectures have.
std::span<const GgufKey> commonGgufKeys();

}  // namespace core
