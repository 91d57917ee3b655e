#include "core/model/loader.h"

#include <algorithm>

#include "core/base/json.h"
#include "core/model/bind.h"
#include "core/model/content_hash.h"
#include "core/model/families/family.h"
#include "core/model/gguf_loader.h"
#include "core/text/tokenizer.h"

namespace core {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.json";
constexpr size_t kMaxConfigBytes = size_t{8} << 20;

struct Recognised {
  const Family* family = nullptr;
  FamilyConfig config;
};

Result<Recognised> recognise(std::string_view text) {
  TRY_ASSIGN(const nlohmann::json document, parseJson(text, kConfig, {.bytes = size_t{20} << 20}));
  ConfigReader reader(document, kConfig);
  TRY_STATUS(reader.status());
  Recognised result;
  TRY_ASSIGN(result.family, detectFamily(reader));
  if (auto quantized = reader.objectOr("quantization_config")) {
    const std::vector<TensorRule>& rules = result.family->tensors;
    const bool mxfp4 =
        std::any_of(rules.begin(), rules.end(), [](const TensorRule& rule) { return rule.layout == Layout::Mxfp4; });
    if (!mxfp4 || quantized->textOr("quant_method", "") != "mxfp4") {
      reader.problem("quantization_config",
                     mxfp4 ? "weights quantized in another way than mxfp4 are not read"
                           : "quantized weights are not read; expected weights in F32, F16 or BF16");
    }
  }
  result.config = result.family->read(reader);
  TRY_STATUS(reader.status());
  ModelConfig& model = result.config.model;
  model.family = result.family->name;
  const std::vector<std::string> architectures = reader.textsOr("architectures");
  model.architecture = architectures.empty() ? reader.textOr("model_type", "") : architectures.front();
  return result;
}

// The folder itself, also where the path names a file in it that makes it a model.
Result<fs::path> modelFolder(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) {
    if (fs::exists(path / kConfig, error)) return path;
    return fail("{}: expected a model folder with config.json and model.safetensors, found no config.json in it",
                path.string());
  }
  const std::string name = path.filename().string();
  if (!fs::exists(status)) return fail("{}: no such file or folder", path.string());
  if (name == kConfig) return path.has_parent_path() ? path.parent_path() : fs::path(".");
  return fail("{}: expected a folder with config.json and model.safetensors, or a .gguf file, found another file",
              name);
}

void addTokenizer(const fs::path& folder, Model& model) {
  std::error_code ignored;
  if (!fs::exists(folder / "tokenizer.json", ignored) && !fs::exists(folder / "tokenizer.model", ignored) &&
      !fs::exists(folder / "spiece.model", ignored)) {
    model.tokenizerProblem = "no tokenizer.json or tokenizer.model in this folder";
    return;
  }
  Result<std::shared_ptr<const Tokenizer>> tokenizer = Tokenizer::load(folder);
  if (!tokenizer) {
    model.tokenizerProblem = tokenizer.error().message;
    return;
  }
  model.tokenizer = std::move(*tokenizer);
}

}  // namespace

void noteVocabulary(Model& model) {
  if (!model.tokenizer || model.tokenizer->largestId() < model.config.vocabulary) return;
  model.config.disagreements.push_back(
      fmt::format("the tokenizer has ids up to {}, the embedding ends at {}: prompts with tokens past it cannot be run",
                  model.tokenizer->largestId(), model.config.vocabulary - 1));
}

Result<ModelConfig> readModelConfig(std::string_view text) {
  TRY_ASSIGN(Recognised recognised, recognise(text));
  return std::move(recognised.config.model);
}

Result<std::shared_ptr<const Model>> loadModel(const fs::path& path, const std::string& name) {
  if (isGgufFile(path)) return loadGgufModel(path, name);
  TRY_ASSIGN(const fs::path folder, modelFolder(path));
  TRY_ASSIGN(const std::string text, readTextFile(folder / kConfig, kMaxConfigBytes));
  TRY_ASSIGN(Recognised recognised, recognise(text));
  TRY_ASSIGN(const std::shared_ptr<WeightFiles> files, WeightFiles::open(folder));
  const auto model = std::make_shared<Model>();
  TRY_ASSIGN(model->weights, bindWeights(*recognised.family, recognised.config, *files));
  model->config = std::move(recognised.config.model);
  TRY_ASSIGN(model->contentHash, contentHash(text, *files));
  model->storage = files;
  model->path = folder;
  std::error_code ignored;
  model->name = name.empty() ? fs::weakly_canonical(folder, ignored).filename().string() : name;
  addTokenizer(folder, *model);
  noteVocabulary(*model);
  TRY_STATUS(files->check());
  return model;
}

}  // namespace core
