#include <cstdlib>
#include <fstream>

#include "gpu/pipeline_cache.h"
#include "tests/gpu/test_device.h"
#include "tests/support/support.h"

namespace {

using gpu::Fault;
using gpu::FaultPoint;

TEST(Devices, TheListNamesEachDeviceWithItsLimits) {
  const gpu::DeviceList list = gpu::listDevices();
  ASSERT_FALSE(list.devices.empty()) << list.problem;
  for (const gpu::DeviceReport& device : list.devices) {
    EXPECT_FALSE(device.name.empty());
    EXPECT_FALSE(device.driver.empty());
    EXPECT_FALSE(device.heaps.empty());
    EXPECT_GT(device.maxBindingBytes, 0u);
    EXPECT_EQ(device.usable, device.whyNot.empty());
  }
}

TEST(Devices, WithoutADriverTheListIsEmptyAndSaysWhy) {
  // In a child process: the loader reads the variable once.
  const auto child = [] {
    setenv("VK_DRIVER_FILES", "/nowhere.json", 1);
    setenv("VK_ICD_FILENAMES", "/nowhere.json", 1);
    const gpu::DeviceList list = gpu::listDevices();
    fprintf(stderr, "%zu devices: %s", list.devices.size(), list.problem.c_str());
    std::_Exit(list.devices.empty() && !list.problem.empty() ? 0 : 1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "0 devices: .*Vulkan");
}

TEST(Devices, ADeviceThatIsNotThereIsRefused) {
  gpu::GpuOptions options;
  options.device = 99;
  const auto device = gpu::Device::create(options);
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().message.find("no Vulkan device 99"), std::string::npos) << device.error().message;
}

TEST(Devices, MemoryThatIsNotToBeHadIsAnError) {
  gpu::GpuOptions options = test::gpuOptions(false);
  options.fault = [](FaultPoint point) { return point == FaultPoint::Allocate ? Fault::OutOfMemory : Fault::None; };
  const auto device = gpu::Device::create(options);
  ASSERT_TRUE(device) << device.error().message;
  const auto buffer = (*device)->makeBuffer(1000, gpu::MemoryUse::Device, "a test");
  ASSERT_FALSE(buffer);
  EXPECT_NE(buffer.error().message.find("1008 bytes for a test"), std::string::npos) << buffer.error().message;
  EXPECT_EQ((*device)->counters().deviceBytes, 0u);
}

TEST(Devices, ABufferLargerThanTheDeviceGivesNamesBothSizes) {
  const auto device = test::sharedDevice(false);
  const auto buffer = device->makeBuffer(uint64_t{1} << 50, gpu::MemoryUse::Device, "a test");
  ASSERT_FALSE(buffer);
  EXPECT_NE(buffer.error().message.find("1125899906842624"), std::string::npos) << buffer.error().message;
}

TEST(PipelineCache, IsWrittenReadBackAndRefusedWhenDamaged) {
  const test::ScratchFolder scratch;
  VkPhysicalDeviceProperties properties{};
  properties.vendorID = 7;
  properties.deviceID = 9;
  const auto path = gpu::pipelineCachePath((scratch.path() / "deep" / "folder").string(), properties);
  EXPECT_TRUE(gpu::readPipelineCache(path, properties).empty());

  VkPipelineCacheHeaderVersionOne header{};
  header.headerSize = sizeof header;
  header.headerVersion = VK_PIPELINE_CACHE_HEADER_VERSION_ONE;
  header.vendorID = 7;
  header.deviceID = 9;
  std::vector<std::byte> data(sizeof header + 100, std::byte{3});
  std::memcpy(data.data(), &header, sizeof header);
  ASSERT_TRUE(gpu::writePipelineCache(path, data));
  EXPECT_EQ(gpu::readPipelineCache(path, properties), data);

  VkPhysicalDeviceProperties other = properties;
  other.pipelineCacheUUID[3] = 1;
  EXPECT_TRUE(gpu::readPipelineCache(path, other).empty()) << "another driver's";
  const std::string whole = test::readFile(path);
  for (size_t cut : {size_t{0}, size_t{5}, size_t{24}, whole.size() - 1}) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, cut);
    EXPECT_TRUE(gpu::readPipelineCache(path, properties).empty()) << cut;
  }
  for (size_t at : {size_t{0}, size_t{9}, size_t{20}, size_t{24}, whole.size() - 1}) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    std::ofstream(path, std::ios::binary) << altered;
    EXPECT_TRUE(gpu::readPipelineCache(path, properties).empty()) << at;
  }
}

TEST(PipelineCache, ADeviceLeavesItsPipelinesBehind) {
  const test::ScratchFolder scratch;
  gpu::GpuOptions options;
  options.cacheFolder = scratch.path().string();
  {
    const auto device = gpu::Device::create(options);
    ASSERT_TRUE(device) << device.error().message;
    ASSERT_TRUE((*device)->pipeline(gpu::kernelIndex("add"), {64}));
  }
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) files += entry.file_size() > 24 ? 1 : 0;
  EXPECT_EQ(files, 1u);
}

}  // namespace
