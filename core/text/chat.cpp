#include "core/text/chat.h"

#include <algorithm>
#include <array>

#include "core/base/json.h"
#include "core/model/gguf.h"
#include "core/model/mapped_file.h"

namespace core {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kMaxTemplateBytes = size_t{4} << 20;
constexpr size_t kMaxConfigBytes = size_t{32} << 20;
constexpr size_t kMaxTemplates = 64;

// The more particular mark stands before the one it contains.
constexpr std::array<ChatWrapper, 17> kWrappers = {{
    {"chatml", "Qwen, Yi, OpenHermes and many others", "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n",
     "<|im_start|>", true},
    {"llama2", "Llama 2 and Mixtral Instruct v0.1", "[INST] ", " [/INST]", "[INST] ", false},
    {"mistral", "Mistral models from version 3 on", "[INST]", "[/INST]", "[INST]", true},
    {"llama3", "Llama 3", "<|start_header_id|>user<|end_header_id|>\n\n",
     "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", "<|start_header_id|>", true},
    {"llama4", "Llama 4", "<|header_start|>user<|header_end|>\n\n",
     "<|eot|><|header_start|>assistant<|header_end|>\n\n", "<|header_start|>", true},
    {"gemma", "Gemma", "<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n", "<start_of_turn>", true},
    {"deepseek", "DeepSeekMoE and DeepSeek-V2", "User: ", "\n\nAssistant:", "User: ", false},
    {"deepseek3", "DeepSeek-V3 and R1", "<｜User｜>", "<｜Assistant｜>", "<｜User｜>", true},
    {"granite", "Granite 3", "<|start_of_role|>user<|end_of_role|>",
     "<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>", "<|start_of_role|>", true},
    {"harmony", "gpt-oss", "<|start|>user<|message|>", "<|end|><|start|>assistant", "<|message|>", true},
    {"phi3", "Phi-3.5-MoE", "<|user|>\n", "<|end|>\n<|assistant|>\n", "<|end|>", true},
    {"zephyr", "Zephyr and JetMoE-chat", "<|user|>\n", "</s>\n<|assistant|>\n",
     "<|user|>\n' + message['content'] + eos_token", false},
    {"tulu", "OLMoE Instruct and Tulu", "<|user|>\n", "\n<|assistant|>\n", "<|assistant|>", false},
    {"minicpm", "MiniCPM", "<用户>", "<AI>", "<AI>", true},
    {"yuan", "Yuan 2", "", "<sep>", "<sep>", true},
    {"vicuna", "Vicuna", "USER: ", " ASSISTANT:", "USER: ", false},
    {"alpaca", "Alpaca", "### Instruction:\n", "\n\n### Response:\n", "### Instruction:", false},
}};

// "<...>" and "[...]" without a space in them; chats spell their marks so.
void addMarks(std::string_view text, std::vector<std::string>& marks) {
  for (size_t begin = 0; begin < text.size(); ++begin) {
    if (text[begin] != '<' && text[begin] != '[') continue;
    const size_t end = text.find(text[begin] == '<' ? '>' : ']', begin);
    if (end == text.npos) return;
    const std::string mark(text.substr(begin, end - begin + 1));
    if (mark.find_first_of(" \n") != mark.npos) continue;
    if (std::find(marks.begin(), marks.end(), mark) == marks.end()) marks.push_back(mark);
    begin = end;
  }
}

Error misplaced(std::string_view found) {
  return {fmt::format(
      "tokenizer_config.json: chat_template: expected a text, or a list of a name and a text each, found {}", found)};
}

// A text, or a list of {name, template}, the one called default (else the first) being meant.
Result<std::optional<ChatTemplate>> templateOf(const Json& value) {
  ChatTemplate result;
  result.file = "tokenizer_config.json";
  if (value.is_string()) {
    result.text = value.get<std::string>();
    return std::optional(std::move(result));
  }
  if (!value.is_array()) return tl::unexpected(misplaced(value.type_name()));
  if (value.size() > kMaxTemplates) return tl::unexpected(misplaced(fmt::format("{} entries", value.size())));
  for (const Json& entry : value) {
    const auto name = entry.is_object() ? entry.find("name") : entry.end();
    const auto text = entry.is_object() ? entry.find("template") : entry.end();
    if (!entry.is_object() || name == entry.end() || text == entry.end() || !name->is_string() || !text->is_string()) {
      return tl::unexpected(misplaced("another entry in the list"));
    }
    result.names.push_back(name->get<std::string>());
    if (result.names.size() == 1 || result.names.back() == "default") result.text = text->get<std::string>();
  }
  if (result.names.empty()) return std::optional<ChatTemplate>();
  return std::optional(std::move(result));
}

}  // namespace

std::span<const ChatWrapper> chatWrappers() { return kWrappers; }

const ChatWrapper* chatWrapperNamed(std::string_view name) {
  const auto found = std::find_if(kWrappers.begin(), kWrappers.end(), [&](const auto& w) { return w.name == name; });
  return found == kWrappers.end() ? nullptr : &*found;
}

std::string wrapAsChat(const ChatWrapper& wrapper, std::string_view text) {
  std::string wrapped(wrapper.before);
  wrapped += text;
  return wrapped += wrapper.after;
}

std::optional<std::string> unwrapChat(const ChatWrapper& wrapper, std::string_view text) {
  const size_t around = wrapper.before.size() + wrapper.after.size();
  if (text.size() < around || !text.starts_with(wrapper.before) || !text.ends_with(wrapper.after)) return std::nullopt;
  return std::string(text.substr(wrapper.before.size(), text.size() - around));
}

std::vector<std::string> marksWithoutToken(const ChatWrapper& wrapper, const Tokenizer& tokenizer) {
  if (!wrapper.marksAreTokens) return {};
  std::vector<std::string> marks;
  addMarks(wrapper.before, marks);
  addMarks(wrapper.after, marks);
  std::erase_if(marks, [&](const std::string& mark) { return tokenizer.findToken(mark).has_value(); });
  return marks;
}

Result<std::optional<ChatTemplate>> readChatTemplate(const fs::path& folder) {
  std::error_code error;
  if (folder.extension() == ".gguf") {
    TRY_ASSIGN(const GgufFile file, GgufFile::open(folder));
    const GgufValue* value = file.header().find("tokenizer.chat_template");
    const std::optional<std::string_view> text = value ? value->text() : std::nullopt;
    if (!text) return std::optional<ChatTemplate>();
    return std::optional(ChatTemplate{folder.filename().string(), std::string(text->substr(0, kMaxTemplateBytes)), {}});
  }
  if (fs::is_regular_file(folder / "chat_template.jinja", error)) {
    TRY_ASSIGN(std::string text, readTextFile(folder / "chat_template.jinja", kMaxTemplateBytes));
    return std::optional(ChatTemplate{"chat_template.jinja", std::move(text), {}});
  }
  if (!fs::is_regular_file(folder / "tokenizer_config.json", error)) return std::optional<ChatTemplate>();
  TRY_ASSIGN(const std::string text, readTextFile(folder / "tokenizer_config.json", kMaxConfigBytes));
  return chatTemplateOf(text);
}

Result<std::optional<ChatTemplate>> chatTemplateOf(std::string_view configJson) {
  const JsonLimits limits{.bytes = (size_t{16} << 20) + 2 * configJson.size()};
  TRY_ASSIGN(const Json config, parseJson(configJson, "tokenizer_config.json", limits));
  if (!config.is_object()) return fail("tokenizer_config.json: expected an object, found {}", config.type_name());
  const auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return std::optional<ChatTemplate>();
  return templateOf(*found);
}

const ChatWrapper* wrapperLike(std::string_view chatTemplate) {
  const auto found = std::find_if(kWrappers.begin(), kWrappers.end(),
                                  [&](const auto& w) { return chatTemplate.find(w.mark) != chatTemplate.npos; });
  return found == kWrappers.end() ? nullptr : &*found;
}

}  // namespace core
