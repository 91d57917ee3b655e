#include "core/text/added_tokens.h"

#include <algorithm>
#include <unordered_set>

#include "core/base/check.h"
#include "core/text/unicode.h"

namespace core {
namespace {

// Where the white space that `text` ends in begins, and where that which it begins with ends.
size_t trailingSpaceBegin(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0) {
    size_t at = begin - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (!isSpaceChar(utf8CharAt(text, at).code)) break;
    begin = at;
  }
  return begin;
}

size_t leadingSpaceEnd(std::string_view text) {
  size_t end = 0;
  while (end < text.size()) {
    const Utf8Char c = utf8CharAt(text, end);
    if (!isSpaceChar(c.code)) break;
    end += c.length;
  }
  return end;
}

bool standsAlone(std::string_view text, const Span& span) {
  if (span.end < text.size() && isWordChar(utf8CharAt(text, span.end).code)) return false;
  if (span.begin == 0) return true;
  size_t at = span.begin - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return !isWordChar(utf8CharAt(text, at).code);
}

}  // namespace

StringSet::StringSet(const std::vector<std::pair<std::string, int32_t>>& strings) {
  auto vocabulary = std::make_shared<Vocabulary>();
  std::unordered_set<std::string_view> seen;
  for (const auto& [text, value] : strings) {
    if (text.empty() || !seen.insert(text).second) continue;
    vocabulary->add(text, value);
    m_begins[static_cast<uint8_t>(text[0])] = true;
  }
  if (seen.empty()) return;
  const Status fine = vocabulary->finish();
  CHECK(fine, "neither texts nor values are double here: {}", fine.error().message);
  m_strings.emplace(std::move(vocabulary));
}

Result<std::vector<StringSet::Hit>> StringSet::findAll(std::string_view text, WorkBudget& budget) const {
  std::vector<Hit> hits;
  std::vector<PrefixIndex::Hit> here;
  for (size_t at = 0; at < text.size();) {
    here.clear();
    TRY_STATUS(budget.tick());
    if (m_begins[static_cast<uint8_t>(text[at])]) m_strings->findAll(text.substr(at), here);
    if (!here.empty()) hits.push_back({here.back().id, {at, at + here.back().length}});
    at += here.empty() ? 1 : here.back().length;
  }
  return hits;
}

Result<AddedTokens> AddedTokens::make(std::vector<AddedToken> tokens, const Vocabulary& vocabulary,
                                      const Normalizer* normalizer) {
  AddedTokens added;
  std::vector<std::pair<std::string, int32_t>> raw, normalized;  // what to look for, and the index of its token
  for (AddedToken& token : tokens) {
    if (token.content.empty()) continue;  // can never be found
    if (const auto id = vocabulary.find(token.content)) token.id = *id;
    if (const auto other = vocabulary.text(token.id); other && *other != token.content) {
      return fail("added_tokens: \"{}\" has the id {} of \"{}\"", token.content, token.id, *other);
    }
    if (const AddedToken* same = added.find(token.content); same != nullptr && same->id == token.id) continue;
    if (added.find(token.content) != nullptr || added.find(token.id) != nullptr) {
      return fail("added_tokens: \"{}\" or its id {} occurs twice", token.content, token.id);
    }
    const size_t index = added.m_tokens.size();
    std::string wanted = token.content;
    if (token.normalized && normalizer != nullptr) {
      WorkBudget budget(wanted.size());
      TRY_ASSIGN(wanted, normalizer->apply(std::move(wanted), budget));
    }
    (token.normalized ? normalized : raw).emplace_back(std::move(wanted), static_cast<int32_t>(index));
    added.m_byId.emplace(token.id, index);
    added.m_byContent.emplace(token.content, index);
    added.m_tokens.push_back(std::move(token));
  }
  added.m_raw = StringSet(raw);
  added.m_normalized = StringSet(normalized);
  return added;
}

Status AddedTokens::split(std::string_view text, bool atStart, bool normalizedPass, WorkBudget& budget,
                          std::vector<Piece>& out) const {
  const auto put = [&](size_t begin, size_t end, std::optional<int32_t> id) {
    if (begin < end) out.push_back({std::string(text.substr(begin, end - begin)), atStart && begin == 0, id});
  };
  size_t done = 0;
  TRY_ASSIGN(const std::vector<StringSet::Hit> hits, (normalizedPass ? m_normalized : m_raw).findAll(text, budget));
  for (const StringSet::Hit& hit : hits) {
    const AddedToken& token = m_tokens[static_cast<size_t>(hit.value)];
    Span span = hit.span;
    if (token.singleWord && !standsAlone(text, span)) continue;
    // White space that the token before has taken stays with it.
    if (token.lstrip) span.begin = std::max(trailingSpaceBegin(text.substr(0, span.begin)), done);
    if (token.rstrip) span.end += leadingSpaceEnd(text.substr(span.end));
    put(done, span.begin, std::nullopt);
    put(span.begin, span.end, token.id);
    done = span.end;
  }
  put(done, text.size(), std::nullopt);
  return {};
}

const AddedToken* AddedTokens::find(int32_t id) const {
  const auto at = m_byId.find(id);
  return at == m_byId.end() ? nullptr : &m_tokens[at->second];
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const auto at = m_byContent.find(std::string(content));
  return at == m_byContent.end() ? nullptr : &m_tokens[at->second];
}

}  // namespace core
