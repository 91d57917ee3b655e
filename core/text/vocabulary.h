// A vocabulary of any size in three flat tables: all texts in one string, an open-addressing table from text to entry,
// and the entries in order of id. Ids may have gaps and may be huge; nothing is sized by the largest id. About 21 bytes
// an entry besides its text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

class Vocabulary {
 public:
  // Room for an entry; texts and ids are checked by finish().
  void add(std::string_view text, int32_t id);

  // Errors: two entries with the same text or the same id. Before it, only add() may be called.
  Status finish();

  std::optional<int32_t> find(std::string_view text) const;
  std::optional<std::string_view> text(int32_t id) const;
  size_t size() const { return m_entries.size(); }
  int32_t largestId() const;  // -1 if empty
  size_t textBytes() const { return m_texts.size(); }

  struct View {
    std::string_view text;
    int32_t id = 0;
  };
  View entry(size_t index) const { return {textOf(m_entries[index]), m_entries[index].id}; }  // in order of id

 private:
  struct Entry {
    uint32_t offset, length;
    int32_t id;
  };
  static constexpr uint32_t kEmpty = UINT32_MAX;

  std::string_view textOf(const Entry& entry) const {
    return std::string_view(m_texts).substr(entry.offset, entry.length);
  }
  size_t slotOf(std::string_view text) const;  // of this text, or the empty one where it would go

  std::string m_texts;
  std::vector<Entry> m_entries;   // in order of id
  std::vector<uint32_t> m_slots;  // indices into m_entries
};

// Finds every entry that a text begins with: the entries in order of their texts, in which each further byte narrows
// the range of those that still fit. 4 bytes an entry.
class PrefixIndex {
 public:
  explicit PrefixIndex(std::shared_ptr<const Vocabulary> vocabulary);

  struct Hit {
    size_t length = 0;  // bytes
    int32_t id = 0;
  };
  // From the shortest to the longest.
  void findAll(std::string_view text, std::vector<Hit>& hits) const;

 private:
  std::shared_ptr<const Vocabulary> m_vocabulary;
  std::vector<uint32_t> m_order;
};

// The merges of a BPE model: (left id, right id) -> rank and resulting id. 20 bytes a merge.
class MergeTable {
 public:
  struct Merge {
    int32_t left = 0, right = 0;
    uint32_t rank = UINT32_MAX;  // UINT32_MAX: an empty slot
    int32_t result = 0;
  };
  explicit MergeTable(size_t merges = 0) : m_slots(merges + merges / 4 + 1) {}

  // At most as many as the constructor was told. A pair that is there already takes the new rank.
  void put(const Merge& merge);
  const Merge* find(int32_t left, int32_t right) const;

 private:
  size_t slotOf(int32_t left, int32_t right) const;

  std::vector<Merge> m_slots;
};

}  // namespace core
