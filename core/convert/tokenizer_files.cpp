#include "core/convert/tokenizer_files.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/model/gguf.h"
#include "core/model/gguf_pre_tokenizers.h"
#include "core/snapshot/atomic_file.h"
#include "core/text/sentencepiece_file.h"
#include "core/text/tokenizer.h"

namespace core {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kMaxFileBytes = size_t{256} << 20;
constexpr const char* kPlain = "the tokenizer was left out: {}; --ids works, and so does the source's tokenizer";

// Texts that tell tokenizers apart: spaces, digits, scripts, line breaks, contractions.
constexpr const char* kSamples[] = {
    "",
    "Hello world",
    " two  spaces ",
    "don't we'll I'M",
    "12345 0.5%",
    "a\n\nb\r\n\tc",
    "grüße, ça va? 世界 ñ",
    "x = [1, 2]; // ok",
    "<tag attr=\"v\">",
    "ABC def GHI",
    "\u2028 emoji \U0001F600!",
};

// One token a row: text, kind and, in SentencePiece, score.
struct Pieces {
  std::vector<std::string> texts;
  std::vector<int32_t> types;
  std::vector<float> scores;
  std::vector<std::string> merges;
  std::string kind, pre;
  std::string normalizer;  // of a tokenizer.json, for which GGUF has no word: "NFC"
};

void pad(Pieces& pieces, int vocabulary) {
  for (size_t id = 0; id < pieces.texts.size() || id < static_cast<size_t>(vocabulary); ++id) {
    if (id == pieces.texts.size()) {
      pieces.texts.emplace_back();
      pieces.types.push_back(static_cast<int32_t>(PieceType::Unused));
    }
    if (pieces.texts[id].empty()) pieces.texts[id] = fmt::format("[PAD{}]", id);
  }
}

Status place(Pieces& pieces, int64_t id, const std::string& text, PieceType type) {
  if (id < 0 || id >= kMaxVocabulary) return fail("a token has the id {}", id);
  const auto at = static_cast<size_t>(id);
  if (at >= pieces.texts.size()) {
    pieces.texts.resize(at + 1);
    pieces.types.resize(at + 1, static_cast<int32_t>(PieceType::Unused));
  }
  pieces.texts[at] = text;
  pieces.types[at] = static_cast<int32_t>(type);
  return {};
}

// "NFC", or the kinds of a sequence's steps; empty: nothing is normalized.
std::string namesOf(const Json& normalizer) {
  if (!normalizer.is_object()) return "";
  if (normalizer.value("type", "") != "Sequence") return normalizer.value("type", "unnamed");
  std::string names;
  for (const Json& step : normalizer.value("normalizers", Json::array())) {
    const std::string inner = namesOf(step);
    if (!inner.empty()) names += (names.empty() ? "" : ", ") + inner;
  }
  return names;
}

// A byte-level BPE; throws what nlohmann throws where a member has another kind.
Result<Pieces> bytePairsOf(const Json& root) {
  const Json& model = root.at("model");
  const auto member = [](const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? Json() : *found;
  };
  const Json kind = member(model, "type");
  if ((kind != "BPE" && !kind.is_null()) || member(model, "byte_fallback") == true) {
    return fail(
        "its tokenizer.json holds a SentencePiece vocabulary ({}), and only a tokenizer.model of one can be carried "
        "into "
        "GGUF",
        kind == "BPE" || kind.is_null() ? "BPE with byte fallback" : kind.dump());
  }
  const GgufPreTokenizer* pre =
      ggufPreTokenizerOf(member(root, "pre_tokenizer"), member(model, "ignore_merges") == true);
  if (!pre) return fail("GGUF has no name for its pre-tokenizer");
  Pieces pieces;
  pieces.normalizer = namesOf(member(root, "normalizer"));
  pieces.kind = "gpt2";
  pieces.pre = std::string(pre->names.front());
  for (const auto& [piece, id] : model.at("vocab").items()) {
    TRY_STATUS(place(pieces, id.get<int64_t>(), piece, PieceType::Normal));
  }
  const Json added = member(root, "added_tokens");
  for (const Json& token : added.is_array() ? added : Json::array()) {
    const PieceType type = member(token, "special") == true ? PieceType::Control : PieceType::UserDefined;
    TRY_STATUS(place(pieces, token.at("id").get<int64_t>(), token.at("content").get<std::string>(), type));
  }
  for (const Json& merge : model.at("merges")) {
    pieces.merges.push_back(merge.is_array()
                                ? fmt::format("{} {}", merge[0].get<std::string>(), merge[1].get<std::string>())
                                : merge.get<std::string>());
  }
  return pieces;
}

Result<Pieces> readBytePairs(const fs::path& path) {
  TRY_ASSIGN(const std::string text, readTextFile(path, kMaxFileBytes));
  TRY_ASSIGN(const Json root, parseJson(text, "tokenizer.json", {.depth = 64, .bytes = size_t{2} << 30}));
  try {
    return bytePairsOf(root);
  } catch (const Json::exception& problem) {
    return fail("tokenizer.json: {}", problem.what());
  }
}

Result<Pieces> readSentencePieces(const fs::path& path, GgufEntries& entries) {
  TRY_ASSIGN(const std::string bytes, readTextFile(path, kMaxFileBytes));
  TRY_ASSIGN(const SentencePieceFile file, parseSentencePiece(bytes, path.filename().string()));
  if (file.unigram || file.charsMap) return fail("only SentencePiece BPE without a character map is written to GGUF");
  Pieces pieces;
  pieces.kind = "llama";
  pieces.pre = "default";
  for (size_t id = 0; id < file.types.size(); ++id) {
    pieces.texts.emplace_back(file.pieces->text(static_cast<int32_t>(id)).value_or(""));
    pieces.types.push_back(static_cast<int32_t>(file.types[id]));
  }
  pieces.scores = file.scores;
  entries.truth("tokenizer.ggml.add_space_prefix", file.addDummyPrefix);
  entries.truth("tokenizer.ggml.remove_extra_whitespaces", file.removeExtraSpaces);
  entries.number("tokenizer.ggml.unknown_token_id", static_cast<uint32_t>(file.unknown));
  return pieces;
}

Status fromFolder(const Model& model, GgufEntries& entries, std::string& normalizer) {
  std::error_code ignored;
  const fs::path json = model.path / "tokenizer.json";
  Pieces pieces;
  if (fs::exists(model.path / "tokenizer.model", ignored)) {
    TRY_ASSIGN(pieces, readSentencePieces(model.path / "tokenizer.model", entries));
  } else {
    TRY_ASSIGN(pieces, readBytePairs(json));
  }
  normalizer = pieces.normalizer;
  pad(pieces, model.config.vocabulary);
  if (!pieces.scores.empty()) pieces.scores.resize(pieces.texts.size(), -1000.0f);
  entries.text("tokenizer.ggml.model", pieces.kind);
  entries.text("tokenizer.ggml.pre", pieces.pre);
  entries.texts("tokenizer.ggml.tokens", pieces.texts);
  entries.numbers("tokenizer.ggml.token_type", pieces.types);
  if (!pieces.scores.empty()) entries.reals("tokenizer.ggml.scores", pieces.scores);
  if (pieces.kind == "gpt2") entries.texts("tokenizer.ggml.merges", pieces.merges);
  const auto begin = model.tokenizer->beginOfSequence(), end = model.tokenizer->endOfSequence();
  if (begin) entries.number("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(*begin));
  if (end) entries.number("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(*end));
  TRY_ASSIGN(const std::vector<int32_t> around, model.tokenizer->encode("", true));
  entries.truth("tokenizer.ggml.add_bos_token", begin && !around.empty() && around.front() == *begin);
  entries.truth("tokenizer.ggml.add_eos_token", end && !around.empty() && around.back() == *end);
  return {};
}

// Fields of a protocol buffer, as tokenizer.model has them.
class Fields {
 public:
  void number(int field, uint64_t value) {
    varint(static_cast<uint64_t>(field) << 3);
    varint(value);
  }
  void real(int field, float value) {
    varint(static_cast<uint64_t>(field) << 3 | 5);
    char bytes[4];
    std::memcpy(bytes, &value, 4);
    m_bytes.append(bytes, 4);
  }
  void text(int field, std::string_view value) {
    varint(static_cast<uint64_t>(field) << 3 | 2);
    varint(value.size());
    m_bytes += value;
  }
  const std::string& bytes() const { return m_bytes; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) m_bytes += static_cast<char>(value | 0x80);
    m_bytes += static_cast<char>(value);
  }
  std::string m_bytes;
};

Status writeFile(const fs::path& path, std::string_view bytes) {
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TRY_STATUS(file.write(bytes));
  return file.commit();
}

// The metadata of a tokenizer that opened.
class GgufTokenizerReader {
 public:
  explicit GgufTokenizerReader(const GgufHeader& header) : m_header(header) {
    each("tokens", [&](const GgufValue& token) { m_texts.emplace_back(token.text().value_or("")); });
    each("token_type", [&](const GgufValue& type) { m_types.push_back(static_cast<PieceType>(*type.integer())); });
    m_types.resize(m_texts.size(), PieceType::Normal);
  }

  std::string_view text(const char* key) const {
    const GgufValue* value = find(key);
    return value ? value->text().value_or("") : std::string_view();
  }
  bool truth(const char* key, bool otherwise) const {
    const GgufValue* value = find(key);
    return value ? value->truth().value_or(otherwise) : otherwise;
  }

  // tokenizer.json of a byte-level BPE.
  std::string bytePairs() const {
    const GgufPreTokenizer* pre = ggufPreTokenizer(text("pre"));
    Json vocabulary = Json::object(), merges = Json::array(), added = Json::array();
    for (size_t id = 0; id < m_texts.size(); ++id) {
      const PieceType type = m_types[id];
      const bool special = type == PieceType::Control || type == PieceType::Unknown;
      vocabulary[m_texts[id]] = id;
      if (!special && type != PieceType::UserDefined) continue;
      added.push_back({{"id", id},
                       {"content", m_texts[id]},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", special}});
    }
    each("merges", [&](const GgufValue& merge) { merges.push_back(std::string(merge.text().value_or(""))); });
    const Json root = {{"version", "1.0"},
                       {"truncation", nullptr},
                       {"padding", nullptr},
                       {"added_tokens", std::move(added)},
                       {"normalizer", nullptr},
                       {"pre_tokenizer", preTokenizerJson(*pre)},
                       {"post_processor", nullptr},
                       {"decoder", byteLevelJson()},
                       {"model",
                        {{"type", "BPE"},
                         {"dropout", nullptr},
                         {"unk_token", nullptr},
                         {"continuing_subword_prefix", nullptr},
                         {"end_of_word_suffix", nullptr},
                         {"fuse_unk", false},
                         {"byte_fallback", false},
                         {"ignore_merges", pre->ignoreMerges},
                         {"vocab", std::move(vocabulary)},
                         {"merges", std::move(merges)}}}};
    return root.dump();
  }

  // tokenizer.model of SentencePiece.
  std::string sentencePieces(bool unigram, const Tokenizer& tokenizer) const {
    Fields whole, trainer, normalizer;
    std::vector<float> scores;
    each("scores", [&](const GgufValue& score) { scores.push_back(static_cast<float>(*score.real())); });
    int32_t unknown = -1;
    for (size_t id = 0; id < m_texts.size(); ++id) {
      Fields piece;
      piece.text(1, m_texts[id]);
      piece.real(2, scores[id]);
      piece.number(3, static_cast<uint64_t>(m_types[id]));
      whole.text(1, piece.bytes());
      if (m_types[id] == PieceType::Unknown && unknown < 0) unknown = static_cast<int32_t>(id);
    }
    const auto id = [](std::optional<int32_t> token) {
      return token ? static_cast<uint64_t>(*token) : ~uint64_t{0};  // -1: none
    };
    const bool bytes = std::find(m_types.begin(), m_types.end(), PieceType::Byte) != m_types.end();
    trainer.number(3, unigram ? 1 : 2);
    trainer.number(35, bytes ? 1 : 0);
    trainer.number(40, id(unknown < 0 ? std::nullopt : std::optional(unknown)));
    trainer.number(41, id(tokenizer.beginOfSequence()));
    trainer.number(42, id(tokenizer.endOfSequence()));
    whole.text(2, trainer.bytes());
    if (const GgufValue* map = find("precompiled_charsmap"); map && map->size() > 0) normalizer.text(2, map->bytes());
    normalizer.number(3, truth("add_space_prefix", !unigram) ? 1 : 0);
    normalizer.number(4, truth("remove_extra_whitespaces", false) ? 1 : 0);
    normalizer.number(5, 1);
    whole.text(3, normalizer.bytes());
    return whole.bytes();
  }

 private:
  const GgufValue* find(const char* key) const { return m_header.find(fmt::format("tokenizer.ggml.{}", key)); }
  void each(const char* key, const std::function<void(const GgufValue&)>& take) const {
    const GgufValue* list = find(key);
    if (!list) return;
    list->each([&](const GgufValue& element) {
      take(element);
      return true;
    });
  }

  const GgufHeader& m_header;
  std::vector<std::string> m_texts;
  std::vector<PieceType> m_types;
};

Status fromGgufFile(const Model& model, const fs::path& folder) {
  TRY_ASSIGN(const GgufFile file, GgufFile::open(model.path));
  const GgufTokenizerReader reader(file.header());
  const std::string_view kind = reader.text("model");
  const Tokenizer& tokenizer = *model.tokenizer;
  TRY_ASSIGN(const std::vector<int32_t> around, tokenizer.encode("", true));
  const auto begin = tokenizer.beginOfSequence(), end = tokenizer.endOfSequence();
  Json config = {{"add_bos_token", begin && !around.empty() && around.front() == *begin},
                 {"add_eos_token", end && !around.empty() && around.back() == *end},
                 {"tokenizer_class", kind == "gpt2" ? "PreTrainedTokenizerFast" : "LlamaTokenizer"}};
  if (begin) config["bos_token"] = tokenizer.tokenText(*begin);
  if (end) config["eos_token"] = tokenizer.tokenText(*end);
  TRY_STATUS(writeFile(folder / "tokenizer_config.json", config.dump(2) + "\n"));
  if (kind == "gpt2") return writeFile(folder / "tokenizer.json", reader.bytePairs());
  return writeFile(folder / "tokenizer.model", reader.sentencePieces(kind == "t5", tokenizer));
}

Status copyFiles(const fs::path& from, const fs::path& to) {
  for (const char* name :
       {"tokenizer.json", "tokenizer.model", "spiece.model", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt", "generation_config.json", "chat_template.jinja"}) {
    std::error_code error;
    if (!fs::is_regular_file(from / name, error)) continue;
    fs::copy_file(from / name, to / name, error);
    if (error) return fail("{}: cannot be copied: {}", name, error.message());
  }
  return {};
}

}  // namespace

void writeGgufTokenizer(const Model& model, bool fromGguf, GgufEntries& entries, std::vector<std::string>& notes) {
  if (!model.tokenizer) {
    notes.push_back(fmt::format(kPlain, model.tokenizerProblem));
    return;
  }
  if (fromGguf) {
    const auto file = GgufFile::open(model.path);
    if (!file) notes.push_back(fmt::format(kPlain, file.error().message));
    if (!file) return;
    for (const GgufEntry& entry : file->header().entries) {
      if (entry.key.starts_with("tokenizer.")) entries.copy(entry.key, entry.value);
    }
    return;
  }
  GgufEntries made = entries;
  std::string normalizer;
  const Status status = fromFolder(model, made, normalizer);
  if (status) entries = std::move(made);
  if (status && !normalizer.empty()) {
    notes.push_back(
        fmt::format("the tokenizer's normalizer {} cannot be said in GGUF: texts that it changes get other tokens from "
                    "the new file",
                    normalizer));
  }
  if (!status) notes.push_back(fmt::format(kPlain, status.error().message));
}

Status writeTokenizerFiles(const Model& model, bool fromGguf, const fs::path& folder, std::vector<std::string>& notes) {
  if (!fromGguf) return copyFiles(model.path, folder);
  if (model.tokenizer) return fromGgufFile(model, folder);
  notes.push_back(fmt::format(kPlain, model.tokenizerProblem));
  return {};
}

void compareTokenizers(const Model& before, const Model& after, std::vector<std::string>& notes) {
  if (!before.tokenizer) return;
  if (!after.tokenizer) {
    if (notes.empty()) notes.push_back(fmt::format(kPlain, after.tokenizerProblem));
    return;
  }
  for (const char* sample : kSamples) {
    const auto a = before.tokenizer->encode(sample, true), b = after.tokenizer->encode(sample, true);
    if (a && b && *a == *b) continue;
    notes.push_back(fmt::format("the new tokenizer cuts some texts otherwise ({}); GGUF has no word for normalizers",
                                Json(sample).dump()));
    return;
  }
}

}  // namespace core
