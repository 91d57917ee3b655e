#include "core/model/weight_files.h"

#include <algorithm>

#include "core/model/shard_index.h"

namespace core {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxIndexBytes = size_t{32} << 20;
constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

// Both ways: what the index lists lies where it says, and a shard holds nothing that the index does not list.
Status checkIndex(const ShardIndex& index, const std::vector<std::unique_ptr<SafetensorsFile>>& files) {
  size_t inShards = 0;
  for (const auto& file : files) inShards += file->entries().size();
  for (const auto& [tensor, shard] : index.tensors) {
    if (files[shard]->find(tensor)) continue;
    return fail("{}: {}: expected in {}, which has no such tensor", kIndex, quotedName(tensor), index.shards[shard]);
  }
  if (inShards == index.tensors.size()) return {};
  for (size_t shard = 0; shard < files.size(); ++shard) {
    for (const SafetensorsEntry& entry : files[shard]->entries()) {
      const auto listed = std::lower_bound(index.tensors.begin(), index.tensors.end(), entry.name,
                                           [](const auto& row, const std::string& name) { return row.first < name; });
      if (listed != index.tensors.end() && listed->first == entry.name && listed->second == shard) continue;
      return fail("{}: {}: found in {}, where the index does not list it", kIndex, quotedName(entry.name),
                  index.shards[shard]);
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<WeightFiles>> WeightFiles::open(const fs::path& folder) {
  auto weights = std::make_shared<WeightFiles>();
  std::error_code ignored;
  const auto add = [&](const std::string& name) -> Status {
    TRY_ASSIGN(SafetensorsFile file, SafetensorsFile::open(folder / name));
    weights->m_files.push_back(std::make_unique<SafetensorsFile>(std::move(file)));
    return {};
  };
  if (fs::exists(folder / kSingle, ignored)) {
    weights->m_place = kSingle;
    TRY_STATUS(add(kSingle));
  } else if (fs::exists(folder / kIndex, ignored)) {
    weights->m_place = kIndex;
    TRY_ASSIGN(const std::string text, readTextFile(folder / kIndex, kMaxIndexBytes));
    TRY_ASSIGN(const ShardIndex index, parseShardIndex(text, kIndex));
    for (const std::string& shard : index.shards) TRY_STATUS(add(shard));
    TRY_STATUS(checkIndex(index, weights->m_files));
  } else {
    return fail("{}: expected {} or {} in this folder, found neither", folder.filename().string(), kSingle, kIndex);
  }
  for (const auto& file : weights->m_files) {
    weights->m_opened.push_back({file->file(), file->headerBytes()});
    for (const SafetensorsEntry& entry : file->entries()) {
      weights->m_all.push_back(
          {entry.name, entry.shape, typeName(entry).data(), weightType(entry), file->data(entry), file->file().get()});
    }
  }
  weights->sort();
  return weights;
}

Result<std::shared_ptr<WeightFiles>> WeightFiles::of(std::vector<GgufFile> files) {
  auto weights = std::make_shared<WeightFiles>();
  weights->m_ggufFiles = std::move(files);
  weights->m_place = weights->m_ggufFiles.front().file()->name();
  for (const GgufFile& file : weights->m_ggufFiles) {
    const GgufHeader& header = file.header();
    weights->m_opened.push_back(
        {file.file(), static_cast<size_t>(std::min<uint64_t>(header.dataBegin, file.file()->size()))});
    for (const GgufTensor& tensor : header.tensors) {
      weights->m_all.push_back({tensor.name, tensor.shape(), tensor.type->name.data(), tensor.type->type,
                                file.data(tensor), file.file().get()});
    }
  }
  weights->sort();
  const std::vector<Found>& all = weights->m_all;
  const auto twice =
      std::adjacent_find(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.name == b.name; });
  if (twice == all.end()) return weights;
  return fail("{}: tensor {} is in {} as well", twice->fileName(), quotedName(twice->name), (twice + 1)->fileName());
}

void WeightFiles::sort() {
  std::sort(m_all.begin(), m_all.end(), [](const Found& a, const Found& b) { return a.name < b.name; });
}

const WeightFiles::Found* WeightFiles::find(std::string_view name) const {
  const auto found = std::lower_bound(m_all.begin(), m_all.end(), name,
                                      [](const Found& row, std::string_view key) { return row.name < key; });
  return found != m_all.end() && found->name == name ? &*found : nullptr;
}

std::byte* WeightFiles::own(size_t bytes) {
  m_owned.push_back(std::make_unique_for_overwrite<std::byte[]>(bytes));
  return m_owned.back().get();
}

Status WeightFiles::check() const {
  for (const File& file : m_opened) TRY_STATUS(file.file->check());
  return {};
}

size_t WeightFiles::fileBytes() const {
  size_t total = 0;
  for (const File& file : m_opened) total += file.file->size();
  return total;
}

}  // namespace core
