// Model folders made on the spot: a config and tensors whose values follow from their names.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

struct TinyTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};
using TinyTensors = std::map<std::string, TinyTensor>;

inline void addTensor(TinyTensors& tensors, const std::string& name, std::vector<int64_t> shape) {
  TinyTensor tensor{std::move(shape), {}};
  int64_t count = 1;
  for (int64_t size : tensor.shape) count *= size;
  float value = static_cast<float>(std::hash<std::string>{}(name) % 1000);
  for (int64_t i = 0; i < count; ++i) tensor.values.push_back(value += 0.5f);
  tensors[name] = std::move(tensor);
}

inline std::string safetensorsText(const TinyTensors& tensors) {
  nlohmann::json header = nlohmann::json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  const uint64_t length = text.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + text + data;
}

inline void writeModel(const std::filesystem::path& folder, const nlohmann::json& config, const TinyTensors& tensors) {
  std::ofstream(folder / "config.json") << config.dump();
  std::ofstream(folder / "model.safetensors", std::ios::binary) << safetensorsText(tensors);
}

}  // namespace test
