// Compiled pipelines on disk. A file holds, little-endian: the magic "EXSPIPE1", the number of bytes that follow the
// header (u64), their FNV-1a hash (u64), then what vkGetPipelineCacheData gave. A file that is cut short, altered or
// made by another driver is ignored; a new one replaces it in one step.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "gpu/vulkan.h"

namespace gpu {

// `folder` empty: XDG_CACHE_HOME/expertscope, else HOME/.cache/expertscope; "" when neither is set.
std::filesystem::path pipelineCachePath(const std::string& folder, const VkPhysicalDeviceProperties& device);

// The stored data if it is whole and belongs to this device and driver, else nothing.
std::vector<std::byte> readPipelineCache(const std::filesystem::path& path, const VkPhysicalDeviceProperties& device);

// Errors are for the caller to drop: a cache that cannot be written costs time only.
core::Status writePipelineCache(const std::filesystem::path& path, const std::vector<std::byte>& data);

}  // namespace gpu
