#include "gpu/pipeline_cache.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

namespace gpu {
namespace {

namespace fs = std::filesystem;
constexpr char kMagic[8] = {'E', 'X', 'S', 'P', 'I', 'P', 'E', '1'};
constexpr uint64_t kMaxBytes = uint64_t{256} << 20;

struct FileHeader {
  char magic[8];
  uint64_t bytes;
  uint64_t hash;
};

uint64_t hashOf(const std::vector<std::byte>& data) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (std::byte b : data) hash = (hash ^ static_cast<uint64_t>(b)) * 0x100000001b3u;
  return hash;
}

bool belongsTo(const std::vector<std::byte>& data, const VkPhysicalDeviceProperties& device) {
  VkPipelineCacheHeaderVersionOne header{};
  if (data.size() < sizeof header) return false;
  std::memcpy(&header, data.data(), sizeof header);
  return header.headerSize >= sizeof header && header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
         header.vendorID == device.vendorID && header.deviceID == device.deviceID &&
         std::memcmp(header.pipelineCacheUUID, device.pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

}  // namespace

fs::path pipelineCachePath(const std::string& folder, const VkPhysicalDeviceProperties& device) {
  fs::path base = folder;
  if (folder.empty()) {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    if (cache && *cache) {
      base = fs::path(cache) / "expertscope";
    } else if (home && *home) {
      base = fs::path(home) / ".cache" / "expertscope";
    } else {
      return {};
    }
  }
  std::string name = fmt::format("pipelines-{:x}-{:x}-", device.vendorID, device.deviceID);
  for (uint8_t byte : device.pipelineCacheUUID) name += fmt::format("{:02x}", byte);
  return base / (name + ".bin");
}

std::vector<std::byte> readPipelineCache(const fs::path& path, const VkPhysicalDeviceProperties& device) {
  std::ifstream file(path, std::ios::binary);
  FileHeader header{};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return {};
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.bytes > kMaxBytes) return {};
  std::error_code error;
  if (fs::file_size(path, error) != sizeof header + header.bytes || error) return {};
  std::vector<std::byte> data(header.bytes);
  if (!file.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(data.size()))) return {};
  if (hashOf(data) != header.hash || !belongsTo(data, device)) return {};
  return data;
}

core::Status writePipelineCache(const fs::path& path, const std::vector<std::byte>& data) {
  if (data.size() > kMaxBytes)
    return core::fail("{}: {} bytes, at most {} are kept", path.string(), data.size(), kMaxBytes);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const fs::path temporary = path.string() + fmt::format(".{}.new", getpid());
  FileHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.bytes = data.size();
  header.hash = hashOf(data);
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(&header), sizeof header);
    file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    file.flush();
    if (!file) {
      file.close();
      fs::remove(temporary, error);
      return core::fail("{}: cannot be written", temporary.string());
    }
  }
  fs::rename(temporary, path, error);
  if (!error) return {};
  const std::string why = error.message();
  fs::remove(temporary, error);
  return core::fail("{}: {}", path.string(), why);
}

}  // namespace gpu
