#include "core/text/normalizer.h"

#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <functional>
#include <vector>

#include "core/text/byte_alphabet.h"
#include "core/text/charsmap.h"
#include "core/text/json_fields.h"
#include "core/text/text_pattern.h"
#include "core/text/unicode.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr const char* kSupported =
    "NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend, Replace, Nmt, Precompiled, BertNormalizer, "
    "ByteLevel, Sequence";

class UnicodeForm : public Normalizer {
 public:
  explicit UnicodeForm(const icu::Normalizer2* form) : m_form(form) {}
  Result<std::string> apply(std::string text, WorkBudget& budget) const override {
    UErrorCode error = U_ZERO_ERROR;
    std::string out;
    icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(text.size()));
    m_form->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, nullptr, error);
    if (U_FAILURE(error)) return fail("Unicode normalization: {}", u_errorName(error));
    TRY_STATUS(budget.charge(out.size()));
    return out;
  }

 private:
  const icu::Normalizer2* m_form;
};

// Character by character: `change` appends what a character becomes.
class PerCharacter : public Normalizer {
 public:
  using Change = std::function<void(char32_t, std::string&)>;
  explicit PerCharacter(Change change) : m_change(std::move(change)) {}
  Result<std::string> apply(std::string text, WorkBudget& budget) const override {
    TRY_STATUS(budget.charge(2 * text.size()));
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const Utf8Char c = utf8CharAt(text, at);
      m_change(c.code, out);
      at += c.length;
    }
    return out;
  }

 private:
  Change m_change;
};

class Strip : public Normalizer {
 public:
  Strip(bool left, bool right) : m_left(left), m_right(right) {}
  Result<std::string> apply(std::string text, WorkBudget&) const override {
    size_t begin = 0, end = 0;
    bool seen = false;
    for (size_t at = 0; at < text.size();) {
      const Utf8Char c = utf8CharAt(text, at);
      if (!isSpaceChar(c.code)) {
        if (!seen) begin = at;
        seen = true;
        end = at + c.length;
      }
      at += c.length;
    }
    if (!seen) return m_left || m_right ? std::string() : text;
    if (m_right) text.erase(end);
    if (m_left) text.erase(0, begin);
    return text;
  }

 private:
  bool m_left, m_right;
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : m_prefix(std::move(prefix)) {}
  Result<std::string> apply(std::string text, WorkBudget& budget) const override {
    if (text.empty()) return text;
    TRY_STATUS(budget.charge(m_prefix.size() + text.size()));
    return m_prefix + text;
  }

 private:
  std::string m_prefix;
};

class Replace : public Normalizer {
 public:
  Replace(TextPattern pattern, std::string content) : m_pattern(std::move(pattern)), m_content(std::move(content)) {}
  Result<std::string> apply(std::string text, WorkBudget& budget) const override {
    return replaceAll(text, m_pattern, m_content, budget);
  }

 private:
  TextPattern m_pattern;
  std::string m_content;
};

// Grapheme by grapheme: one of less than six bytes is looked up whole, others character by character; a source string
// that a grapheme or character begins with replaces all of it. That is how the reference uses these maps.
class Precompiled : public Normalizer {
 public:
  explicit Precompiled(CharsMap map) : m_map(std::move(map)) {}
  Result<std::string> apply(std::string text, WorkBudget& budget) const override {
    UErrorCode error = U_ZERO_ERROR;
    const std::unique_ptr<icu::BreakIterator> graphemes(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), error));
    if (U_FAILURE(error)) return fail("finding graphemes: {}", u_errorName(error));
    const icu::UnicodeString wide =
        icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    graphemes->setText(wide);
    std::string out;
    for (int32_t begin = graphemes->first(), end = graphemes->next(); end != icu::BreakIterator::DONE;
         begin = end, end = graphemes->next()) {
      std::string grapheme;
      wide.tempSubStringBetween(begin, end).toUTF8String(grapheme);
      const size_t before = out.size();
      replace(grapheme, out);
      TRY_STATUS(budget.charge(out.size() - before));
    }
    return out;
  }

 private:
  void replace(std::string_view grapheme, std::string& out) const {
    if (grapheme.size() < 6) {
      if (const auto match = m_map.shortest(grapheme)) {
        out += match->replacement;
        return;
      }
    }
    for (size_t at = 0; at < grapheme.size();) {
      const std::string_view part = grapheme.substr(at, utf8CharAt(grapheme, at).length);
      const auto match = m_map.shortest(part);
      out += match ? match->replacement : part;
      at += part.size();
    }
  }

  CharsMap m_map;
};

class ByteLevelNormalizer : public Normalizer {
 public:
  Result<std::string> apply(std::string text, WorkBudget& budget) const override {
    TRY_STATUS(budget.charge(2 * text.size()));
    return writeInByteAlphabet(text);
  }
};

class NormalizerSequence : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> steps) : m_steps(std::move(steps)) {}
  Result<std::string> apply(std::string text, WorkBudget& budget) const override {
    for (const auto& step : m_steps) {
      TRY_ASSIGN(text, step->apply(std::move(text), budget));
    }
    return text;
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> m_steps;
};

void lower(char32_t code, std::string& out) {
  if (code == 0x130) {
    out += "i\xCC\x87";  // the one letter whose small form is two characters in every language
  } else {
    appendUtf8(out, static_cast<char32_t>(u_tolower(static_cast<UChar32>(code))));
  }
}

void nmt(char32_t code, std::string& out) {
  const auto between = [&](char32_t low, char32_t high) { return code >= low && code <= high; };
  if (between(1, 8) || code == 0xB || between(0xE, 0x1F) || code == 0x7F || code == 0x8F || code == 0x9F) return;
  const bool space = code == 9 || code == 0xA || code == 0xC || code == 0xD || code == 0x1680 ||
                     between(0x200B, 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581 || code == 0xFEFF ||
                     code == 0xFFFD;
  appendUtf8(out, space ? U' ' : code);
}

void bertClean(char32_t code, std::string& out) {
  if (code == '\t' || code == '\n' || code == '\r' || (isSpaceChar(code) && code != 0x85)) {
    out += ' ';
  } else if (code != 0 && code != 0xFFFD && !isControlChar(code)) {
    appendUtf8(out, code);
  }
}

void bertSpaceChinese(char32_t code, std::string& out) {
  constexpr char32_t kRanges[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
                                     {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
  bool chinese = false;
  for (const auto& range : kRanges) chinese = chinese || (code >= range[0] && code <= range[1]);
  if (chinese) out += ' ';
  appendUtf8(out, code);
  if (chinese) out += ' ';
}

Result<const icu::Normalizer2*> unicodeForm(const std::string& kind) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* form = kind == "NFC"    ? icu::Normalizer2::getNFCInstance(error)
                                 : kind == "NFD"  ? icu::Normalizer2::getNFDInstance(error)
                                 : kind == "NFKC" ? icu::Normalizer2::getNFKCInstance(error)
                                                  : icu::Normalizer2::getNFKDInstance(error);
  if (U_FAILURE(error)) return fail("Unicode normalization is not available: {}", u_errorName(error));
  return form;
}

template <class T, class... Args>
std::unique_ptr<Normalizer> step(Args&&... args) {
  return std::make_unique<T>(std::forward<Args>(args)...);
}

Result<std::unique_ptr<Normalizer>> makeBert(const Json& spec, const std::string& place) {
  TRY_ASSIGN(const bool clean, optionalBool(spec, "clean_text", true, place));
  TRY_ASSIGN(const bool chinese, optionalBool(spec, "handle_chinese_chars", true, place));
  TRY_ASSIGN(const bool lowercase, optionalBool(spec, "lowercase", true, place));
  TRY_ASSIGN(const bool accents, optionalBool(spec, "strip_accents", lowercase, place));
  std::vector<std::unique_ptr<Normalizer>> steps;
  if (clean) steps.push_back(step<PerCharacter>(bertClean));
  if (chinese) steps.push_back(step<PerCharacter>(bertSpaceChinese));
  if (accents) {
    TRY_ASSIGN(const icu::Normalizer2* form, unicodeForm("NFD"));
    steps.push_back(step<UnicodeForm>(form));
    steps.push_back(step<PerCharacter>([](char32_t code, std::string& out) {
      if (!isNonSpacingMark(code)) appendUtf8(out, code);
    }));
  }
  if (lowercase) steps.push_back(step<PerCharacter>(lower));
  return step<NormalizerSequence>(std::move(steps));
}

Result<std::unique_ptr<Normalizer>> makePrecompiled(const Json& spec, const std::string& place) {
  TRY_ASSIGN(const std::string text, requireText(spec, "precompiled_charsmap", place));
  Result<std::string> bytes = decodeBase64(text);
  if (!bytes) return failAt(place + ".precompiled_charsmap", bytes.error());
  Result<CharsMap> map = CharsMap::parse(*bytes);
  if (!map) return failAt(place + ".precompiled_charsmap", map.error());
  return step<Precompiled>(std::move(*map));
}

Result<std::unique_ptr<Normalizer>> makeSequence(const Json& spec, const std::string& place) {
  TRY_ASSIGN(const Json::array_t* specs, requireObjects(spec, "normalizers", place));
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (size_t i = 0; i < specs->size(); ++i) {
    TRY_ASSIGN(auto made, makeNormalizer((*specs)[i], fmt::format("{}.normalizers[{}]", place, i)));
    steps.push_back(std::move(made));
  }
  return step<NormalizerSequence>(std::move(steps));
}

}  // namespace

Result<std::unique_ptr<Normalizer>> makeNormalizer(const Json& spec, const std::string& place) {
  if (spec.is_null()) return std::unique_ptr<Normalizer>();
  if (!spec.is_object()) return fail("{}: expected an object, found {}", place, spec.type_name());
  TRY_ASSIGN(const std::string kind, requireText(spec, "type", place));
  if (kind == "Sequence") return makeSequence(spec, place);
  if (kind == "NFC" || kind == "NFD" || kind == "NFKC" || kind == "NFKD") {
    TRY_ASSIGN(const icu::Normalizer2* form, unicodeForm(kind));
    return step<UnicodeForm>(form);
  }
  if (kind == "Lowercase") return step<PerCharacter>(lower);
  if (kind == "Nmt") return step<PerCharacter>(nmt);
  if (kind == "StripAccents") {
    return step<PerCharacter>([](char32_t code, std::string& out) {
      if (!isMarkChar(code)) appendUtf8(out, code);
    });
  }
  if (kind == "Strip") {
    TRY_ASSIGN(const bool left, optionalBool(spec, "strip_left", true, place));
    TRY_ASSIGN(const bool right, optionalBool(spec, "strip_right", true, place));
    return step<Strip>(left, right);
  }
  if (kind == "Prepend") {
    TRY_ASSIGN(std::string prefix, requireText(spec, "prepend", place));
    return step<Prepend>(std::move(prefix));
  }
  if (kind == "Replace") {
    TRY_ASSIGN(TextPattern pattern, TextPattern::make(spec, "pattern", place));
    TRY_ASSIGN(std::string content, requireText(spec, "content", place));
    return step<Replace>(std::move(pattern), std::move(content));
  }
  if (kind == "Precompiled") return makePrecompiled(spec, place);
  if (kind == "BertNormalizer") return makeBert(spec, place);
  if (kind == "ByteLevel") return step<ByteLevelNormalizer>();
  return fail("{}: unknown kind \"{}\"; supported are {}", place, kind, kSupported);
}

}  // namespace core
