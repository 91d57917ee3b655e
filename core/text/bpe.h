// Byte-pair encoding. A word begins as its characters; then, as long as one of the listed merges applies to two
// neighbours, the merge of lowest rank (the leftmost of equals) is done. With the merges "l o" and "lo w", "slow" goes
// s l o w -> s lo w -> s low. Neighbours that may merge wait in a priority queue, so that a word of n characters takes
// n log n steps.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/text/token_model.h"
#include "core/text/vocabulary.h"

namespace core {

struct BpeOptions {
  std::optional<std::string> unknownToken;  // none: what is not in the vocabulary is dropped
  bool fuseUnknown = false;                 // neighbouring unknown characters become one token
  bool byteFallback = false;                // an unknown character becomes <0xNN> for each of its bytes
  bool ignoreMerges = false;                // a whole word in the vocabulary is taken before any merging
  std::string continuingPrefix;             // put before every character but a word's first
  std::string endSuffix;                    // put behind a word's last character
};

class Bpe : public TokenModel {
 public:
  // Errors: the unknown token is not in the vocabulary.
  static Result<std::unique_ptr<Bpe>> make(std::shared_ptr<const Vocabulary> vocabulary, MergeTable merges,
                                           BpeOptions options);

  Status tokenize(std::string_view word, WorkBudget& budget, std::vector<TextToken>& out) const override;

 private:
  struct Symbol {
    int32_t id;
    int previous, next;  // -1: none
    bool gone;           // merged into its left neighbour
  };

  Bpe() = default;
  std::vector<int32_t> idsOf(std::string_view word) const;
  std::vector<Symbol> charactersOf(std::string_view word) const;
  void mergeAll(std::vector<Symbol>& symbols) const;

  std::shared_ptr<const Vocabulary> m_vocabulary;
  MergeTable m_merges;
  BpeOptions m_options;
  int32_t m_unknown = -1;
  int32_t m_bytes[256];  // ids of <0x00> to <0xFF>, -1: not there

  // Words seen before, at most kCacheWords of at most kCacheWordBytes; full: no more are added.
  static constexpr size_t kCacheWords = 10'000;
  static constexpr size_t kCacheWordBytes = 256;
  mutable std::mutex m_cacheLock;
  mutable std::unordered_map<std::string, std::vector<int32_t>> m_cache;
};

}  // namespace core
