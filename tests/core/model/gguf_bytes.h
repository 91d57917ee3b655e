// GGUF files made on the spot, byte by byte, right or wrong as a test wants them.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/gguf_value.h"

namespace test {

template <class Number>
std::string bytesOf(Number number) {
  std::string bytes(sizeof(Number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(Number));
  return bytes;
}

inline std::string ggufText(std::string_view text) { return bytesOf(uint64_t{text.size()}).append(text); }

class GgufBytes {
 public:
  uint32_t version = 3;
  std::string entries, tensors, data;
  uint64_t entryCount = 0, tensorCount = 0;

  void entry(std::string_view key, core::GgufType type, std::string_view payload) {
    entries += ggufText(key) + bytesOf(static_cast<uint32_t>(type));
    entries += payload;
    ++entryCount;
  }
  void text(std::string_view key, std::string_view value) { entry(key, core::GgufType::Text, ggufText(value)); }
  void number(std::string_view key, uint32_t value) { entry(key, core::GgufType::UInt32, bytesOf(value)); }
  void real(std::string_view key, float value) { entry(key, core::GgufType::Float32, bytesOf(value)); }
  void truth(std::string_view key, bool value) { entry(key, core::GgufType::Bool, std::string(1, value ? 1 : 0)); }
  void array(std::string_view key, core::GgufType element, uint64_t count, std::string_view payload) {
    entry(key, core::GgufType::Array, bytesOf(static_cast<uint32_t>(element)) + bytesOf(count).append(payload));
  }

  // ne: the fastest first, as in the file.
  void tensorInfo(std::string_view name, const std::vector<uint64_t>& ne, uint32_t type, uint64_t offset) {
    tensors += ggufText(name) + bytesOf(static_cast<uint32_t>(ne.size()));
    for (const uint64_t size : ne) tensors += bytesOf(size);
    tensors += bytesOf(type) + bytesOf(offset);
    ++tensorCount;
  }
  // The info, and the values behind those of the tensors before it.
  void tensor(std::string_view name, const std::vector<uint64_t>& ne, uint32_t type, std::string_view values,
              uint64_t alignment = 32) {
    data.resize((data.size() + alignment - 1) / alignment * alignment);
    tensorInfo(name, ne, type, data.size());
    data += values;
  }

  std::string file(uint64_t alignment = 32) const {
    std::string bytes = "GGUF" + bytesOf(version) + bytesOf(tensorCount) + bytesOf(entryCount) + entries + tensors;
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
    return bytes + data;
  }
};

inline void writeFile(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

inline std::string floatBytes(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace test
