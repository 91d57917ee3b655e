// model.safetensors.index.json: which shard holds which tensor. The names in it come from strangers: a shard is a plain
// file name, never a way out of the folder.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace core {

struct ShardIndex {
  std::vector<std::string> shards;                     // each once, in the order of their names
  std::deque<std::pair<std::string, size_t>> tensors;  // name and index into shards, sorted by name
};

// Errors: not JSON, no weight_map, a shard name that is not a plain file name.
Result<ShardIndex> parseShardIndex(std::string_view text, std::string_view place);

// Empty, or why this is no plain file name: separators, `.` or `..`, a drive, control characters, too long.
std::string problemOfFileName(std::string_view name);

}  // namespace core
