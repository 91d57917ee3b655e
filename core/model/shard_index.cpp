#include "core/model/shard_index.h"

#include <algorithm>
#include <map>

#include "core/base/json.h"
#include "core/model/safetensors.h"

namespace core {

std::string problemOfFileName(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name == "." || name == "..") return "it is a folder";
  if (name.size() > 255) return "it is longer than 255 bytes";
  for (const char byte : name) {
    if (byte == '/' || byte == '\\') return "it has a separator";
    if (byte == ':') return "it names a drive";
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) return "it has a control character";
  }
  return "";
}

Result<ShardIndex> parseShardIndex(std::string_view text, std::string_view place) {
  TRY_ASSIGN(const nlohmann::json document,
             parseJson(text, place, {.depth = 16, .bytes = 3 * text.size() + (size_t{16} << 20)}));
  if (!document.is_object()) return fail("{}: expected an object", place);
  const auto map = document.find("weight_map");
  if (map == document.end() || !map->is_object()) {
    return fail("{}: weight_map: expected an object from tensor to file, found {}", place,
                map == document.end() ? "none" : map->type_name());
  }
  if (map->empty()) return fail("{}: weight_map: expected tensors, found none", place);
  ShardIndex index;
  std::map<std::string_view, size_t> numbers;
  for (const auto& [tensor, value] : map->items()) {
    if (!value.is_string()) {
      return fail("{}: {}: expected a file name, found {}", place, quotedName(tensor), value.type_name());
    }
    const std::string& shard = value.get_ref<const std::string&>();
    if (const std::string why = problemOfFileName(shard); !why.empty()) {
      return fail("{}: {}: expected the name of a file in this folder, found {}: {}", place, quotedName(tensor),
                  quotedName(shard), why);
    }
    numbers.emplace(shard, 0);
  }
  for (auto& [shard, number] : numbers) {
    number = index.shards.size();
    index.shards.emplace_back(shard);
  }
  index.tensors.reserve(map->size());
  for (const auto& [tensor, value] : map->items()) {
    index.tensors.emplace_back(tensor, numbers.at(value.get_ref<const std::string&>()));
  }
  return index;  // the object's keys came in order
}

}  // namespace core
