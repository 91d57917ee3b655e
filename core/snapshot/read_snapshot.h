// Reading snapshots back into a Trace. The files are untrusted: names, types, shapes, ranges of ids and lengths are
// checked against the model config in the provenance before a Trace is made of them; nothing is allocated from a
// claimed size.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/snapshot/snapshot.h"

namespace core {

// One tensor of a file, whatever its format.
struct SnapshotValues {
  std::vector<int64_t> shape;
  std::vector<float> floats;  // one of the two, by the type the hook has
  std::vector<int32_t> ints;
};

class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  virtual bool has(const std::string& name) const = 0;
  // Errors: another type than `type`, cut short, an integer outside 32 bits.
  virtual Result<SnapshotValues> load(const std::string& name, SnapshotType type) = 0;
};

// Errors name the tensor. A file that was written without its prompt holds no ids: it is an error, since a Trace is
// nothing without them.
Result<Trace> assembleTrace(const nlohmann::json& provenance, SnapshotSource& source, const std::string& place);

Result<Trace> readSafetensorsTrace(const std::filesystem::path& path);
Result<Trace> readNpzTrace(const std::filesystem::path& path);
Result<Trace> readJsonTrace(const std::filesystem::path& path);
Result<Trace> parseTraceJson(std::string_view text, const std::string& place);

// NPY: what stands before the data. `bytes` is the whole array file.
struct NpyHeader {
  std::string type;  // "<f4"
  std::vector<int64_t> shape;
  size_t dataBegin = 0;
};
Result<NpyHeader> parseNpyHeader(std::string_view bytes, std::string_view place);

}  // namespace core
