#include "core/convert/convert.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/version.h"
#include "core/convert/tokenizer_files.h"
#include "core/model/gguf_config.h"
#include "core/model/gguf_loader.h"
#include "core/model/loader.h"
#include "core/snapshot/atomic_file.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kConfig = "config.json";

// Removes what was being made, unless it was put where it belongs.
class Unfinished {
 public:
  explicit Unfinished(fs::path path) : m_path(std::move(path)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
  }
  const fs::path& path() const { return m_path; }

 private:
  fs::path m_path;
};

// The first place where two configs differ, with both values; empty: nowhere. Numbers may have gone through a float.
std::string difference(const Json& a, const Json& b, const std::string& place) {
  if (a.is_number() && b.is_number()) {
    const auto x = a.get<double>(), y = b.get<double>();
    if (std::abs(x - y) <= 1e-6 * std::max(std::abs(x), std::abs(y))) return "";
  } else if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      const std::string inner = difference(value, b.value(key, Json()), place.empty() ? key : place + "." + key);
      if (!inner.empty()) return inner;
    }
    return "";
  } else if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (size_t i = 0; i < a.size(); ++i) {
      const std::string inner = difference(a[i], b[i], fmt::format("{}[{}]", place, i));
      if (!inner.empty()) return inner;
    }
    return "";
  } else if (a == b) {
    return "";
  }
  return fmt::format("{}: {} in the model, {} when read back", place, a.dump().substr(0, 80), b.dump().substr(0, 80));
}

// What two files of one model must agree on: not where it came from, nor, if rows were reordered, how pairs lie.
Json comparable(ModelConfig config, bool reordered) {
  config.architecture.clear();
  config.disagreements.clear();
  config.bos.clear();
  config.eos.clear();
  if (reordered) config.attention.rope.layout = RopeLayout::Half;
  config.partsAsAdded = false;
  // What reaches past the context is as good as none.
  bool allRotate = true;
  for (LayerConfig& layer : config.layer) {
    if (layer.window >= config.context) layer.window = 0;
    if (layer.chunk >= config.context) layer.chunk = 0;
    allRotate = allRotate && layer.rope;
  }
  if (allRotate) config.attention.temperatureScale = 0;  // of layers without rotation
  if (config.attention.temperatureScale == 0) config.attention.temperatureFloor = 1;
  Json json = toJson(config);
  // The factors of Llama 3 and longrope are written out, one a pair, as tensors, which are compared by themselves.
  const RopeConfig& rope = config.attention.rope;
  if (rope.scaling == RopeScaling::Llama3 || rope.scaling == RopeScaling::LongRope) {
    const bool switches = rope.scaling == RopeScaling::LongRope && rope.longFactor != rope.shortFactor;
    const RotationScales scales = rotationScales(config);
    json["attention"]["rope"] = {{"theta", rope.theta},
                                 {"dimensions", rope.dimensions},
                                 {"original_context", switches ? rope.originalContext : 0},
                                 {"factor_within", scales.within},
                                 {"factor_past", scales.past}};
  }
  return json;
}

class Converter {
 public:
  explicit Converter(const ConvertRequest& request) : m_request(request) {}

  Result<ConvertReport> run() {
    TRY_STATUS(checkPlaces());
    TRY_ASSIGN(m_model, loadModel(m_request.in));
    TRY_STATUS(readSource());
    const Unfinished made(m_request.out.string() + fmt::format(".{}{}", getpid(), m_request.toGguf ? ".gguf" : ".new"));
    if (m_request.toGguf) {
      TRY_STATUS(makeGguf(made.path()));
    } else {
      TRY_STATUS(makeFolder(made.path()));
    }
    TRY_STATUS(compare(made.path()));
    TRY_STATUS(m_model->storage->check());
    TRY_STATUS(put(made.path()));
    return std::move(m_report);
  }

 private:
  Status checkPlaces() const {
    std::error_code error;
    const fs::path& out = m_request.out;
    if (m_request.toGguf != (out.extension() == ".gguf")) {
      return fail("{}: expected {}", out.string(),
                  m_request.toGguf ? "a name that ends in .gguf" : "a folder's name, which does not end in .gguf");
    }
    if (fs::equivalent(m_request.in, out, error)) return fail("{}: is the model that is to be read", out.string());
    if (!fs::exists(fs::symlink_status(out, error))) return {};
    if (!m_request.force) return fail("{}: is there already; --force replaces it", out.string());
    const bool replaceable = m_request.toGguf ? fs::is_regular_file(out, error)
                                              : fs::is_directory(out, error) && fs::exists(out / kConfig, error);
    if (replaceable) return {};
    return fail("{}: is no model and is not replaced; choose another name", out.string());
  }

  // The family's own table, and whether the rows of q and k lie in pairs.
  Status readSource() {
    for (const Family& family : families()) {
      if (family.name == m_model->config.family) m_family = &family;
    }
    if (!m_family) return fail("{}: family {} has no table to be written by", m_model->name, m_model->config.family);
    if (!isGgufFile(m_request.in)) {
      TRY_ASSIGN(const std::string text, readTextFile(m_model->path / kConfig, size_t{8} << 20));
      TRY_ASSIGN(m_document, parseJson(text, kConfig));
      ConfigReader reader(m_document, kConfig);
      m_familyConfig = m_family->read(reader);
      return reader.status();
    }
    TRY_ASSIGN(const std::shared_ptr<WeightFiles> files, openGgufFiles(m_request.in));
    TRY_ASSIGN(GgufConfig config, readGgufConfig(*files->ggufHeader(), *files));
    m_document = std::move(config.document);
    m_inPairs = config.arch->pairs;
    m_familyConfig = std::move(config.config);
    return {};
  }

  // Where the weights come from, for who finds the file later.
  std::map<std::string, std::string> source() const {
    return {{"program_version", version()},
            {"source_model", m_model->name},
            {"source_hash", m_model->contentHash},
            {"source_family", m_model->config.family}};
  }

  OutputRules rulesFor(const std::vector<TensorRule>& rules, bool pairs) {
    OutputRules output;
    output.rules = &rules;
    output.qkvBias = m_familyConfig.qkvBias;
    output.outputBias = m_familyConfig.outputBias;
    output.headsHoldQueryAndKey = m_familyConfig.headsHoldQueryAndKey;
    output.reorder = m_reordered = pairs != m_inPairs;
    output.toPairs = pairs;
    output.type = m_request.type;
    return output;
  }

  Status makeGguf(const fs::path& path) {
    const GgufArch* arch = ggufArchOf(m_model->config);
    if (!arch) return fail("{}: GGUF has no architecture for the family {}", m_model->name, m_model->config.family);
    m_report.architecture = std::string(arch->name);
    GgufEntries entries;
    entries.text("general.architecture", arch->name);
    entries.text("general.name", m_model->name);
    for (const auto& [key, value] : source()) entries.text("expertscope." + key, value);
    entries.number("general.alignment", 32);
    entries.number("general.quantization_version", 2);
    // llama.cpp's numbers for "mostly" this type.
    entries.number("general.file_type", m_request.type == ConvertType::F32   ? 0
                                        : m_request.type == ConvertType::F16 ? 1
                                                                             : 7);
    TRY_STATUS(writeGgufConfig(m_model->config, *arch, entries));
    writeGgufTokenizer(*m_model, isGgufFile(m_request.in), entries, m_report.notes);
    TRY_ASSIGN(m_tensors, outputTensors(*m_model, rulesFor(arch->tensors, arch->pairs)));
    return writeGguf(path, entries, m_tensors, rotationTensors(m_model->config), m_request.progress);
  }

  Status makeFolder(const fs::path& path) {
    std::error_code error;
    if (!fs::create_directory(path, error)) {
      return fail("{}: cannot be made: {}", path.string(), error ? error.message() : "something is there already");
    }
    Json document = m_document;
    document.erase("quantization_config");
    document.erase("dtype");
    document["torch_dtype"] = m_request.type == ConvertType::F32 ? "float32" : "float16";
    if (isGgufFile(m_request.in)) writeFactors(document);
    TRY_ASSIGN(AtomicFile config, AtomicFile::create(path / kConfig));
    TRY_STATUS(config.write(document.dump(2) + "\n"));
    TRY_STATUS(config.commit());
    TRY_STATUS(writeTokenizerFiles(*m_model, isGgufFile(m_request.in), path, m_report.notes));
    TRY_ASSIGN(m_tensors, outputTensors(*m_model, rulesFor(m_family->tensors, false)));
    return writeSafetensorsModel(path / kWeights, m_tensors, source(), m_request.progress);
  }

  // Rotary factors that came out of tensors.
  void writeFactors(Json& document) const {
    const RopeConfig& rope = m_model->config.attention.rope;
    if (rope.scaling != RopeScaling::LongRope) return;
    Json& out = document["rope_parameters"];
    out["rope_type"] = "longrope";
    out["long_factor"] = rope.longFactor;
    out["short_factor"] = rope.shortFactor;
    out["factor"] = rope.factor;
    out["original_max_position_embeddings"] = rope.originalContext;
    if (rope.attentionFactor > 0) out["attention_factor"] = rope.attentionFactor;
    if (rope.longMscale > 0) out["long_mscale"] = rope.longMscale;
    if (rope.shortMscale > 0) out["short_mscale"] = rope.shortMscale;
  }

  // Opens what was written: the config must be the same, and every tensor's bytes those that were meant.
  Status compare(const fs::path& path) {
    TRY_ASSIGN(const std::shared_ptr<const Model> again, loadModel(path));
    const std::string config =
        difference(comparable(m_model->config, m_reordered), comparable(again->config, m_reordered), "");
    if (!config.empty()) {
      return fail("{}: the new files have no words for something in this model: {}", m_model->name, config);
    }
    std::shared_ptr<WeightFiles> files;
    if (m_request.toGguf) {
      TRY_ASSIGN(files, openGgufFiles(path));
    } else {
      TRY_ASSIGN(files, WeightFiles::open(path));
    }
    for (const OutputTensor& tensor : m_tensors) TRY_STATUS(compareTensor(tensor, *files));
    for (const std::string& line : again->config.disagreements) {
      const std::vector<std::string>& known = m_model->config.disagreements;
      if (std::find(known.begin(), known.end(), line) == known.end()) m_report.notes.push_back(line);
    }
    if (m_model->config.residualScale != 1 && m_model->config.partsAsAdded != again->config.partsAsAdded) {
      m_report.notes.push_back(fmt::format(
          "what routed and shared experts give is recorded {} the residual multiplier by the new files, and "
          "{} it by these; what enters the stream is the same",
          again->config.partsAsAdded ? "times" : "before", m_model->config.partsAsAdded ? "times" : "before"));
    }
    const RotationScales scales = rotationScales(m_model->config);
    if (m_request.toGguf && scales.past != scales.within) {
      m_report.notes.push_back(fmt::format(
          "cos and sin are multiplied by {:.4g} within the first {} tokens and by {:.4g} past them; GGUF has a key for "
          "one factor, so other programs multiply by {:.4g} always",
          scales.within, m_model->config.attention.rope.originalContext, scales.past, scales.past));
    }
    m_report.tensors = files->all().size();
    m_report.bytes = files->fileBytes();
    compareTokenizers(*m_model, *again, m_report.notes);
    return files->check();
  }

  static Status compareTensor(const OutputTensor& tensor, const WeightFiles& files) {
    const WeightFiles::Found* found = files.find(tensor.name);
    if (!found || found->type != tensor.type) return fail("{}: not as it was written", tensor.name);
    const std::byte* at = found->data();
    return encodeRows(tensor, [&](std::string_view bytes) -> Status {
      const bool same = std::memcmp(at, bytes.data(), bytes.size()) == 0;
      at += bytes.size();
      if (same) return {};
      return fail("{}: {}: other bytes than were written; the disk may be damaged", found->fileName(), tensor.name);
    });
  }

  Status put(const fs::path& made) const {
    std::error_code error;
    if (!m_request.toGguf && fs::exists(m_request.out, error)) {
      const fs::path old = made.string() + ".old";
      fs::rename(m_request.out, old, error);
      if (error) return fail("{}: cannot be replaced: {}", m_request.out.string(), error.message());
      fs::rename(made, m_request.out, error);
      if (error) {
        std::error_code ignored;
        fs::rename(old, m_request.out, ignored);
        return fail("{}: cannot be replaced: {}", m_request.out.string(), error.message());
      }
      fs::remove_all(old, error);
      return {};
    }
    fs::rename(made, m_request.out, error);
    if (!error) return {};
    return fail("{}: cannot be put there: {}", m_request.out.string(), error.message());
  }

  const ConvertRequest& m_request;
  std::shared_ptr<const Model> m_model;
  const Family* m_family = nullptr;
  FamilyConfig m_familyConfig;  // as its reader says it
  Json m_document;
  bool m_inPairs = false;    // rows of q and k lie in interleaved pairs in the source
  bool m_reordered = false;  // and otherwise in what is written
  std::vector<OutputTensor> m_tensors;
  ConvertReport m_report;
};

}  // namespace

Result<ConvertReport> convertModel(const ConvertRequest& request) { return Converter(request).run(); }

}  // namespace core
