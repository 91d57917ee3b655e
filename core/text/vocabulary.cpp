#include "core/text/vocabulary.h"

#include <xxhash.h>

#include <algorithm>
#include <numeric>

namespace core {
namespace {

size_t commonPrefix(std::string_view a, std::string_view b, size_t most) {
  const size_t end = std::min({a.size(), b.size(), most});
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(end), b.begin()).first -
                             a.begin());
}

// A hash spread over any number of slots, not only a power of two.
size_t scale(uint64_t hash, size_t slots) { return static_cast<size_t>(((hash >> 32) * uint64_t{slots}) >> 32); }

}  // namespace

void Vocabulary::add(std::string_view text, int32_t id) {
  m_entries.push_back({static_cast<uint32_t>(m_texts.size()), static_cast<uint32_t>(text.size()), id});
  m_texts += text;
}

Status Vocabulary::finish() {
  std::sort(m_entries.begin(), m_entries.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
  for (size_t i = 1; i < m_entries.size(); ++i) {
    if (m_entries[i].id == m_entries[i - 1].id) {
      return fail("vocabulary: \"{}\" and \"{}\" have the same id {}", textOf(m_entries[i - 1]), textOf(m_entries[i]),
                  m_entries[i].id);
    }
  }
  m_slots.assign(m_entries.size() + m_entries.size() / 4 + 1, kEmpty);
  for (uint32_t i = 0; i < m_entries.size(); ++i) {
    const size_t slot = slotOf(textOf(m_entries[i]));
    if (m_slots[slot] != kEmpty) return fail("vocabulary: \"{}\" occurs twice", textOf(m_entries[i]));
    m_slots[slot] = i;
  }
  return {};
}

size_t Vocabulary::slotOf(std::string_view text) const {
  size_t slot = scale(XXH3_64bits(text.data(), text.size()), m_slots.size());
  while (m_slots[slot] != kEmpty && textOf(m_entries[m_slots[slot]]) != text) {
    if (++slot == m_slots.size()) slot = 0;
  }
  return slot;
}

std::optional<int32_t> Vocabulary::find(std::string_view text) const {
  if (m_slots.empty()) return std::nullopt;
  const uint32_t entry = m_slots[slotOf(text)];
  return entry == kEmpty ? std::nullopt : std::optional(m_entries[entry].id);
}

std::optional<std::string_view> Vocabulary::text(int32_t id) const {
  // Where there are no gaps the entry of an id is at that place.
  if (id >= 0 && static_cast<size_t>(id) < m_entries.size() && m_entries[static_cast<size_t>(id)].id == id) {
    return textOf(m_entries[static_cast<size_t>(id)]);
  }
  const auto at = std::lower_bound(m_entries.begin(), m_entries.end(), id,
                                   [](const Entry& entry, int32_t wanted) { return entry.id < wanted; });
  if (at == m_entries.end() || at->id != id) return std::nullopt;
  return textOf(*at);
}

int32_t Vocabulary::largestId() const { return m_entries.empty() ? -1 : m_entries.back().id; }

PrefixIndex::PrefixIndex(std::shared_ptr<const Vocabulary> vocabulary) : m_vocabulary(std::move(vocabulary)) {
  m_order.resize(m_vocabulary->size());
  std::iota(m_order.begin(), m_order.end(), 0u);
  std::sort(m_order.begin(), m_order.end(),
            [this](uint32_t a, uint32_t b) { return m_vocabulary->entry(a).text < m_vocabulary->entry(b).text; });
}

void PrefixIndex::findAll(std::string_view text, std::vector<Hit>& hits) const {
  hits.clear();
  auto low = m_order.begin(), high = m_order.end();
  for (size_t length = 0; low != high; ++length) {
    // Everything in the range begins with the first `length` bytes; the one that is no longer than that stands first.
    const Vocabulary::View first = m_vocabulary->entry(*low);
    if (first.text.size() == length) {
      if (length > 0) hits.push_back({length, first.id});
      ++low;
    }
    if (low == high || length == text.size()) return;
    // What all of the range have in common is compared at once; one long entry must not cost a search a byte.
    const size_t common = commonPrefix(m_vocabulary->entry(*low).text.substr(length),
                                       m_vocabulary->entry(*(high - 1)).text.substr(length), text.size() - length);
    if (common > 0) {
      if (text.compare(length, common, m_vocabulary->entry(*low).text.substr(length, common)) != 0) return;
      length += common - 1;
      continue;
    }
    const auto byteOf = [&](uint32_t entry) { return static_cast<uint8_t>(m_vocabulary->entry(entry).text[length]); };
    const auto byte = static_cast<uint8_t>(text[length]);
    low = std::partition_point(low, high, [&](uint32_t entry) { return byteOf(entry) < byte; });
    high = std::partition_point(low, high, [&](uint32_t entry) { return byteOf(entry) == byte; });
  }
}

size_t MergeTable::slotOf(int32_t left, int32_t right) const {
  uint64_t key = (uint64_t{static_cast<uint32_t>(left)} << 32) | static_cast<uint32_t>(right);
  // The finaliser of splitmix64.
  key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9u;
  key = (key ^ (key >> 27)) * 0x94D049BB133111EBu;
  size_t slot = scale(key ^ (key >> 31), m_slots.size());
  while (m_slots[slot].rank != UINT32_MAX && (m_slots[slot].left != left || m_slots[slot].right != right)) {
    if (++slot == m_slots.size()) slot = 0;
  }
  return slot;
}

void MergeTable::put(const Merge& merge) { m_slots[slotOf(merge.left, merge.right)] = merge; }

const MergeTable::Merge* MergeTable::find(int32_t left, int32_t right) const {
  const Merge& merge = m_slots[slotOf(left, right)];
  return merge.rank == UINT32_MAX ? nullptr : &merge;
}

}  // namespace core
