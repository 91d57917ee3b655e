// `expertscope tokenize`: text to token ids and back.
#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/json_lines.h"
#include "app/cli/model_options.h"
#include "core/model/catalog.h"
#include "core/model/gguf_loader.h"
#include "core/model/gguf_tokenizer.h"
#include "core/text/tokenizer.h"

namespace app {
namespace {

using Json = nlohmann::json;

struct TokenizeOptions {
  ModelOptions model;
  std::string text;
  CLI::Option* textOption = nullptr;
  bool json = false, jsonl = false;
};

std::string ascii(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n"; }

// The five keys, the same for a text and for ids.
core::Result<Json> answer(const core::Tokenizer& tokenizer, const InputLine& line) {
  std::vector<int32_t> ids, special;
  std::vector<std::string> tokens;
  if (line.text) {
    TRY_ASSIGN(const std::vector<core::TextToken> found, tokenizer.tokenize(*line.text, false));
    for (const core::TextToken& token : found) {
      ids.push_back(token.id);
      tokens.push_back(token.text);
    }
    TRY_ASSIGN(special, tokenizer.encode(*line.text, true));
  } else {
    ids = special = line.ids;
    for (const int32_t id : ids) tokens.push_back(tokenizer.tokenText(id));
  }
  return Json{{"ids", ids},
              {"ids_special", special},
              {"tokens", tokens},
              {"decoded", tokenizer.decode(ids, false)},
              {"decoded_skip", tokenizer.decode(ids, true)}};
}

core::Status printTable(const core::Tokenizer& tokenizer, const Json& answer) {
  const auto ids = answer["ids"].get<std::vector<int32_t>>();
  const auto tokens = answer["tokens"].get<std::vector<std::string>>();
  const auto special = answer["ids_special"].get<std::vector<int32_t>>();
  std::string out;
  for (size_t i = 0; i < ids.size(); ++i) {
    out += fmt::format("{:>5} {:>8}  {}  {}\n", i, ids[i], padded(visibleText(tokens[i]), 24),
                       visibleText(tokenizer.pieceText(ids[i])));
  }
  out += fmt::format("{} tokens, {} with the special tokens the model adds\n", ids.size(), special.size());
  return print(out);
}

Outcome runTokenize(const CLI::App& command, const TokenizeOptions& options) {
  const bool given = options.textOption->count() > 0;
  if (options.jsonl && (given || options.json)) {
    return wrongUsage(command, "--jsonl reads texts from standard input and prints JSON lines");
  }
  if (!options.jsonl && !given) return wrongUsage(command, "nothing to do; give a TEXT, or --jsonl");
  TRY_ASSIGN(const std::filesystem::path folder, core::resolveModel(options.model.model));
  TRY_ASSIGN(const auto tokenizer,
             core::isGgufFile(folder) ? core::loadGgufTokenizer(folder) : core::Tokenizer::load(folder));
  if (options.jsonl) {
    return answerLines([&](const InputLine& line) -> core::Status {
      TRY_ASSIGN(const Json json, answer(*tokenizer, line));
      return print(ascii(json));
    });
  }
  TRY_ASSIGN(const Json json, answer(*tokenizer, InputLine{options.text, {}}));
  if (!options.json) {
    TRY_STATUS(printTable(*tokenizer, json));
    return kDone;
  }
  Json document = startDocument("tokenize");
  document["model"] = options.model.model;
  document["text"] = options.text;
  document.update(json);
  TRY_STATUS(print(ascii(document)));
  return kDone;
}

}  // namespace

void addTokenize(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("tokenize", "Show how a text becomes tokens");
  auto options = std::make_shared<TokenizeOptions>();
  addModelOption(*command, options->model);
  options->textOption = command->add_option("text", options->text, "the text");
  command->add_flag("--json", options->json, "print one JSON document");
  command->add_flag("--jsonl", options->jsonl,
                    "read {\"text\": ...} or {\"ids\": [...]} a line from standard input, print a JSON object a line");
  command->callback([=, &action] { action = [=] { return runTokenize(*command, *options); }; });
}

}  // namespace app
