// "Wrap as chat": models tuned for conversation expect marks around what a user says. Published folders describe them
// in a chat template, a small program; it is shown, never executed. The common forms are kept here as data instead:
// text before and behind what the user typed, ending where the model's answer begins. What is run is the wrapped text,
// so the record of a run says exactly what the model was given.
//
//   chatml   <|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n
//
// The token that begins a text is not part of a wrapper: the tokenizer adds it as to any prompt.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/text/tokenizer.h"

namespace core {

struct ChatWrapper {
  std::string_view name;           // of --chat
  std::string_view models;         // who uses it, for people
  std::string_view before, after;  // the user's text
  std::string_view mark;           // what a template of this form contains, and others do not
  bool marksAreTokens;             // each "<...>" of it is one token of its models, not text that they spell out
};

std::span<const ChatWrapper> chatWrappers();
const ChatWrapper* chatWrapperNamed(std::string_view name);  // null: none of that name

std::string wrapAsChat(const ChatWrapper& wrapper, std::string_view text);

// What was wrapped; nothing where the text is not of this form.
std::optional<std::string> unwrapChat(const ChatWrapper& wrapper, std::string_view text);

// The marks of a wrapper, "<|im_start|>" and the like, that this tokenizer has no single token for: it would spell them
// out, and the model would not take them for marks. None for wrappers whose models spell them out themselves.
std::vector<std::string> marksWithoutToken(const ChatWrapper& wrapper, const Tokenizer& tokenizer);

struct ChatTemplate {
  std::string file;                // where it stands
  std::string text;                // the default one of several
  std::vector<std::string> names;  // of several, in order
};

// The template of a folder: chat_template.jinja, else chat_template of tokenizer_config.json; of a GGUF file: its
// tokenizer.chat_template. Nothing where there is none. Errors: a file that cannot be read, or that holds something
// else in this place.
Result<std::optional<ChatTemplate>> readChatTemplate(const std::filesystem::path& folder);

// From the content of a tokenizer_config.json.
Result<std::optional<ChatTemplate>> chatTemplateOf(std::string_view configJson);

// The wrapper whose mark the template has; null: none of them.
const ChatWrapper* wrapperLike(std::string_view chatTemplate);

}  // namespace core
