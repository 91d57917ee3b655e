#include "core/text/json_tokenizer.h"

#include <algorithm>

#include "core/base/json.h"
#include "core/text/bpe.h"
#include "core/text/json_fields.h"
#include "core/text/unigram.h"

namespace core {
namespace {

using Json = nlohmann::json;

Json partOf(const Json& root, const char* name) {
  const Json* part = jsonMember(root, name);
  return part == nullptr ? Json() : *part;
}

// `bos_token`: a text, or an object with a `content`.
Result<std::optional<std::string>> configToken(const Json& config, const char* name) {
  const Json* token = jsonMember(config, name);
  if (token != nullptr && token->is_object()) return optionalText(*token, "content", name);
  return optionalText(config, name, "config");
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> JsonTokenizer::make(std::string_view json, std::string_view config,
                                                             const std::string& place) {
  TRY_ASSIGN(TokenizerFile file, parseTokenizerFile(json, place));
  const auto tokenizer = std::make_shared<JsonTokenizer>();
  if (const Status built = tokenizer->build(std::move(file)); !built) return failAt(place, built.error());
  if (const Status applied = tokenizer->applyConfig(config); !applied) {
    return failAt("tokenizer_config.json", applied.error());
  }
  tokenizer->guessSpecials();
  return tokenizer;
}

Result<std::shared_ptr<const Tokenizer>> JsonTokenizer::make(TokenizerFile file, std::string_view config) {
  const auto tokenizer = std::make_shared<JsonTokenizer>();
  TRY_STATUS(tokenizer->build(std::move(file)));
  TRY_STATUS(tokenizer->applyConfig(config));
  tokenizer->guessSpecials();
  return tokenizer;
}

Status JsonTokenizer::build(TokenizerFile file) {
  m_vocabulary = file.vocabulary;
  TRY_ASSIGN(m_normalizer, makeNormalizer(partOf(file.rest, "normalizer"), "normalizer"));
  TRY_ASSIGN(m_preTokenizer, makePreTokenizer(partOf(file.rest, "pre_tokenizer"), "pre_tokenizer"));
  TRY_ASSIGN(m_postProcessor, makePostProcessor(partOf(file.rest, "post_processor"), "post_processor"));
  TRY_ASSIGN(m_decoder, makeDecoder(partOf(file.rest, "decoder"), "decoder"));
  TRY_STATUS(buildModel(file.rest["model"], file));
  TRY_ASSIGN(m_added, AddedTokens::make(std::move(file.addedTokens), *m_vocabulary, m_normalizer.get()));
  m_size = static_cast<int>(m_vocabulary->size());
  m_largestId = m_vocabulary->largestId();
  for (const AddedToken& token : m_added.all()) {
    if (!m_vocabulary->text(token.id)) ++m_size;
    m_largestId = std::max(m_largestId, token.id);
  }
  return checkSpecials();
}

Status JsonTokenizer::buildModel(const Json& model, TokenizerFile& file) {
  TRY_ASSIGN(std::optional<std::string> kind, optionalText(model, "type", "model"));
  // Files from before 2020 do not say; then the tables do.
  if (!kind) kind = file.vocabularyIsList ? "Unigram" : file.hasMerges ? "BPE" : "of no type";
  if (*kind != "BPE" && *kind != "Unigram") {
    return fail("model: unknown kind \"{}\"; supported are BPE, Unigram", *kind);
  }
  if (file.vocabularyIsList != (*kind == "Unigram")) {
    return fail("model.vocab: expected {} for {}", *kind == "BPE" ? "an object of ids" : "a list of [text, score]",
                *kind);
  }
  TRY_ASSIGN(const bool byteFallback, optionalBool(model, "byte_fallback", false, "model"));
  if (*kind == "Unigram") {
    std::optional<int32_t> unknown;
    if (jsonMember(model, "unk_id") != nullptr) {
      TRY_ASSIGN(unknown, requireInt(model, "unk_id", 0, "model"));
    }
    TRY_ASSIGN(m_model, Unigram::make(m_vocabulary, std::move(file.scores), unknown, byteFallback));
    return {};
  }
  if (!file.hasMerges) return fail("model.merges: expected a list, found nothing");
  BpeOptions options;
  options.byteFallback = byteFallback;
  TRY_ASSIGN(options.unknownToken, optionalText(model, "unk_token", "model"));
  TRY_ASSIGN(options.fuseUnknown, optionalBool(model, "fuse_unk", false, "model"));
  TRY_ASSIGN(options.ignoreMerges, optionalBool(model, "ignore_merges", false, "model"));
  TRY_ASSIGN(const auto prefix, optionalText(model, "continuing_subword_prefix", "model"));
  TRY_ASSIGN(const auto suffix, optionalText(model, "end_of_word_suffix", "model"));
  options.continuingPrefix = prefix.value_or("");
  options.endSuffix = suffix.value_or("");
  TRY_ASSIGN(m_model, Bpe::make(m_vocabulary, std::move(file.merges), std::move(options)));
  return {};
}

Status JsonTokenizer::checkSpecials() const {
  for (const auto* ids : {&m_postProcessor.before, &m_postProcessor.behind}) {
    for (const int32_t id : *ids) {
      if (!find(id)) return fail("post_processor: adds the id {}, which no token has", id);
    }
  }
  return {};
}

Status JsonTokenizer::applyConfig(std::string_view text) {
  if (text.empty()) return {};
  TRY_ASSIGN(const Json config, parseJson(text, "config"));
  if (!config.is_object()) return fail("expected an object, found {}", config.type_name());
  const bool addsAlready = !m_postProcessor.empty();
  const auto apply = [&](const char* name, const char* flag, std::optional<int32_t>& known,
                         std::vector<int32_t>& place) -> Status {
    TRY_ASSIGN(const std::optional<std::string> token, configToken(config, name));
    TRY_ASSIGN(const bool add, optionalBool(config, flag, false, "config"));
    if (token) known = findToken(*token);
    if (addsAlready || !add) return {};
    if (!known) return fail("{} is true, but {} (\"{}\") is not in the vocabulary", flag, name, token.value_or(""));
    place.push_back(*known);
    return {};
  };
  TRY_STATUS(apply("bos_token", "add_bos_token", m_begin, m_postProcessor.before));
  return apply("eos_token", "add_eos_token", m_end, m_postProcessor.behind);
}

void JsonTokenizer::guessSpecials() {
  if (!m_begin && !m_postProcessor.before.empty()) m_begin = m_postProcessor.before.front();
  if (!m_end && !m_postProcessor.behind.empty()) m_end = m_postProcessor.behind.back();
  const auto guess = [&](std::optional<int32_t>& known, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const AddedToken* token = m_added.find(name);
      if (!known && token != nullptr && token->special) known = token->id;
    }
  };
  guess(m_begin, {"<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "<｜begin▁of▁sentence｜>"});
  guess(m_end, {"</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>", "<｜end▁of▁sentence｜>"});
}

Result<std::vector<TextToken>> JsonTokenizer::tokenize(std::string_view text, bool addSpecial) const {
  WorkBudget budget(text.size());
  std::vector<Piece> pieces, normalized;
  TRY_STATUS(m_added.split(repairUtf8(text), true, false, budget, pieces));
  for (Piece& piece : pieces) {
    if (piece.id) {
      normalized.push_back(std::move(piece));
      continue;
    }
    if (m_normalizer) {
      TRY_ASSIGN(piece.text, m_normalizer->apply(std::move(piece.text), budget));
    }
    TRY_STATUS(m_added.split(piece.text, piece.atStart, true, budget, normalized));
  }
  if (m_preTokenizer) {
    TRY_ASSIGN(normalized, m_preTokenizer->apply(std::move(normalized), budget));
  }
  std::vector<TextToken> tokens;
  const auto addSpecials = [&](const std::vector<int32_t>& ids) {
    for (const int32_t id : ids) tokens.push_back({id, tokenText(id)});
  };
  if (addSpecial) addSpecials(m_postProcessor.before);
  for (Piece& piece : normalized) {
    if (piece.id) {
      tokens.push_back({*piece.id, std::move(piece.text)});
    } else {
      TRY_STATUS(m_model->tokenize(piece.text, budget, tokens));
    }
  }
  if (addSpecial) addSpecials(m_postProcessor.behind);
  return tokens;
}

std::optional<std::string> JsonTokenizer::find(int32_t id) const {
  if (const AddedToken* token = m_added.find(id)) return token->content;
  if (const auto text = m_vocabulary->text(id)) return std::string(*text);
  return std::nullopt;
}

std::string JsonTokenizer::decode(std::span<const int32_t> ids, bool skipSpecial) const {
  std::vector<std::string> tokens;
  for (const int32_t id : ids) {
    std::optional<std::string> text = find(id);
    if (text && !(skipSpecial && isSpecial(id))) tokens.push_back(std::move(*text));
  }
  if (tokens.empty()) return {};
  m_decoder->decode(tokens);
  std::string all;
  for (const std::string& token : tokens) all += token;
  return all;
}

std::string JsonTokenizer::tokenText(int32_t id) const { return find(id).value_or(""); }

std::optional<int32_t> JsonTokenizer::findToken(std::string_view tokenText) const {
  if (const AddedToken* token = m_added.find(tokenText)) return token->id;
  return m_vocabulary->find(tokenText);
}

bool JsonTokenizer::isSpecial(int32_t id) const {
  const AddedToken* token = m_added.find(id);
  return token != nullptr && token->special;
}

StreamState JsonTokenizer::startStream() const {
  StreamState state;
  m_decoder->prepare(state);
  return state;
}

std::string JsonTokenizer::streamBytes(int32_t id, StreamState& state) const {
  std::optional<std::string> text = find(id);
  if (!text) return {};
  std::string bytes = m_decoder->stream(std::move(*text), state);
  state.first = false;
  return bytes;
}

}  // namespace core
