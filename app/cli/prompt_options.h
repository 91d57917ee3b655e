// --prompt, --prompt-file, --ids, --no-special, --chat: what a model is run on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/model/model.h"

namespace app {

struct Prompt {
  std::optional<std::string> text;  // none: given as ids
  std::string chat;                 // the form it was wrapped in, empty: none
  std::vector<int32_t> ids;
  int specialTokens = 0;  // added by the tokenizer
};

struct PromptOptions {
  std::string text, file, idList;
  std::string chat;  // a wrapper's name (core/text/chat.h), empty: none
  bool noSpecial = false;
  CLI::Option* textOption = nullptr;
  CLI::Option* fileOption = nullptr;
  CLI::Option* idsOption = nullptr;

  int given() const;  // how many of the three
};

void addPromptOptions(CLI::App& command, PromptOptions& options);

// "1,2,3"; spaces are allowed. Error: what is no number of a token.
core::Result<std::vector<int32_t>> parseIds(const std::string& list);

// How text becomes ids.
struct Encoding {
  bool noSpecial = false;
  std::string chat = {};
};

// Encodes text, wrapped as a chat if that is wanted; ids are used as they are. Errors: a model without a tokenizer, a
// text without a token.
core::Result<Prompt> encodePrompt(const core::Model& model, const std::string& text, const Encoding& how);
core::Result<Prompt> readPrompt(const core::Model& model, const PromptOptions& options);

}  // namespace app
