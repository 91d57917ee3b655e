#include "core/text/unigram.h"

#include <algorithm>

#include "core/text/unicode.h"

namespace core {

Result<std::unique_ptr<Unigram>> Unigram::make(std::shared_ptr<const Vocabulary> vocabulary, std::vector<double> scores,
                                               std::optional<int32_t> unknown, bool byteFallback) {
  if (scores.empty()) return fail("model.vocab: expected pieces, found none");
  if (unknown && static_cast<size_t>(*unknown) >= scores.size()) {
    return fail("model.unk_id: expected an id below {}, found {}", scores.size(), *unknown);
  }
  std::unique_ptr<Unigram> model(new Unigram(std::move(vocabulary), std::move(scores)));
  model->m_unknown = unknown;
  model->m_byteFallback = byteFallback;
  model->m_unknownScore = *std::min_element(model->m_scores.begin(), model->m_scores.end()) - 10.0;
  return model;
}

Result<std::vector<std::string_view>> Unigram::cut(std::string_view word, WorkBudget& budget) const {
  struct Best {
    double score = 0;
    size_t begin = 0;
    bool reached = false, unknown = false;
  };
  std::vector<Best> best(word.size() + 1);  // of the cuts that end here
  const auto offer = [&](size_t begin, size_t end, double score, bool unknown) {
    Best& there = best[end];
    score += best[begin].score;
    if (!there.reached || score > there.score) there = {score, begin, true, unknown};
  };
  std::vector<PrefixIndex::Hit> hits;
  for (size_t at = 0; at < word.size();) {
    const size_t character = utf8CharAt(word, at).length;
    bool known = false;
    TRY_STATUS(budget.tick());
    m_prefixes.findAll(word.substr(at), hits);
    for (const PrefixIndex::Hit& hit : hits) {
      offer(at, at + hit.length, m_scores[static_cast<size_t>(hit.id)], hit.id == m_unknown);
      known = known || hit.length == character;
    }
    if (!known) offer(at, at + character, m_unknownScore, true);
    at += character;
  }
  std::vector<std::string_view> pieces;
  size_t unknownEnd = 0;  // of the run of unknown pieces that is being walked through, 0: none
  for (size_t end = word.size(); end > 0; end = best[end].begin) {
    const Best& piece = best[end];
    if (piece.unknown && unknownEnd == 0) unknownEnd = end;
    if (piece.unknown && (piece.begin > 0 && best[piece.begin].unknown)) continue;
    pieces.push_back(word.substr(piece.begin, (piece.unknown ? unknownEnd : end) - piece.begin));
    unknownEnd = 0;
  }
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

bool Unigram::appendBytes(std::string_view text, std::vector<TextToken>& out) const {
  const size_t before = out.size();
  for (const char byte : text) {
    std::string name = fmt::format("<0x{:02X}>", static_cast<uint8_t>(byte));
    const auto id = m_vocabulary->find(name);
    if (!id) {
      out.resize(before);
      return false;
    }
    out.push_back({*id, std::move(name)});
  }
  return true;
}

Status Unigram::tokenize(std::string_view word, WorkBudget& budget, std::vector<TextToken>& out) const {
  TRY_ASSIGN(const std::vector<std::string_view> pieces, cut(word, budget));
  for (const std::string_view piece : pieces) {
    if (const auto id = m_vocabulary->find(piece)) {
      out.push_back({*id, std::string(piece)});
    } else if (m_byteFallback && appendBytes(piece, out)) {
      continue;
    } else if (m_unknown) {
      out.push_back({*m_unknown, std::string(piece)});
    } else {
      return fail("\"{}\" is not in the vocabulary, which has no unknown token", piece);
    }
  }
  return {};
}

}  // namespace core
