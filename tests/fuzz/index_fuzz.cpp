// Any bytes as a shard index: no name that comes back leads out of the folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "core/model/shard_index.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto index = core::parseShardIndex(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!index) {
    require(!index.error().message.empty());
    return 0;
  }
  require(!index->tensors.empty() && !index->shards.empty());
  for (const std::string& shard : index->shards) {
    const std::filesystem::path path(shard);
    require(path.filename() == path && !path.empty() && shard != "." && shard != "..");
  }
  for (size_t i = 0; i < index->tensors.size(); ++i) {
    require(index->tensors[i].second < index->shards.size());
    require(i == 0 || index->tensors[i - 1].first < index->tensors[i].first);
  }
  return 0;
}
