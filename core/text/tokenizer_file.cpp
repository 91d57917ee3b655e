#include "core/text/tokenizer_file.h"

#include "core/base/json.h"
#include "core/text/json_fields.h"
#include "core/text/tokenizer_tables.h"

namespace core {
namespace {

using Json = nlohmann::json;

Result<std::vector<AddedToken>> readAddedTokens(const Json& root) {
  std::vector<AddedToken> tokens;
  if (jsonMember(root, "added_tokens") == nullptr) return tokens;
  TRY_ASSIGN(const Json::array_t* entries, requireObjects(root, "added_tokens", "tokenizer"));
  for (size_t i = 0; i < entries->size(); ++i) {
    const Json& entry = (*entries)[i];
    const std::string place = fmt::format("added_tokens[{}]", i);
    AddedToken token;
    TRY_ASSIGN(token.id, requireInt(entry, "id", 0, place));
    TRY_ASSIGN(token.content, requireText(entry, "content", place));
    TRY_ASSIGN(token.singleWord, optionalBool(entry, "single_word", false, place));
    TRY_ASSIGN(token.lstrip, optionalBool(entry, "lstrip", false, place));
    TRY_ASSIGN(token.rstrip, optionalBool(entry, "rstrip", false, place));
    TRY_ASSIGN(token.special, optionalBool(entry, "special", false, place));
    TRY_ASSIGN(token.normalized, optionalBool(entry, "normalized", !token.special, place));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

Result<TokenizerFile> assemble(Json rest, TokenizerTables& tables) {
  TokenizerFile file;
  file.rest = std::move(rest);
  if (!file.rest.is_object()) return fail("expected an object, found {}", file.rest.type_name());
  const Json* model = jsonMember(file.rest, "model");
  if (model == nullptr || !model->is_object()) return fail("model: expected an object, found none");
  TRY_ASSIGN(const std::optional<std::string> prefix, optionalText(*model, "continuing_subword_prefix", "model"));
  if (!tables.hasVocabulary) return fail("model.vocab: expected a vocabulary, found none");
  TRY_STATUS(tables.finish(prefix ? prefix->size() : 0));
  TRY_ASSIGN(file.addedTokens, readAddedTokens(file.rest));
  file.vocabulary = std::make_shared<Vocabulary>(std::move(tables.vocabulary));
  file.vocabularyIsList = tables.vocabularyIsList;
  file.scores = std::move(tables.scores);
  file.merges = std::move(tables.merges);
  file.hasMerges = tables.hasMerges;
  return file;
}

}  // namespace

Result<TokenizerFile> parseTokenizerFile(std::string_view json, std::string_view place) {
  if (json.size() > kMaxTokenizerBytes) {
    return fail("{}: {} bytes; tokenizers of at most {} are read", place, json.size(), kMaxTokenizerBytes);
  }
  TokenizerTables tables;
  const JsonLimits limits{.depth = 64, .bytes = (size_t{16} << 20) + 2 * json.size()};
  TRY_ASSIGN(Json rest, parseJson(json, place, limits, &tables));
  Result<TokenizerFile> file = assemble(std::move(rest), tables);
  if (!file) return failAt(place, file.error());
  return file;
}

}  // namespace core
