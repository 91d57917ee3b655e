#include "core/text/sentencepiece_model.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <unordered_map>

#include "core/text/unicode.h"

namespace core {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581
constexpr float kUnknownPenalty = 10.0f;

}  // namespace

SentencePieceModel::SentencePieceModel(std::shared_ptr<const SentencePieceFile> file)
    : m_file(std::move(file)), m_prefixes(m_file->pieces) {
  m_lowest = std::numeric_limits<float>::max();
  m_highest = std::numeric_limits<float>::lowest();
  for (size_t id = 0; id < m_file->types.size(); ++id) {
    m_hasUserDefined = m_hasUserDefined || m_file->types[id] == PieceType::UserDefined;
    if (m_file->types[id] != PieceType::Normal) continue;
    m_lowest = std::min(m_lowest, m_file->scores[id]);
    m_highest = std::max(m_highest, m_file->scores[id]);
  }
}

int32_t SentencePieceModel::findPiece(std::string_view text) const {
  const auto id = m_file->pieces->find(text);
  if (!id) return -1;
  const PieceType type = typeOf(*id);
  const bool ofText = type == PieceType::Normal || type == PieceType::UserDefined || type == PieceType::Unused;
  return ofText ? *id : -1;
}

size_t SentencePieceModel::userDefinedPrefix(std::string_view text) const {
  if (!m_hasUserDefined) return 0;
  std::vector<PrefixIndex::Hit> hits;
  m_prefixes.findAll(text, hits);
  size_t longest = 0;
  for (const auto& hit : hits) {
    if (typeOf(hit.id) == PieceType::UserDefined) longest = hit.length;
  }
  return longest;
}

SentencePieceModel::Prefix SentencePieceModel::normalizePrefix(std::string_view text) const {
  if (const size_t length = userDefinedPrefix(text); length > 0) return {text.substr(0, length), length};
  if (m_file->charsMap) {
    if (const auto match = m_file->charsMap->longest(text)) return {match->replacement, match->length};
  }
  const size_t length = utf8CharAt(text, 0).length;
  return {text.substr(0, length), length};
}

Result<std::string> SentencePieceModel::normalize(std::string_view text, WorkBudget& budget) const {
  const bool trim = m_file->removeExtraSpaces;
  const std::string_view space = m_file->escapeSpaces ? kSpace : " ";
  while (trim && !text.empty()) {
    const Prefix prefix = normalizePrefix(text);
    if (prefix.replacement != " ") break;
    text.remove_prefix(prefix.length);
  }
  std::string out;
  if (text.empty()) return out;
  if (m_file->addDummyPrefix && !m_file->spaceAsSuffix) out += space;
  bool afterSpace = trim;
  while (!text.empty()) {
    TRY_STATUS(budget.tick());
    auto [part, length] = normalizePrefix(text);
    while (afterSpace && part.starts_with(' ')) part.remove_prefix(1);
    TRY_STATUS(budget.charge(3 * part.size()));
    for (const char byte : part) {
      if (byte == ' ') {
        out += space;
      } else {
        out += byte;
      }
    }
    if (!part.empty()) afterSpace = part.ends_with(' ');
    if (!trim) afterSpace = false;
    text.remove_prefix(length);
  }
  while (trim && out.ends_with(space)) out.erase(out.size() - space.size());
  if (m_file->addDummyPrefix && m_file->spaceAsSuffix) out += space;
  return repairUtf8(out);  // a replacement of the map may be anything
}

Result<std::vector<SentencePieceModel::Piece>> SentencePieceModel::cut(std::string_view normalized,
                                                                       WorkBudget& budget) const {
  return m_file->unigram ? cutUnigram(normalized, budget) : cutBpe(normalized, budget);
}

Result<std::vector<SentencePieceModel::Piece>> SentencePieceModel::cutUnigram(std::string_view text,
                                                                              WorkBudget& budget) const {
  struct Best {
    float score = 0;
    size_t begin = SIZE_MAX;
    int32_t id = -1;
  };
  std::vector<Best> best(text.size() + 1);  // of the cuts that end here
  // The sum is compared in double and kept in float, as in the source.
  const auto offer = [&](size_t begin, size_t end, double score, int32_t id) {
    const double sum = score + static_cast<double>(best[begin].score);
    Best& there = best[end];
    if (there.begin == SIZE_MAX || sum > static_cast<double>(there.score)) {
      there = {static_cast<float>(sum), begin, id};
    }
  };
  const float unknownScore = m_lowest - kUnknownPenalty;
  std::vector<PrefixIndex::Hit> hits;
  for (size_t at = 0; at < text.size();) {
    const size_t character = utf8CharAt(text, at).length;
    bool known = false;
    TRY_STATUS(budget.tick());
    m_prefixes.findAll(text.substr(at), hits);
    for (const auto& hit : hits) {
      const PieceType type = typeOf(hit.id);
      if (type != PieceType::Normal && type != PieceType::UserDefined) continue;
      // A user-defined piece always wins.
      const double score = type == PieceType::UserDefined ? static_cast<float>(hit.length) * m_highest - 0.1
                                                          : m_file->scores[static_cast<size_t>(hit.id)];
      offer(at, at + hit.length, score, hit.id);
      known = known || hit.length == character;
    }
    if (!known) offer(at, at + character, unknownScore, m_file->unknown);
    at += character;
  }
  std::vector<Piece> pieces;
  for (size_t end = text.size(); end > 0; end = best[end].begin) {
    pieces.push_back({text.substr(best[end].begin, end - best[end].begin), best[end].id});
  }
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

Result<std::vector<SentencePieceModel::Piece>> SentencePieceModel::cutBpe(std::string_view text,
                                                                          WorkBudget& budget) const {
  struct Symbol {
    std::string_view piece;
    int previous, next;
    bool frozen;  // user-defined
  };
  struct Pair {
    float score;
    int left, right;
    size_t size;
    bool operator<(const Pair& other) const {  // the top of the queue is the largest
      return score != other.score ? score < other.score : left > other.left;
    }
  };
  std::vector<Symbol> symbols;
  for (size_t at = 0; at < text.size();) {
    TRY_STATUS(budget.tick());
    const size_t userDefined = userDefinedPrefix(text.substr(at));
    const size_t length = userDefined > 0 ? userDefined : utf8CharAt(text, at).length;
    const int place = static_cast<int>(symbols.size());
    at += length;
    symbols.push_back(
        {text.substr(at - length, length), place - 1, at < text.size() ? place + 1 : -1, userDefined > 0});
  }
  const auto symbol = [&](int place) -> Symbol& { return symbols[static_cast<size_t>(place)]; };
  std::priority_queue<Pair> queue;
  std::unordered_map<std::string_view, std::pair<std::string_view, std::string_view>> partsOfUnused;
  const auto offer = [&](int left, int right) {
    if (left < 0 || right < 0 || symbol(left).frozen || symbol(right).frozen) return;
    const std::string_view whole(symbol(left).piece.data(), symbol(left).piece.size() + symbol(right).piece.size());
    const int32_t id = findPiece(whole);
    if (id < 0) return;
    queue.push({m_file->scores[static_cast<size_t>(id)], left, right, whole.size()});
    if (typeOf(id) == PieceType::Unused) partsOfUnused[whole] = {symbol(left).piece, symbol(right).piece};
  };
  for (int i = 1; i < static_cast<int>(symbols.size()); ++i) offer(i - 1, i);
  while (!queue.empty()) {
    TRY_STATUS(budget.tick());
    const Pair top = queue.top();
    queue.pop();
    Symbol& left = symbol(top.left);
    Symbol& right = symbol(top.right);
    if (left.piece.empty() || right.piece.empty() || left.piece.size() + right.piece.size() != top.size) continue;
    left.piece = std::string_view(left.piece.data(), top.size);
    left.next = right.next;
    if (right.next >= 0) symbol(right.next).previous = top.left;
    right.piece = {};
    offer(left.previous, top.left);
    offer(top.left, left.next);
  }
  // An unused piece is only a step on the way: it falls apart again.
  std::vector<Piece> pieces;
  std::vector<std::string_view> open;
  for (int i = symbols.empty() ? -1 : 0; i >= 0; i = symbol(i).next) {
    open.push_back(symbol(i).piece);
    while (!open.empty()) {
      const std::string_view piece = open.back();
      open.pop_back();
      const int32_t id = findPiece(piece);
      const auto parts = partsOfUnused.find(piece);
      if (id >= 0 && typeOf(id) == PieceType::Unused && parts != partsOfUnused.end()) {
        open.push_back(parts->second.second);
        open.push_back(parts->second.first);
      } else {
        pieces.push_back({piece, id >= 0 ? id : m_file->unknown});
      }
    }
  }
  return pieces;
}

}  // namespace core
