// The recorded numbers of a run as named tensors: what every snapshot format writes.
//
//   ids (T)   embeddings (T, D)   layers.3.router.logits (T, E)   layers.3.out (T, D)   logits (T, V)   greedy (N)
//
// T counts the prompt's tokens alone. Rows of generated tokens are in tensors of their own, `generated.` in front of
// the name, one row fewer than were generated: the last token is not run. `greedy` holds all N generated ids, sampled
// ones as well. Quantities that need the token that follows (surprisal, effects) are NaN where none does. `router.slot`
// and `router.kept` of a simulated capacity rule are decided here, on the recorded choices.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/trace/trace.h"

namespace core {

struct SnapshotOptions {
  bool withPrompt = true;                           // false: the prompt's text, ids and token texts are left out
  nlohmann::json extra = nlohmann::json::object();  // more keys for the provenance, how the run ended for example
  int firstToken = 0;                               // of the trace in the run it is a part of, for the CSV
  ThreadPool* threads = nullptr;                    // resting threads that may help to write numbers as text
};

enum class SnapshotType : uint8_t { F32, I64 };

struct SnapshotTensor {
  std::string name;
  SnapshotType type = SnapshotType::F32;
  std::vector<int64_t> shape;  // rows first
  std::function<std::vector<float>()> floats;
  std::function<std::vector<int32_t>()> ints;  // one of the two, by the type

  int64_t elements() const;
  size_t bytes() const { return static_cast<size_t>(elements()) * (type == SnapshotType::F32 ? 4 : 8); }
  std::string littleEndian() const;  // the values as they lie in a file
};

// Only what was recorded. Sorted by name.
std::vector<SnapshotTensor> snapshotTensors(const Trace& trace, const SnapshotOptions& options = {});

}  // namespace core
