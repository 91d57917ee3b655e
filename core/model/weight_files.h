// The weight files of a model folder, opened together: `model.safetensors`, or the shards that
// `model.safetensors.index.json` names. Also the storage that a loaded model keeps alive.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "core/model/model.h"
#include "core/model/safetensors.h"

namespace core {

class WeightFiles : public ModelStorage {
 public:
  struct Found {
    const SafetensorsFile* file = nullptr;
    const SafetensorsEntry* entry = nullptr;
    const std::byte* data() const { return file->data(*entry); }
    const std::string& fileName() const { return file->file()->name(); }
  };

  // Errors: no weight file, a broken one, an index that does not fit its shards.
  static Result<std::shared_ptr<WeightFiles>> open(const std::filesystem::path& folder);

  const std::vector<Found>& all() const { return m_all; }  // sorted by tensor name
  const Found* find(std::string_view name) const;
  const std::vector<std::unique_ptr<SafetensorsFile>>& files() const { return m_files; }
  const std::string& place() const { return m_place; }  // for messages: the single file, or the index

  // Memory for a tensor that could not stay as it lies in the file.
  std::byte* own(size_t bytes);

  Status check() const override;
  size_t fileBytes() const override;

 private:
  std::vector<std::unique_ptr<SafetensorsFile>> m_files;
  std::vector<Found> m_all;
  std::vector<std::unique_ptr<std::byte[]>> m_owned;
  std::string m_place;
};

}  // namespace core
