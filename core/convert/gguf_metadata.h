// The metadata of a GGUF file for a model: the architecture its family has there, and a config in that architecture's
// keys. What no key can say is found out afterwards, by reading the file back (convert.cpp).
#pragma once

#include <string>
#include <vector>

#include "core/model/families/gguf_arch.h"
#include "core/model/gguf_value.h"

namespace core {

// Writes entries one after the other.
class GgufEntries {
 public:
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, uint32_t value);
  void real(std::string_view key, float value);
  void truth(std::string_view key, bool value);
  void texts(std::string_view key, const std::vector<std::string>& values);
  void numbers(std::string_view key, const std::vector<int32_t>& values);
  void truths(std::string_view key, const std::vector<bool>& values);
  void reals(std::string_view key, const std::vector<float>& values);
  void copy(std::string_view key, const GgufValue& value);

  uint64_t count() const { return m_count; }
  const std::string& bytes() const { return m_bytes; }

 private:
  void start(std::string_view key, GgufType type);
  void startArray(std::string_view key, GgufType element, size_t count);
  void put(std::string_view bytes) { m_bytes += bytes; }

  std::string m_bytes;
  uint64_t m_count = 0;
};

// The architecture of a family; null where GGUF has none for it.
const GgufArch* ggufArchOf(const ModelConfig& config);

// Everything but general.architecture, the tokenizer and the types. Errors: a rotation that no key can say.
Status writeGgufConfig(const ModelConfig& config, const GgufArch& arch, GgufEntries& entries);

// What cos and sin are multiplied by in sequences within the original context, and past it.
struct RotationScales {
  double within = 1, past = 1;
};
RotationScales rotationScales(const ModelConfig& config);

// Tensors that stand for scalings of the rotation: name and values.
struct RotationTensor {
  std::string name;
  std::vector<float> factors;
};
std::vector<RotationTensor> rotationTensors(const ModelConfig& config);

}  // namespace core
