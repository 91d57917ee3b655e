#include "app/cli/prompt_options.h"

#include <fmt/ranges.h>

#include <charconv>

#include "app/cli/console.h"
#include "app/cli/input.h"
#include "core/text/chat.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"

namespace app {
namespace {

// So that a wrong list is wrong usage, found before a model is opened.
std::string checkIds(const std::string& list) {
  const auto ids = parseIds(list);
  return ids ? "" : ids.error().message;
}

std::string checkChat(const std::string& name) {
  if (core::chatWrapperNamed(name)) return "";
  std::string known;
  for (const core::ChatWrapper& wrapper : core::chatWrappers()) {
    known += (known.empty() ? "" : ", ") + std::string(wrapper.name);
  }
  return fmt::format("expected one of {}; found \"{}\"", known, name.substr(0, 40));
}

// A mark that the model does not know is run as ordinary characters: that is worth a word.
std::string wrapped(const core::Model& model, const std::string& text, const std::string& chat) {
  const core::ChatWrapper& wrapper = *core::chatWrapperNamed(chat);
  const std::vector<std::string> unknown = core::marksWithoutToken(wrapper, *model.tokenizer);
  if (!unknown.empty()) {
    say(fmt::format("{} has no token {}; --chat {} is spelt out in other tokens", model.name, fmt::join(unknown, ", "),
                    chat));
  }
  return core::wrapAsChat(wrapper, text);
}

}  // namespace

int PromptOptions::given() const {
  return static_cast<int>(textOption->count() > 0) + static_cast<int>(fileOption->count() > 0) +
         static_cast<int>(idsOption->count() > 0);
}

void addPromptOptions(CLI::App& command, PromptOptions& options) {
  options.textOption = command.add_option("--prompt", options.text, "the prompt");
  options.fileOption = command.add_option("--prompt-file", options.file, "a file with the prompt; - is standard input");
  options.idsOption = command.add_option("--ids", options.idList, "token ids instead of text, as they are: 1,2,3")
                          ->check(CLI::Validator(checkIds, ""));
  options.textOption->excludes(options.fileOption)->excludes(options.idsOption);
  options.fileOption->excludes(options.idsOption);
  command.add_option("--chat", options.chat, "wrap the text as a chat of this form: chatml, llama3, mistral, ...")
      ->check(CLI::Validator(checkChat, ""))
      ->excludes(options.idsOption);
  command.add_flag("--no-special", options.noSpecial, "leave out the special tokens the model adds to a prompt");
}

core::Result<std::vector<int32_t>> parseIds(const std::string& list) {
  std::vector<int32_t> ids;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    std::string_view piece = std::string_view(list).substr(begin, end - begin);
    while (!piece.empty() && piece.front() == ' ') piece.remove_prefix(1);
    while (!piece.empty() && piece.back() == ' ') piece.remove_suffix(1);
    int32_t id = 0;
    const auto [stop, error] = std::from_chars(piece.data(), piece.data() + piece.size(), id);
    if (piece.empty() || error != std::errc() || stop != piece.data() + piece.size() || id < 0) {
      return core::fail("expected token ids such as 1,2,3, found \"{}\"", piece.substr(0, 40));
    }
    ids.push_back(id);
    begin = end + 1;
  }
  return ids;
}

core::Result<Prompt> encodePrompt(const core::Model& model, const std::string& typed, const Encoding& how) {
  if (!model.tokenizer) {
    return core::fail("{}: text cannot be encoded: {}; --ids runs on token ids", model.name, model.tokenizerProblem);
  }
  if (!core::isValidUtf8(typed)) {
    say("the prompt is not UTF-8: each part of it that is no character is run as U+FFFD");
  }
  const std::string text = how.chat.empty() ? typed : wrapped(model, typed, how.chat);
  Prompt prompt;
  prompt.text = text;
  prompt.chat = how.chat;
  TRY_ASSIGN(prompt.ids, model.tokenizer->encode(text, !how.noSpecial));
  if (!how.noSpecial) {
    TRY_ASSIGN(const std::vector<int32_t> plain, model.tokenizer->encode(text, false));
    prompt.specialTokens = static_cast<int>(prompt.ids.size() - std::min(plain.size(), prompt.ids.size()));
  }
  if (prompt.ids.empty()) {
    return core::fail("the prompt has no tokens: it is empty and {}; give at least one character",
                      how.noSpecial ? "special tokens are left out" : "the model adds no special tokens");
  }
  return prompt;
}

core::Result<Prompt> readPrompt(const core::Model& model, const PromptOptions& options) {
  if (options.idsOption->count() > 0) {
    Prompt prompt;
    TRY_ASSIGN(prompt.ids, parseIds(options.idList));
    return prompt;
  }
  const Encoding how{options.noSpecial, options.chat};
  if (options.fileOption->count() == 0) return encodePrompt(model, options.text, how);
  TRY_ASSIGN(const std::string text, readInput(options.file, kMaxPromptBytes));
  return encodePrompt(model, text, how);
}

}  // namespace app
