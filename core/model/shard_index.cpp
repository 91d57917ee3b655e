#include "core/model/shard_index.h"

#include <algorithm>
#include <map>

#include "core/base/json.h"
#include "core/model/safetensors.h"

namespace core {
namespace {

constexpr size_t kMaxShards = 65536;

// Takes the map as events: as a document it would need several times the memory of the list that is kept.
class MapReader : public JsonTap {
 public:
  bool seen = false;
  std::deque<std::pair<std::string, size_t>> tensors;
  std::map<std::string, size_t> shards;  // by the order in which they were met

  bool wants(const std::vector<std::string>& path) override {
    return path.size() == 1 && path[0] == "weight_map" && (seen = true);
  }
  bool null() override { return wrong("null"); }
  bool boolean(bool) override { return wrong("a boolean"); }
  bool number_integer(number_integer_t) override { return wrong("a number"); }
  bool number_unsigned(number_unsigned_t) override { return wrong("a number"); }
  bool number_float(number_float_t, const string_t&) override { return wrong("a number"); }
  bool start_array(std::size_t) override { return wrong("an array"); }
  bool end_array() override { return wrong("an array"); }
  bool start_object(std::size_t) override { return m_depth++ == 0 || wrong("an object"); }
  bool end_object() override { return true; }

  bool key(string_t& name) override {
    tensors.emplace_back(std::move(name), 0);
    return true;
  }
  bool string(string_t& shard) override {
    if (m_depth == 0) return wrong("a string");
    if (const std::string why = problemOfFileName(shard); !why.empty()) {
      error = fmt::format("{}: expected the name of a file in this folder, found {}: {}",
                          quotedName(tensors.back().first), quotedName(shard), why);
      return false;
    }
    tensors.back().second = shards.emplace(std::move(shard), shards.size()).first->second;
    if (shards.size() <= kMaxShards) return true;
    error = fmt::format("weight_map: expected at most {} files, found more", kMaxShards);
    return false;
  }

 private:
  bool wrong(std::string_view found) {
    error = m_depth == 0 ? fmt::format("weight_map: expected an object from tensor to file, found {}", found)
                         : fmt::format("{}: expected a file name, found {}", quotedName(tensors.back().first), found);
    return false;
  }

  int m_depth = 0;
};

}  // namespace

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
  MapReader reader;
  TRY_ASSIGN(const nlohmann::json rest, parseJson(text, place, {.depth = 16, .bytes = size_t{4} << 20}, &reader));
  if (!rest.is_object()) return fail("{}: expected an object", place);
  if (!reader.seen) return fail("{}: weight_map: expected an object from tensor to file, found none", place);
  if (reader.tensors.empty()) return fail("{}: weight_map: expected tensors, found none", place);
  ShardIndex index;
  std::vector<size_t> places(reader.shards.size());
  for (const auto& [shard, met] : reader.shards) {
    places[met] = index.shards.size();
    index.shards.push_back(shard);
  }
  index.tensors = std::move(reader.tensors);
  for (auto& [tensor, shard] : index.tensors) shard = places[shard];
  std::sort(index.tensors.begin(), index.tensors.end());
  const auto twice = std::adjacent_find(index.tensors.begin(), index.tensors.end(),
                                        [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != index.tensors.end()) return fail("{}: {} occurs twice", place, quotedName(twice->first));
  return index;
}

}  // namespace core
