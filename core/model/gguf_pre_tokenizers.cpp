#include "core/model/gguf_pre_tokenizers.h"

#include <algorithm>

namespace core {
namespace {

constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kDigit = R"(\p{N})";
constexpr std::string_view kThreeDigits = R"(\p{N}{1,3})";

// Llama 3 and Qwen2 differ in how many digits a word may have.
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen35 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::string_view kGpt4o =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekken = R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
                                     R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
                                     R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// DeepSeek: line breaks, letters of the scripts with upper and lower case, punctuation, spaces at the end, Han and
// Hangul, digits one by one.
constexpr std::string_view kLineBreak = "[\r\n]";
constexpr std::string_view kDeepSeekLetters =
    R"(\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-)"
    R"(ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ)"
    R"(-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ)"
    R"(-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+)";
constexpr std::string_view kDeepSeekPunctuation = R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)";
constexpr std::string_view kEndSpace = R"(\s+$)";
constexpr std::string_view kDeepSeekHan = R"([一-龥ࠀ-一가-퟿]+)";
constexpr std::string_view kHanKana = R"([一-龥぀-ゟ゠-ヿ]+)";
constexpr std::string_view kDeepSeek3 =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr std::string_view kPunctuation = R"([\p{P}\$\+<=>\^~\|`]+)";
constexpr std::string_view kThreeAsciiDigits = "[0-9][0-9][0-9]";
constexpr std::string_view kBloom = R"( ?[^(\s|.,!?…。，、।۔،)]+)";
constexpr std::string_view kBailing =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view kSeedCoder =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+)"
    R"(|\s+(?!\S)|\s+)";

std::vector<GgufPreTokenizer> makeRows() {
  return {
      {{"gpt-2", "olmo", "mpt", "jais", "trillion", "granite-docling", "phi-2", "gigachat", "a.x-4.0", "mellum",
        "modern-bert", "exaone4"},
       {kGpt2}},
      {{"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"},
       {kLlama3},
       true,
       true},
      {{"dbrx", "smaug-bpe", "chatglm-bpe", "glm4"}, {kLlama3}},
      {{"qwen2", "deepseek-r1-qwen", "kormo", "stablelm2", "hunyuan", "megrez", "solar-open", "grok-2"}, {kQwen2}},
      {{"qwen35"}, {kQwen35}},
      {{"gpt-4o", "kanana2", "minimax-m2"}, {kGpt4o}},
      // Llama 4's own tokenizer.json takes words that are tokens whole; llama.cpp merges them.
      {{"llama4"}, {kGpt4o}, true},
      {{"tekken"}, {kTekken}, true, true},
      {{"refact", "starcoder", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"}, {kDigit, kGpt2}},
      {{"deepseek-llm"}, {kLineBreak, kDeepSeekLetters, kDeepSeekPunctuation, kEndSpace, kDeepSeekHan, kDigit}},
      {{"deepseek-coder"}, {kLineBreak, R"(\s?\p{L}+)", R"(\s?\p{P}+)", kDeepSeekHan, kDigit}},
      {{"deepseek-v3", "hunyuan-dense", "joyai-llm"}, {kThreeDigits, kHanKana, kDeepSeek3}},
      {{"falcon"}, {kPunctuation, kGpt2, kThreeAsciiDigits}},
      {{"poro-chat", "bloom", "gpt3-finnish"}, {kBloom}},
      {{"viking"}, {kBloom, kDigit}},
      {{"bailingmoe", "bailingmoe2", "llada-moe"}, {kBailing}},
      {{"seed-coder"}, {kSeedCoder}},
      // What llama.cpp takes where a file names none.
      {{"default", ""}, {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2, R"(\p{N}+)", kThreeAsciiDigits}},
  };
}

// Patterns may hold line breaks as they are or as escapes.
std::string escaped(std::string_view pattern) {
  std::string text;
  for (const char byte : pattern) {
    if (byte == '\r') text += "\\r";
    if (byte == '\n') text += "\\n";
    if (byte != '\r' && byte != '\n') text += byte;
  }
  return text;
}

// Adds the patterns of one step; false: a step that no row has.
bool collect(const nlohmann::json& step, std::vector<std::string>& patterns) {
  if (!step.is_object()) return false;
  const auto said = [&](const char* key) {
    const auto member = step.find(key);
    return member == step.end() ? nlohmann::json() : *member;
  };
  const nlohmann::json type = said("type");
  if (type == "Sequence") {
    const nlohmann::json steps = said("pretokenizers");
    return steps.is_array() && std::all_of(steps.begin(), steps.end(),
                                           [&](const nlohmann::json& inner) { return collect(inner, patterns); });
  }
  if (type == "Digits" && said("individual_digits") == true) {
    patterns.push_back(escaped(kDigit));
    return true;
  }
  if (type == "ByteLevel" && said("add_prefix_space") != true) {
    if (said("use_regex") != false) patterns.push_back(escaped(kGpt2));
    return true;
  }
  const nlohmann::json pattern = said("pattern");
  if (type != "Split" || said("behavior") != "Isolated" || said("invert") == true || !pattern.is_object()) return false;
  const auto regex = pattern.find("Regex");
  if (regex == pattern.end() || !regex->is_string()) return false;
  patterns.push_back(escaped(regex->get<std::string>()));
  return true;
}

}  // namespace

nlohmann::json byteLevelJson() {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
}

nlohmann::json preTokenizerJson(const GgufPreTokenizer& row) {
  nlohmann::json steps = nlohmann::json::array();
  for (const std::string_view pattern : row.patterns) {
    steps.push_back(
        {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}});
  }
  steps.push_back(byteLevelJson());
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

const GgufPreTokenizer* ggufPreTokenizerOf(const nlohmann::json& preTokenizer, bool ignoreMerges) {
  std::vector<std::string> patterns;
  if (!collect(preTokenizer, patterns)) return nullptr;
  for (const GgufPreTokenizer& row : ggufPreTokenizers()) {
    const bool same = std::equal(patterns.begin(), patterns.end(), row.patterns.begin(), row.patterns.end(),
                                 [](const std::string& a, std::string_view b) { return a == escaped(b); });
    if (same && row.ignoreMerges == ignoreMerges) return &row;
  }
  return nullptr;
}

std::span<const GgufPreTokenizer> ggufPreTokenizers() {
  static const std::vector<GgufPreTokenizer> rows = makeRows();
  return rows;
}

const GgufPreTokenizer* ggufPreTokenizer(std::string_view name) {
  for (const GgufPreTokenizer& row : ggufPreTokenizers()) {
    if (std::find(row.names.begin(), row.names.end(), name) != row.names.end()) return &row;
  }
  return nullptr;
}

}  // namespace core
