// The unigram model: every piece has a score (a log probability), and a word is cut into the pieces whose scores sum to
// the most. One pass from left to right keeps the best cut that ends at each place (Viterbi). A character that no piece
// of its length begins with may be unknown, at ten less than the lowest score.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/text/token_model.h"
#include "core/text/vocabulary.h"

namespace core {

class Unigram : public TokenModel {
 public:
  // `scores` by id; ids are 0, 1, 2, ... Errors: no pieces, an unknown id outside the vocabulary.
  static Result<std::unique_ptr<Unigram>> make(std::shared_ptr<const Vocabulary> vocabulary, std::vector<double> scores,
                                               std::optional<int32_t> unknown, bool byteFallback);

  // Neighbouring unknown characters become one token, or with byte fallback <0xNN> for each byte. Errors: an unknown
  // character and no token for it.
  Status tokenize(std::string_view word, WorkBudget& budget, std::vector<TextToken>& out) const override;

 private:
  Unigram(std::shared_ptr<const Vocabulary> vocabulary, std::vector<double> scores)
      : m_vocabulary(vocabulary), m_scores(std::move(scores)), m_prefixes(std::move(vocabulary)) {}
  Result<std::vector<std::string_view>> cut(std::string_view word, WorkBudget& budget) const;
  bool appendBytes(std::string_view text, std::vector<TextToken>& out) const;

  std::shared_ptr<const Vocabulary> m_vocabulary;
  std::vector<double> m_scores;
  PrefixIndex m_prefixes;
  std::optional<int32_t> m_unknown;
  bool m_byteFallback = false;
  double m_unknownScore = 0;
};

}  // namespace core
