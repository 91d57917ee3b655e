// Devices for tests: the software device as it is, and treated as a real GPU. Made once a program, with validation; a
// test that ends with a validation message fails.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "gpu/commands.h"

namespace test {

inline gpu::GpuOptions gpuOptions(bool asDiscrete) {
  gpu::GpuOptions options;
  options.treatAsDiscrete = asDiscrete;
  options.validation = true;
  options.cacheFolder = (std::filesystem::temp_directory_path() / "expertscope-test-pipelines").string();
  return options;
}

// Let go before main returns: drivers do not survive the program's own clean-up.
struct SharedDevices : testing::Environment {
  std::shared_ptr<gpu::Device> devices[2];
  void TearDown() override {
    for (auto& device : devices) device.reset();
  }
};
inline auto* const kSharedDevices = static_cast<SharedDevices*>(testing::AddGlobalTestEnvironment(new SharedDevices));

inline std::shared_ptr<gpu::Device> sharedDevice(bool asDiscrete) {
  std::shared_ptr<gpu::Device>& device = kSharedDevices->devices[asDiscrete ? 1 : 0];
  if (!device) {
    auto made = gpu::Device::create(gpuOptions(asDiscrete));
    if (!made) {
      ADD_FAILURE() << made.error().message;
      std::abort();
    }
    device = *made;
  }
  return device;
}

// Buffers that a test fills and reads, through staging where memory is out of reach.
inline gpu::Buffer deviceBuffer(const std::shared_ptr<gpu::Device>& device, const void* data, size_t bytes) {
  auto buffer = device->makeBuffer(bytes, gpu::MemoryUse::Device, "test data");
  auto staging = device->makeBuffer(bytes, gpu::MemoryUse::Upload, "test data");
  if (!buffer || !staging) {
    ADD_FAILURE() << "no memory";
    std::abort();
  }
  if (data && bytes > 0) std::memcpy(staging->mapped(), data, bytes);
  EXPECT_TRUE(gpu::runOnce(device, [&](gpu::Recorder& recorder) { recorder.copy(staging->view(), buffer->view()); }));
  return std::move(*buffer);
}

template <class T>
gpu::Buffer deviceBuffer(const std::shared_ptr<gpu::Device>& device, const std::vector<T>& data) {
  return deviceBuffer(device, data.data(), data.size() * sizeof(T));
}

template <class T>
std::vector<T> readBuffer(const std::shared_ptr<gpu::Device>& device, const gpu::Buffer& buffer, size_t count) {
  auto host = device->makeBuffer(buffer.bytes(), gpu::MemoryUse::Download, "test results");
  if (!host) {
    ADD_FAILURE() << host.error().message;
    std::abort();
  }
  EXPECT_TRUE(gpu::runOnce(device, [&](gpu::Recorder& recorder) { recorder.copy(buffer.view(), host->view()); }));
  std::vector<T> out(count);
  if (count > 0) std::memcpy(out.data(), host->read(), count * sizeof(T));
  return out;
}

inline std::vector<float> randomFloats(size_t count, uint32_t seed, float scale = 1) {
  std::mt19937 generator(seed);
  std::vector<float> out(count);
  for (float& value : out) value = scale * (static_cast<float>(generator() >> 8) / 8388608.0f - 1);
  return out;
}

}  // namespace test
