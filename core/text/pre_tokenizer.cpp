#include "core/text/pre_tokenizer.h"

#include "core/text/byte_alphabet.h"
#include "core/text/json_fields.h"
#include "core/text/text_pattern.h"
#include "core/text/unicode.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr const char* kSupported =
    "ByteLevel, Split, Digits, Whitespace, WhitespaceSplit, Punctuation, Metaspace, BertPreTokenizer, "
    "CharDelimiterSplit, Sequence";
constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

void appendSpans(const Piece& piece, const std::vector<Span>& spans, std::vector<Piece>& out) {
  for (const Span& span : spans) {
    if (span.begin == span.end) continue;
    out.push_back({piece.text.substr(span.begin, span.end - span.begin), piece.atStart && span.begin == 0, {}});
  }
}

// A step that looks at one piece of text at a time.
class PerPiece : public PreTokenizer {
 public:
  Result<std::vector<Piece>> apply(std::vector<Piece> pieces, WorkBudget& budget) const override {
    std::vector<Piece> out;
    out.reserve(pieces.size());
    for (Piece& piece : pieces) {
      if (piece.id) {
        out.push_back(std::move(piece));
      } else {
        TRY_STATUS(budget.charge(piece.text.size()));
        TRY_STATUS(cut(std::move(piece), budget, out));
      }
    }
    return out;
  }

 protected:
  virtual Status cut(Piece piece, WorkBudget& budget, std::vector<Piece>& out) const = 0;
};

class Split : public PerPiece {
 public:
  Split(TextPattern pattern, SplitBehavior behavior, bool invert)
      : m_pattern(std::move(pattern)), m_behavior(behavior), m_invert(invert) {}

 protected:
  Status cut(Piece piece, WorkBudget& budget, std::vector<Piece>& out) const override {
    TRY_ASSIGN(const std::vector<Span> matches, m_pattern.findAll(piece.text, budget));
    std::vector<Segment> segments = segmentsOf(piece.text.size(), matches);
    for (Segment& segment : segments) segment.match = segment.match != m_invert;
    appendSpans(piece, splitAt(segments, m_behavior), out);
    return {};
  }

 private:
  TextPattern m_pattern;
  SplitBehavior m_behavior;
  bool m_invert;
};

class CharacterSplit : public PerPiece {
 public:
  CharacterSplit(bool (*wanted)(char32_t), SplitBehavior behavior) : m_wanted(wanted), m_behavior(behavior) {}

 protected:
  Status cut(Piece piece, WorkBudget&, std::vector<Piece>& out) const override {
    appendSpans(piece, splitAt(segmentsOf(piece.text.size(), matchingCharacters(piece.text, m_wanted)), m_behavior),
                out);
    return {};
  }

 private:
  bool (*m_wanted)(char32_t);
  SplitBehavior m_behavior;
};

// Runs of word characters, and runs of what is neither word character nor white space.
class WordsAndSigns : public PerPiece {
 protected:
  Status cut(Piece piece, WorkBudget&, std::vector<Piece>& out) const override {
    const auto kindOf = [](char32_t code) { return isWordChar(code) ? 1 : isSpaceChar(code) ? 0 : 2; };
    std::vector<Span> spans;
    int before = 0;
    for (size_t at = 0; at < piece.text.size();) {
      const Utf8Char c = utf8CharAt(piece.text, at);
      const int kind = kindOf(c.code);
      if (kind != 0 && kind != before) spans.push_back({at, at});
      if (kind != 0) spans.back().end = at + c.length;
      before = kind;
      at += c.length;
    }
    appendSpans(piece, spans, out);
    return {};
  }
};

class ByteLevel : public PerPiece {
 public:
  ByteLevel(bool addPrefixSpace, std::optional<Regex> regex) : m_space(addPrefixSpace), m_regex(std::move(regex)) {}

 protected:
  Status cut(Piece piece, WorkBudget& budget, std::vector<Piece>& out) const override {
    if (m_space && !piece.text.starts_with(' ')) piece.text.insert(0, 1, ' ');
    TRY_STATUS(budget.charge(2 * piece.text.size()));
    const size_t first = out.size();
    if (m_regex) {
      TRY_ASSIGN(const std::vector<Span> matches, m_regex->findAll(piece.text, budget));
      appendSpans(piece, splitAt(segmentsOf(piece.text.size(), matches), SplitBehavior::Isolated), out);
    } else {
      out.push_back(std::move(piece));
    }
    for (size_t i = first; i < out.size(); ++i) out[i].text = writeInByteAlphabet(out[i].text);
    return {};
  }

 private:
  bool m_space;
  std::optional<Regex> m_regex;
};

class Metaspace : public PerPiece {
 public:
  explicit Metaspace(MetaspaceOptions options) : m_options(std::move(options)) {}

 protected:
  Status cut(Piece piece, WorkBudget& budget, std::vector<Piece>& out) const override {
    using Prepend = MetaspaceOptions::Prepend;
    const std::string& mark = m_options.replacement;
    std::string text;
    for (const char byte : piece.text) {
      if (byte == ' ') {
        text += mark;
      } else {
        text += byte;
      }
    }
    const bool wanted = m_options.prepend == Prepend::Always || (m_options.prepend == Prepend::First && piece.atStart);
    if (wanted && !text.starts_with(mark)) text.insert(0, mark);
    TRY_STATUS(budget.charge(text.size()));
    piece.text = std::move(text);
    if (!m_options.split) {
      out.push_back(std::move(piece));
      return {};
    }
    std::vector<Span> matches;
    for (size_t at = piece.text.find(mark); at != std::string::npos; at = piece.text.find(mark, at + mark.size())) {
      matches.push_back({at, at + mark.size()});
    }
    appendSpans(piece, splitAt(segmentsOf(piece.text.size(), matches), SplitBehavior::MergedWithNext), out);
    return {};
  }

 private:
  MetaspaceOptions m_options;
};

class PreTokenizerSequence : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<PreTokenizer>> steps) : m_steps(std::move(steps)) {}
  Result<std::vector<Piece>> apply(std::vector<Piece> pieces, WorkBudget& budget) const override {
    for (const auto& step : m_steps) {
      TRY_ASSIGN(pieces, step->apply(std::move(pieces), budget));
    }
    return pieces;
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> m_steps;
};

template <class T, class... Args>
std::unique_ptr<PreTokenizer> step(Args&&... args) {
  return std::make_unique<T>(std::forward<Args>(args)...);
}

Result<SplitBehavior> behaviorOf(const Json& spec, SplitBehavior otherwise, const std::string& place) {
  TRY_ASSIGN(const std::optional<std::string> name, optionalText(spec, "behavior", place));
  if (!name) return otherwise;
  if (*name == "Removed") return SplitBehavior::Removed;
  if (*name == "Isolated") return SplitBehavior::Isolated;
  if (*name == "MergedWithPrevious") return SplitBehavior::MergedWithPrevious;
  if (*name == "MergedWithNext") return SplitBehavior::MergedWithNext;
  if (*name == "Contiguous") return SplitBehavior::Contiguous;
  return fail(
      "{}.behavior: unknown \"{}\"; supported are Removed, Isolated, MergedWithPrevious, MergedWithNext, "
      "Contiguous",
      place, *name);
}

Result<std::unique_ptr<PreTokenizer>> makeSplit(const Json& spec, const std::string& place) {
  TRY_ASSIGN(TextPattern pattern, TextPattern::make(spec, "pattern", place));
  TRY_ASSIGN(const SplitBehavior behavior, behaviorOf(spec, SplitBehavior::Isolated, place));
  TRY_ASSIGN(const bool invert, optionalBool(spec, "invert", false, place));
  return step<Split>(std::move(pattern), behavior, invert);
}

Result<std::unique_ptr<PreTokenizer>> makeByteLevel(const Json& spec, const std::string& place) {
  TRY_ASSIGN(const bool space, optionalBool(spec, "add_prefix_space", true, place));
  TRY_ASSIGN(const bool useRegex, optionalBool(spec, "use_regex", true, place));
  std::optional<Regex> regex;
  if (useRegex) {
    TRY_ASSIGN(regex, Regex::compile(kGpt2Pattern));
  }
  return step<ByteLevel>(space, std::move(regex));
}

Result<std::unique_ptr<PreTokenizer>> makeCharDelimiter(const Json& spec, const std::string& place) {
  TRY_ASSIGN(TextPattern pattern, TextPattern::make(spec, "delimiter", place));
  if (!pattern.isLiteral()) return fail("{}.delimiter: expected one character", place);
  return step<Split>(std::move(pattern), SplitBehavior::Removed, false);
}

Result<std::unique_ptr<PreTokenizer>> makeSequence(const Json& spec, const std::string& place) {
  TRY_ASSIGN(const Json::array_t* specs, requireObjects(spec, "pretokenizers", place));
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  for (size_t i = 0; i < specs->size(); ++i) {
    TRY_ASSIGN(auto made, makePreTokenizer((*specs)[i], fmt::format("{}.pretokenizers[{}]", place, i)));
    steps.push_back(std::move(made));
  }
  return step<PreTokenizerSequence>(std::move(steps));
}

}  // namespace

Result<MetaspaceOptions> metaspaceOptions(const Json& spec, const std::string& place) {
  using Prepend = MetaspaceOptions::Prepend;
  MetaspaceOptions options;
  TRY_ASSIGN(options.replacement, requireText(spec, "replacement", place));
  if (options.replacement.empty() || utf8CharAt(options.replacement, 0).length != options.replacement.size()) {
    return fail("{}.replacement: expected one character, found \"{}\"", place, options.replacement);
  }
  TRY_ASSIGN(const std::optional<std::string> scheme, optionalText(spec, "prepend_scheme", place));
  TRY_ASSIGN(const bool prefix, optionalBool(spec, "add_prefix_space", true, place));  // the older form
  if (!scheme) {
    options.prepend = prefix ? Prepend::Always : Prepend::Never;
  } else if (*scheme == "first" || *scheme == "always" || *scheme == "never") {
    options.prepend = *scheme == "first" ? Prepend::First : *scheme == "always" ? Prepend::Always : Prepend::Never;
  } else {
    return fail("{}.prepend_scheme: unknown \"{}\"; supported are first, always, never", place, *scheme);
  }
  TRY_ASSIGN(options.split, optionalBool(spec, "split", true, place));
  return options;
}

Result<std::unique_ptr<PreTokenizer>> makePreTokenizer(const Json& spec, const std::string& place) {
  if (spec.is_null()) return std::unique_ptr<PreTokenizer>();
  if (!spec.is_object()) return fail("{}: expected an object, found {}", place, spec.type_name());
  TRY_ASSIGN(const std::string kind, requireText(spec, "type", place));
  if (kind == "Sequence") return makeSequence(spec, place);
  if (kind == "ByteLevel") return makeByteLevel(spec, place);
  if (kind == "Split") return makeSplit(spec, place);
  if (kind == "Digits") {
    TRY_ASSIGN(const bool each, optionalBool(spec, "individual_digits", false, place));
    return step<CharacterSplit>(isNumberChar, each ? SplitBehavior::Isolated : SplitBehavior::Contiguous);
  }
  if (kind == "Whitespace") return step<WordsAndSigns>();
  if (kind == "WhitespaceSplit") return step<CharacterSplit>(isSpaceChar, SplitBehavior::Removed);
  if (kind == "Punctuation") {
    TRY_ASSIGN(const SplitBehavior behavior, behaviorOf(spec, SplitBehavior::Isolated, place));
    return step<CharacterSplit>(isPunctuationChar, behavior);
  }
  if (kind == "BertPreTokenizer") {
    std::vector<std::unique_ptr<PreTokenizer>> steps;
    steps.push_back(step<CharacterSplit>(isSpaceChar, SplitBehavior::Removed));
    steps.push_back(step<CharacterSplit>(isPunctuationChar, SplitBehavior::Isolated));
    return step<PreTokenizerSequence>(std::move(steps));
  }
  if (kind == "Metaspace") {
    TRY_ASSIGN(MetaspaceOptions options, metaspaceOptions(spec, place));
    return step<Metaspace>(std::move(options));
  }
  if (kind == "CharDelimiterSplit") return makeCharDelimiter(spec, place);
  return fail("{}: unknown kind \"{}\"; supported are {}", place, kind, kSupported);
}

}  // namespace core
