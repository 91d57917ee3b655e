// Reads `model.vocab` and `model.merges` of a tokenizer.json event by event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/text/vocabulary.h"

namespace core {

class TokenizerTables : public JsonTap {
 public:
  bool wants(const std::vector<std::string>& path) override;

  // After the parsing. Errors: double texts or ids, merges of what is not in the vocabulary (with the continuing prefix
  // of `prefixBytes` bytes left out of a merge's second part).
  Status finish(size_t prefixBytes);

  bool hasVocabulary = false;
  bool vocabularyIsList = false;
  bool hasMerges = false;
  Vocabulary vocabulary;
  std::vector<double> scores;
  MergeTable merges;

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t value) override;
  bool number_unsigned(number_unsigned_t value) override;
  bool number_float(number_float_t value, const string_t& text) override;
  bool string(string_t& text) override;
  bool key(string_t& name) override;
  bool start_object(std::size_t) override;
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override;
  bool end_array() override;

 private:
  enum class Table { None, Vocabulary, Merges };

  bool stop(std::string message);
  bool unexpected(std::string_view what);
  bool leave();
  bool addScore(double score);
  bool addMerge(std::string_view left, std::string_view right);

  Table m_table = Table::None;
  int m_depth = 0;                   // open arrays and objects of the table
  std::vector<std::string> m_parts;  // the texts of the open [text, score] or [left, right]
  std::string m_token;               // the last key of a vocabulary object
  int m_numbers = 0;                 // in the open [text, score]
  std::string m_mergeTexts;          // left and right of every merge, one after the other
  std::vector<std::pair<uint32_t, uint32_t>> m_mergeLengths;
};

}  // namespace core
