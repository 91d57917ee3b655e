#include "core/model/gguf_tokenizer.h"

#include <algorithm>
#include <cmath>

#include "core/base/json.h"
#include "core/model/config.h"
#include "core/model/gguf_pre_tokenizers.h"
#include "core/text/json_tokenizer.h"
#include "core/text/sentencepiece_tokenizer.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxTextBytes = size_t{256} << 20;

class Maker {
 public:
  explicit Maker(const GgufHeader& header) : m_header(header) {}

  Result<std::shared_ptr<const Tokenizer>> make() {
    const std::string_view kind = text("model");
    if (kind.empty()) return fail("tokenizer.ggml.model: no tokenizer in this file");
    if (kind != "gpt2" && kind != "llama" && kind != "t5") {
      return fail("tokenizer.ggml.model: {}: expected gpt2, llama or t5", describe("model"));
    }
    TRY_STATUS(readTokens());
    if (kind == "gpt2") return makeBytePairs();
    return makeSentencePiece(kind == "t5");
  }

 private:
  const GgufValue* find(std::string_view key) const { return m_header.find(fmt::format("tokenizer.ggml.{}", key)); }
  std::string describe(std::string_view key) const {
    const GgufValue* value = find(key);
    return value ? value->describe() : "no such entry";
  }
  std::string_view text(std::string_view key) const {
    const GgufValue* value = find(key);
    return value ? value->text().value_or("") : std::string_view();
  }
  std::optional<int32_t> token(std::string_view key) const {
    const GgufValue* value = find(fmt::format("{}_token_id", key));
    const std::optional<int64_t> id = value ? value->integer() : std::nullopt;
    if (!id || *id < 0 || *id >= static_cast<int64_t>(m_types.size())) return std::nullopt;
    return static_cast<int32_t>(*id);
  }
  bool truth(std::string_view key, bool otherwise) const {
    const GgufValue* value = find(key);
    return value ? value->truth().value_or(otherwise) : otherwise;
  }

  // Texts, kinds and scores, one of each a token.
  Status readTokens() {
    const GgufValue* tokens = find("tokens");
    if (!tokens || tokens->type() != GgufType::Array || tokens->elementType() != GgufType::Text ||
        tokens->size() == 0 || tokens->size() > static_cast<uint64_t>(kMaxVocabulary)) {
      return fail("tokenizer.ggml.tokens: expected an array of 1 to {} strings, found {}", kMaxVocabulary,
                  describe("tokens"));
    }
    m_vocabulary = std::make_shared<Vocabulary>();
    size_t bytes = 0;
    int32_t id = 0;
    tokens->each([&](const GgufValue& element) {
      const std::string_view piece = *element.text();
      // Padding that has no text gets a name, as in llama.cpp.
      m_vocabulary->add(piece.empty() ? fmt::format("[EMPTY_{}]", id) : std::string(piece), id);
      ++id;
      return (bytes += piece.size()) <= kMaxTextBytes;
    });
    if (bytes > kMaxTextBytes) return fail("tokenizer.ggml.tokens: more than {} bytes of text", kMaxTextBytes);
    TRY_STATUS(m_vocabulary->finish());
    m_types.assign(static_cast<size_t>(tokens->size()), PieceType::Normal);
    return readTypes();
  }

  Status readTypes() {
    const GgufValue* types = find("token_type");
    if (!types) return {};
    if (types->type() != GgufType::Array || types->size() != m_types.size()) {
      return fail("tokenizer.ggml.token_type: expected an array of {} numbers, found {}", m_types.size(),
                  describe("token_type"));
    }
    size_t at = 0;
    types->each([&](const GgufValue& element) {
      const std::optional<int64_t> type = element.integer();
      if (!type || *type < 0 || *type > 6) return false;
      m_types[at++] = *type == 0 ? PieceType::Normal : static_cast<PieceType>(*type);
      return true;
    });
    if (at == m_types.size()) return {};
    return fail("tokenizer.ggml.token_type: expected numbers from 0 to 6, found another for token {}", at);
  }

  std::string textOf(int32_t id) const { return std::string(m_vocabulary->text(id).value_or("")); }

  // What tokenizer_config.json would say.
  std::string config(bool addsBegin, bool addsEnd) const {
    Json config = {{"add_bos_token", truth("add_bos_token", addsBegin)},
                   {"add_eos_token", truth("add_eos_token", addsEnd)}};
    if (const auto begin = token("bos")) config["bos_token"] = textOf(*begin);
    if (const auto end = token("eos")) config["eos_token"] = textOf(*end);
    // Where there is no such token none is added, whatever the file or the kind would have.
    if (!config.contains("bos_token")) config["add_bos_token"] = false;
    if (!config.contains("eos_token")) config["add_eos_token"] = false;
    return config.dump();
  }

  Result<std::shared_ptr<const Tokenizer>> makeBytePairs() {
    const std::string_view name = text("pre");
    const GgufPreTokenizer* pre = ggufPreTokenizer(name);
    if (!pre) {
      std::string known;
      for (const GgufPreTokenizer& row : ggufPreTokenizers()) {
        for (const std::string_view one : row.names) {
          if (!one.empty()) known += fmt::format("{}{}", known.empty() ? "" : ", ", one);
        }
      }
      return fail("tokenizer.ggml.pre: {} is not known; there are {}", describe("pre"), known);
    }
    TokenizerFile file;
    file.rest = {{"pre_tokenizer", preTokenizerJson(*pre)},
                 {"decoder", byteLevelJson()},
                 {"model", {{"type", "BPE"}, {"ignore_merges", pre->ignoreMerges}}}};
    file.vocabulary = m_vocabulary;
    file.hasMerges = true;
    TRY_STATUS(readMerges(file));
    for (size_t id = 0; id < m_types.size(); ++id) {
      const PieceType type = m_types[id];
      if (type != PieceType::Control && type != PieceType::UserDefined && type != PieceType::Unknown) continue;
      AddedToken added;
      added.id = static_cast<int32_t>(id);
      added.content = textOf(added.id);
      added.special = type != PieceType::UserDefined;
      file.addedTokens.push_back(std::move(added));
    }
    return JsonTokenizer::make(std::move(file), config(pre->addsBegin, false));
  }

  // "left right"; the result is the two put together.
  Status readMerges(TokenizerFile& file) const {
    const GgufValue* merges = find("merges");
    if (!merges || merges->type() != GgufType::Array ||
        (merges->elementType() != GgufType::Text && merges->size() > 0)) {
      return fail("tokenizer.ggml.merges: expected an array of strings, found {}", describe("merges"));
    }
    // A merge is a token and a place to cut it, so there are no more of them than that.
    const size_t most = m_vocabulary->textBytes() + m_vocabulary->size();
    file.merges = MergeTable(static_cast<size_t>(std::min<uint64_t>(merges->size(), most)));
    uint32_t rank = 0;
    std::string problem;
    merges->each([&](const GgufValue& element) {
      const std::string_view merge = *element.text();
      const size_t space = merge.find(' ', 1);
      const bool cut = space != merge.npos;
      const std::string_view left = merge.substr(0, cut ? space : merge.size());
      const std::string_view right = cut ? merge.substr(space + 1) : std::string_view();
      const auto leftId = m_vocabulary->find(left), rightId = m_vocabulary->find(right);
      const auto result = m_vocabulary->find(std::string(left).append(right));
      if (!leftId || !rightId || !result || right.empty()) {
        problem = fmt::format("tokenizer.ggml.merges[{}]: expected two tokens that make a third, found {}", rank,
                              element.describe());
        return false;
      }
      file.merges.put({*leftId, *rightId, rank++, *result});
      return true;
    });
    if (problem.empty()) return {};
    return tl::unexpected<Error>(Error{std::move(problem)});
  }

  Result<std::shared_ptr<const Tokenizer>> makeSentencePiece(bool unigram) {
    SentencePieceFile file;
    file.unigram = unigram;
    file.pieces = m_vocabulary;
    file.types = m_types;
    TRY_STATUS(readScores(file.scores));
    file.begin = token("bos");
    file.end = token("eos");
    file.addDummyPrefix = truth("add_space_prefix", !unigram);
    file.removeExtraSpaces = truth("remove_extra_whitespaces", false);
    TRY_STATUS(findUnknown(file));
    file.byteFallback = true;
    for (int byte = 0; byte < 256; ++byte) {
      const auto id = m_vocabulary->find(fmt::format("<0x{:02X}>", byte));
      file.byteFallback = file.byteFallback && id.has_value() && m_types[static_cast<size_t>(*id)] == PieceType::Byte;
    }
    TRY_STATUS(readCharsMap(file));
    return SentencePieceTokenizer::make(std::move(file), config(!unigram, unigram));
  }

  Status readScores(std::vector<float>& scores) const {
    const GgufValue* list = find("scores");
    if (!list || list->type() != GgufType::Array || list->size() != m_types.size()) {
      return fail("tokenizer.ggml.scores: expected an array of {} numbers, found {}", m_types.size(),
                  describe("scores"));
    }
    scores.reserve(m_types.size());
    list->each([&](const GgufValue& element) {
      const std::optional<double> score = element.real();
      if (!score || !std::isfinite(*score)) return false;
      scores.push_back(static_cast<float>(*score));
      return true;
    });
    if (scores.size() == m_types.size()) return {};
    return fail("tokenizer.ggml.scores: expected finite numbers, found another for token {}", scores.size());
  }

  Status findUnknown(SentencePieceFile& file) {
    const auto first = std::find(m_types.begin(), m_types.end(), PieceType::Unknown);
    std::optional<int32_t> id = token("unknown");
    if (!id && first != m_types.end()) id = static_cast<int32_t>(first - m_types.begin());
    if (!id)
      return fail("tokenizer.ggml.unknown_token_id: expected the token for what is not in the vocabulary, found none");
    file.unknown = *id;
    return {};
  }

  Status readCharsMap(SentencePieceFile& file) const {
    const GgufValue* map = find("precompiled_charsmap");
    if (!map || map->size() == 0) return {};
    if (map->elementType() != GgufType::UInt8 && map->elementType() != GgufType::Int8) {
      return fail("tokenizer.ggml.precompiled_charsmap: expected an array of bytes, found {}",
                  describe("precompiled_charsmap"));
    }
    std::string bytes;
    map->each([&](const GgufValue& element) {
      bytes += static_cast<char>(*element.integer());
      return true;
    });
    TRY_ASSIGN(file.charsMap, CharsMap::parse(bytes));
    return {};
  }

  const GgufHeader& m_header;
  std::shared_ptr<Vocabulary> m_vocabulary;
  std::vector<PieceType> m_types;  // by id
};

}  // namespace

Result<std::shared_ptr<const Tokenizer>> makeGgufTokenizer(const GgufHeader& header, const std::string& place) {
  auto tokenizer = Maker(header).make();
  if (!tokenizer) return failAt(place, tokenizer.error());
  return tokenizer;
}

Result<std::shared_ptr<const Tokenizer>> loadGgufTokenizer(const std::filesystem::path& path) {
  TRY_ASSIGN(const GgufFile file, GgufFile::open(path));
  return makeGgufTokenizer(file.header(), file.file()->name());
}

}  // namespace core
