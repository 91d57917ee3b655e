#include "core/text/decoder.h"

#include <algorithm>
#include <optional>

#include "core/text/byte_alphabet.h"
#include "core/text/json_fields.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/text_pattern.h"
#include "core/text/unicode.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr const char* kSupported = "ByteLevel, ByteFallback, Replace, Fuse, Strip, Metaspace, Sequence";

std::string join(const std::vector<std::string>& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  return all;
}

class JoinWithSpaces : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 1; i < tokens.size(); ++i) tokens[i].insert(0, 1, ' ');
  }
  std::string stream(std::string token, StreamState& state) const override { return state.first ? token : " " + token; }
};

// A token stands for bytes if all its characters are of the byte alphabet, for itself if not; added tokens too.
class ByteLevelDecoder : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) token = bytes(std::move(token));
    tokens = {repairUtf8(join(tokens))};
  }
  std::string stream(std::string token, StreamState&) const override { return bytes(std::move(token)); }

 private:
  static std::string bytes(std::string token) {
    std::optional<std::string> bytes = bytesOfText(token);
    return bytes ? std::move(*bytes) : std::move(token);
  }
};

// <0xE4> and its like.
std::optional<char> byteOf(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  int value = 0;
  for (const char c : token.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + digit;
  }
  return static_cast<char>(value);
}

class ByteFallback : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    std::vector<std::string> out;
    std::string run;
    const auto end = [&] {
      if (isValidUtf8(run)) {
        if (!run.empty()) out.push_back(run);
      } else {
        for (size_t i = 0; i < run.size(); ++i) out.emplace_back(kReplacementCharacter);
      }
      run.clear();
    };
    for (std::string& token : tokens) {
      if (const auto byte = byteOf(token)) {
        run += *byte;
      } else {
        end();
        out.push_back(std::move(token));
      }
    }
    end();
    tokens = std::move(out);
  }
  std::string stream(std::string token, StreamState&) const override {
    const auto byte = byteOf(token);
    return byte ? std::string(1, *byte) : token;
  }
};

std::string replaced(const std::string& text, std::string_view from, std::string_view to) {
  std::string out;
  size_t at = 0;
  for (size_t hit; (hit = text.find(from, at)) != std::string::npos; at = hit + from.size()) {
    out.append(text, at, hit - at);
    out += to;
  }
  return out + text.substr(at);
}

class ReplaceDecoder : public Decoder {
 public:
  ReplaceDecoder(std::string from, std::string to) : m_from(std::move(from)), m_to(std::move(to)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) token = replaced(token, m_from, m_to);
  }
  std::string stream(std::string token, StreamState&) const override { return replaced(token, m_from, m_to); }

 private:
  std::string m_from, m_to;
};

class Fuse : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override { tokens = {join(tokens)}; }
  std::string stream(std::string token, StreamState&) const override { return token; }
};

// Takes up to `start` of one character from the beginning and up to `stop` from the end, of every token, or of the
// whole text where a Fuse stands before (`whole`).
class StripDecoder : public Decoder {
 public:
  StripDecoder(std::string content, int start, int stop, bool whole, size_t index)
      : m_content(std::move(content)), m_start(start), m_stop(stop), m_whole(whole), m_index(index) {}

  void decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) token = cutEnd(cutBegin(token, m_start).first);
  }

  void prepare(StreamState& state) const override {
    state.strips.resize(std::max(state.strips.size(), m_index + 1));
    state.strips[m_index].toStrip = m_start;
  }

  std::string stream(std::string token, StreamState& state) const override {
    if (!m_whole) return cutEnd(cutBegin(token, m_start).first);
    StreamState::Strip& mine = state.strips[m_index];
    if (mine.toStrip > 0 && !token.empty()) {
      auto [rest, cut] = cutBegin(token, mine.toStrip);
      token = std::move(rest);
      mine.toStrip = token.empty() ? mine.toStrip - cut : 0;
    }
    token = mine.held + token;
    std::string kept = cutEnd(token);
    mine.held = token.substr(kept.size());
    return kept;
  }

 private:
  std::pair<std::string, int> cutBegin(const std::string& text, int most) const {
    int cut = 0;
    size_t at = 0;
    while (cut < most && text.compare(at, m_content.size(), m_content) == 0) {
      at += m_content.size();
      ++cut;
    }
    return {text.substr(at), cut};
  }
  std::string cutEnd(std::string text) const {
    for (int cut = 0; cut < m_stop && text.ends_with(m_content); ++cut) text.erase(text.size() - m_content.size());
    return text;
  }

  std::string m_content;
  int m_start, m_stop;
  bool m_whole;
  size_t m_index;
};

class MetaspaceDecoder : public Decoder {
 public:
  explicit MetaspaceDecoder(MetaspaceOptions options) : m_options(std::move(options)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = text(tokens[i], i == 0);
  }
  std::string stream(std::string token, StreamState& state) const override { return text(token, state.first); }

 private:
  std::string text(const std::string& token, bool first) const {
    const bool drop = first && m_options.prepend != MetaspaceOptions::Prepend::Never;
    return replaced(token, m_options.replacement, drop ? "" : " ");
  }

  MetaspaceOptions m_options;
};

class DecoderSequence : public Decoder {
 public:
  explicit DecoderSequence(std::vector<std::unique_ptr<Decoder>> steps) : m_steps(std::move(steps)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (const auto& step : m_steps) step->decode(tokens);
    tokens = {repairUtf8(join(tokens))};
  }
  std::string stream(std::string token, StreamState& state) const override {
    for (const auto& step : m_steps) token = step->stream(std::move(token), state);
    return token;
  }
  void prepare(StreamState& state) const override {
    for (const auto& step : m_steps) step->prepare(state);
  }

 private:
  std::vector<std::unique_ptr<Decoder>> m_steps;
};

struct Made {
  bool fused = false;  // a Fuse stands before
  size_t strips = 0;
  size_t growth = 1;  // how many times longer all Replace steps together can make a text
};

constexpr size_t kMaxGrowth = 256;

Result<std::unique_ptr<Decoder>> makeStep(const Json& spec, const std::string& place, Made& made);

Result<std::unique_ptr<Decoder>> makeSequence(const Json& spec, const std::string& place, Made& made) {
  TRY_ASSIGN(const Json::array_t* specs, requireObjects(spec, "decoders", place));
  std::vector<std::unique_ptr<Decoder>> steps;
  for (size_t i = 0; i < specs->size(); ++i) {
    TRY_ASSIGN(auto step, makeStep((*specs)[i], fmt::format("{}.decoders[{}]", place, i), made));
    steps.push_back(std::move(step));
  }
  return std::make_unique<DecoderSequence>(std::move(steps));
}

Result<std::unique_ptr<Decoder>> makeReplace(const Json& spec, const std::string& place, Made& made) {
  const Json* pattern = jsonMember(spec, "pattern");
  if (pattern == nullptr || !pattern->is_object()) return fail("{}.pattern: expected {{\"String\": ...}}", place);
  TRY_ASSIGN(std::string from, requireText(*pattern, "String", place + ".pattern"));
  if (from.empty()) return fail("{}.pattern: expected some text, found an empty one", place);
  TRY_ASSIGN(std::string to, requireText(spec, "content", place));
  made.growth *= std::min(1 + to.size() / from.size(), kMaxGrowth + 1);
  if (made.growth > kMaxGrowth) return fail("{}.content: makes the text grow more than {} times", place, kMaxGrowth);
  return std::make_unique<ReplaceDecoder>(std::move(from), std::move(to));
}

Result<std::unique_ptr<Decoder>> makeStrip(const Json& spec, const std::string& place, Made& made) {
  TRY_ASSIGN(std::string content, requireText(spec, "content", place));
  if (content.empty()) return fail("{}.content: expected one character, found none", place);
  TRY_ASSIGN(const int32_t start, requireInt(spec, "start", 0, place));
  TRY_ASSIGN(const int32_t stop, requireInt(spec, "stop", 0, place));
  return std::make_unique<StripDecoder>(std::move(content), start, stop, made.fused, made.strips++);
}

Result<std::unique_ptr<Decoder>> makeStep(const Json& spec, const std::string& place, Made& made) {
  if (!spec.is_object()) return fail("{}: expected an object, found {}", place, spec.type_name());
  TRY_ASSIGN(const std::string kind, requireText(spec, "type", place));
  if (kind == "Sequence") return makeSequence(spec, place, made);
  if (kind == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
  if (kind == "ByteFallback") return std::make_unique<ByteFallback>();
  if (kind == "Replace") return makeReplace(spec, place, made);
  if (kind == "Strip") return makeStrip(spec, place, made);
  if (kind == "Fuse") {
    made.fused = true;
    return std::make_unique<Fuse>();
  }
  if (kind == "Metaspace") {
    TRY_ASSIGN(MetaspaceOptions options, metaspaceOptions(spec, place));
    return std::make_unique<MetaspaceDecoder>(std::move(options));
  }
  return fail("{}: unknown kind \"{}\"; supported are {}", place, kind, kSupported);
}

}  // namespace

Result<std::unique_ptr<Decoder>> makeDecoder(const Json& spec, const std::string& place) {
  if (spec.is_null()) return std::make_unique<JoinWithSpaces>();
  Made made;
  return makeStep(spec, place, made);
}

}  // namespace core
