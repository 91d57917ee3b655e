#include "core/model/gguf_loader.h"

#include <charconv>

#include "core/model/bind.h"
#include "core/model/content_hash.h"
#include "core/model/gguf_config.h"
#include "core/model/gguf_tokenizer.h"
#include "core/model/loader.h"

namespace core {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxFiles = 999;
constexpr const char* kNumber = "split.no";
constexpr const char* kCount = "split.count";
constexpr const char* kTensors = "split.tensors.count";

// "model-00002-of-00005": stem "model", number 2, count 5; count 0 where the name says nothing.
struct SplitName {
  std::string stem;
  int number = 0, count = 0;
};

SplitName splitName(const fs::path& path) {
  const std::string name = path.stem().string();
  constexpr size_t kSuffix = 15;  // -00002-of-00005
  SplitName split{name, 0, 0};
  if (name.size() <= kSuffix) return split;
  const std::string_view suffix = std::string_view(name).substr(name.size() - kSuffix);
  const auto number = [](std::string_view digits) {
    int value = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() ? value : -1;
  };
  const int which = number(suffix.substr(1, 5)), all = number(suffix.substr(10, 5));
  if (suffix[0] != '-' || suffix.substr(6, 4) != "-of-" || which < 1 || all < which) return split;
  return {name.substr(0, name.size() - kSuffix), which, all};
}

int64_t integerOr(const GgufHeader& header, const char* key, int64_t otherwise) {
  const GgufValue* value = header.find(key);
  return value ? value->integer().value_or(otherwise) : otherwise;
}

Status checkPart(const GgufFile& file, int number, int64_t count) {
  const int64_t saidNumber = integerOr(file.header(), kNumber, -1);
  const int64_t saidCount = integerOr(file.header(), kCount, -1);
  if (saidNumber == number && saidCount == count) return {};
  return fail("{}: {}, {}: expected {} of {} (counted from 0), found {} of {}; the files belong to different models",
              file.file()->name(), kNumber, kCount, number, count, saidNumber, saidCount);
}

Result<std::vector<GgufFile>> openAll(const fs::path& first) {
  std::vector<GgufFile> files;
  TRY_ASSIGN(GgufFile one, GgufFile::open(first));
  const int64_t count = integerOr(one.header(), kCount, 1);
  files.push_back(std::move(one));
  const SplitName name = splitName(first);
  const std::string& shown = files.front().file()->name();
  if (count <= 1) return files;
  if (count > kMaxFiles) return fail("{}: {}: expected at most {} files, found {}", shown, kCount, kMaxFiles, count);
  if (name.count != count) {
    return fail("{}: {}: the model is in {} files; expected this one to be called NAME-00001-of-{:05}.gguf", shown,
                kCount, count, count);
  }
  if (name.number != 1) {
    return fail("{}: this is file {} of {}; open the first, {}-00001-of-{:05}.gguf", shown, name.number, count,
                name.stem, count);
  }
  TRY_STATUS(checkPart(files.front(), 0, count));
  for (int number = 2; number <= count; ++number) {
    TRY_ASSIGN(GgufFile part,
               GgufFile::open(first.parent_path() / fmt::format("{}-{:05}-of-{:05}.gguf", name.stem, number, count)));
    TRY_STATUS(checkPart(part, number - 1, count));
    files.push_back(std::move(part));
  }
  int64_t tensors = 0;
  for (const GgufFile& file : files) tensors += static_cast<int64_t>(file.header().tensors.size());
  const int64_t said = integerOr(files.front().header(), kTensors, tensors);
  if (said == tensors) return files;
  return fail("{}: {}: expected {} tensors in all files, found {}", shown, kTensors, said, tensors);
}

}  // namespace

bool isGgufFile(const fs::path& path) {
  std::error_code ignored;
  return path.extension() == ".gguf" && !fs::is_directory(path, ignored);
}

Result<std::shared_ptr<WeightFiles>> openGgufFiles(const fs::path& first) {
  TRY_ASSIGN(std::vector<GgufFile> files, openAll(first));
  return WeightFiles::of(std::move(files));
}

Result<std::shared_ptr<const Model>> loadGgufModel(const fs::path& first, const std::string& name) {
  TRY_ASSIGN(const std::shared_ptr<WeightFiles> files, openGgufFiles(first));
  const GgufHeader& header = *files->ggufHeader();
  TRY_ASSIGN(GgufConfig config, readGgufConfig(header, *files));
  const auto model = std::make_shared<Model>();
  TRY_ASSIGN(model->weights, bindWeights(config.family, config.config, *files));
  model->config = std::move(config.config.model);
  TRY_ASSIGN(model->contentHash, contentHash("", *files));
  model->storage = files;
  model->path = first;
  model->name = name.empty() ? splitName(first).stem : name;
  if (auto tokenizer = makeGgufTokenizer(header, files->place())) {
    model->tokenizer = std::move(*tokenizer);
  } else {
    model->tokenizerProblem = tokenizer.error().message;
  }
  noteVocabulary(*model);
  TRY_STATUS(files->check());
  return model;
}

}  // namespace core
