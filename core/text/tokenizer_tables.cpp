#include "core/text/tokenizer_tables.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace core {

bool TokenizerTables::wants(const std::vector<std::string>& path) {
  m_table = Table::None;
  if (path.size() != 2 || path[0] != "model") return false;
  if (path[1] == "vocab") m_table = Table::Vocabulary;
  if (path[1] == "merges") m_table = Table::Merges;
  m_depth = 0;
  return m_table != Table::None;
}

bool TokenizerTables::stop(std::string message) {
  error = std::move(message);
  return false;
}

bool TokenizerTables::unexpected(std::string_view what) {
  if (m_table == Table::Merges) {
    return stop(fmt::format("model.merges[{}]: expected \"left right\" or [\"left\", \"right\"], found {}",
                            m_mergeLengths.size(), what));
  }
  if (m_depth == 0) return stop(fmt::format("model.vocab: expected an object or an array, found {}", what));
  if (vocabularyIsList) {
    return stop(fmt::format("model.vocab[{}]: expected [text, score], found {}", scores.size(), what));
  }
  return stop(fmt::format("model.vocab[\"{}\"]: expected an id from 0 to 2147483647, found {}", m_token, what));
}

bool TokenizerTables::number_integer(number_integer_t value) {
  if (m_table == Table::Vocabulary && vocabularyIsList) return addScore(static_cast<double>(value));
  return unexpected(std::to_string(value));  // the parser gives only negative numbers here
}

bool TokenizerTables::number_unsigned(number_unsigned_t value) {
  if (m_table == Table::Vocabulary && vocabularyIsList) return addScore(static_cast<double>(value));
  if (m_table != Table::Vocabulary || m_depth != 1 || value > uint64_t{std::numeric_limits<int32_t>::max()}) {
    return unexpected(std::to_string(value));
  }
  vocabulary.add(m_token, static_cast<int32_t>(value));
  return true;
}

bool TokenizerTables::number_float(number_float_t value, const string_t& text) {
  if (m_table == Table::Vocabulary && vocabularyIsList && std::isfinite(value)) return addScore(value);
  return unexpected(text);
}

bool TokenizerTables::addScore(double score) {
  if (m_depth != 2 || m_parts.size() != 1 || ++m_numbers != 1) return unexpected("another number");
  scores.push_back(score);
  return true;
}

bool TokenizerTables::string(string_t& text) {
  if (m_depth == 2 && m_parts.size() < 2 && (m_table == Table::Merges || m_parts.empty())) {
    m_parts.push_back(std::move(text));
    return true;
  }
  if (m_table != Table::Merges || m_depth != 1) return unexpected("another text");
  if (text.starts_with("#version")) return true;  // the first line of the merges.txt it was made from
  const size_t space = text.find(' ');
  if (space == text.npos || text.find(' ', space + 1) != text.npos) {
    return unexpected(fmt::format("\"{}\"", text));
  }
  return addMerge(std::string_view(text).substr(0, space), std::string_view(text).substr(space + 1));
}

bool TokenizerTables::addMerge(std::string_view left, std::string_view right) {
  m_mergeTexts += left;
  m_mergeTexts += right;
  m_mergeLengths.emplace_back(static_cast<uint32_t>(left.size()), static_cast<uint32_t>(right.size()));
  return true;
}

bool TokenizerTables::key(string_t& name) {
  m_token = std::move(name);
  return true;
}

bool TokenizerTables::start_object(std::size_t) {
  if (m_table != Table::Vocabulary || m_depth != 0) return unexpected("an object");
  hasVocabulary = true;
  ++m_depth;
  return true;
}

bool TokenizerTables::start_array(std::size_t) {
  if (m_depth == 0) {
    if (m_table == Table::Vocabulary) hasVocabulary = vocabularyIsList = true;
    if (m_table == Table::Merges) hasMerges = true;
  } else if (m_depth != 1 || (m_table == Table::Vocabulary && !vocabularyIsList)) {
    return unexpected("an array");
  }
  m_parts.clear();
  m_numbers = 0;
  ++m_depth;
  return true;
}

bool TokenizerTables::leave() {
  --m_depth;
  return true;
}

bool TokenizerTables::end_array() {
  if (--m_depth == 0) return true;
  if (m_table == Table::Merges) {
    if (m_parts.size() != 2) return unexpected(fmt::format("{} parts", m_parts.size()));
    return addMerge(m_parts[0], m_parts[1]);
  }
  if (m_parts.size() != 1 || m_numbers != 1) return unexpected("something else");
  vocabulary.add(m_parts[0], static_cast<int32_t>(scores.size() - 1));
  return true;
}

Status TokenizerTables::finish(size_t prefixBytes) {
  TRY_STATUS(vocabulary.finish());
  // A merge is a token and a place to cut it, so there are no more of them than that, however often one is repeated.
  const size_t cuts = vocabulary.textBytes() + vocabulary.size();
  merges = MergeTable(prefixBytes > 0 ? m_mergeLengths.size() : std::min(m_mergeLengths.size(), cuts));
  const auto idOf = [&](std::string_view text, size_t merge) -> Result<int32_t> {
    if (const auto id = vocabulary.find(text)) return *id;
    return fail("model.merges[{}]: \"{}\" is not in the vocabulary", merge, text);
  };
  const std::string_view texts = m_mergeTexts;
  size_t at = 0;
  for (size_t i = 0; i < m_mergeLengths.size(); ++i) {
    const auto [leftBytes, rightBytes] = m_mergeLengths[i];
    const std::string_view right = texts.substr(at + leftBytes, rightBytes);
    TRY_ASSIGN(const int32_t left, idOf(texts.substr(at, leftBytes), i));
    TRY_ASSIGN(const int32_t rightId, idOf(right, i));
    if (rightBytes < prefixBytes) return fail("model.merges[{}]: \"{}\" has no continuing_subword_prefix", i, right);
    const std::string whole = std::string(texts.substr(at, leftBytes)).append(right.substr(prefixBytes));
    TRY_ASSIGN(const int32_t result, idOf(whole, i));
    merges.put({left, rightId, static_cast<uint32_t>(i), result});
    at += leftBytes + rightBytes;
  }
  m_mergeTexts = {};
  m_mergeLengths = {};
  return {};
}

}  // namespace core
