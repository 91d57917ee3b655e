// The weight files of a model, opened together: `model.safetensors` of a folder, the shards that its
// `model.safetensors.index.json` names, or one or several GGUF files. Also the storage that a loaded model keeps alive.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/model/gguf.h"
#include "core/model/model.h"
#include "core/model/safetensors.h"

namespace core {

class WeightFiles : public ModelStorage {
 public:
  // A tensor as it lies in a file, whatever the format.
  struct Found {
    std::string_view name;
    std::span<const int64_t> shape;  // row-major
    const char* typeName = "";
    std::optional<DType> type;  // empty: a type that no engine computes with
    const std::byte* bytes = nullptr;
    const MappedFile* file = nullptr;
    const std::byte* data() const { return bytes; }
    const std::string& fileName() const { return file->name(); }
  };
  struct File {
    std::shared_ptr<const MappedFile> file;
    size_t headerBytes = 0;  // where the data begins
  };

  // Errors: no weight file, a broken one, an index that does not fit its shards.
  static Result<std::shared_ptr<WeightFiles>> open(const std::filesystem::path& folder);

  // Files that were opened already, at least one. Error: a tensor in two of them.
  static Result<std::shared_ptr<WeightFiles>> of(std::vector<GgufFile> files);

  const std::vector<Found>& all() const { return m_all; }  // sorted by tensor name
  const Found* find(std::string_view name) const;
  const std::vector<File>& files() const { return m_opened; }
  const std::string& place() const { return m_place; }  // for messages: the single file, the first, or the index
  // Of the first GGUF file; null for safetensors.
  const GgufHeader* ggufHeader() const { return m_ggufFiles.empty() ? nullptr : &m_ggufFiles.front().header(); }

  // Memory for a tensor that could not stay as it lies in the file.
  std::byte* own(size_t bytes);

  Status check() const override;
  size_t fileBytes() const override;

 private:
  void sort();

  std::vector<std::unique_ptr<SafetensorsFile>> m_files;  // these or those
  std::vector<GgufFile> m_ggufFiles;
  std::vector<File> m_opened;
  std::vector<Found> m_all;
  std::vector<std::unique_ptr<std::byte[]>> m_owned;
  std::string m_place;
};

}  // namespace core
