#include "core/engine/rope_cache.h"

#include <algorithm>

namespace core {
namespace {

constexpr int kAhead = 64;  // positions made at once while tokens come one by one

void append(std::vector<float>& to, const std::vector<float>& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

RopeCache::Rows RopeCache::rows(const RopeConfig& rope, int modelContext, int first, int T, int sequenceLength) {
  const bool looksAtLength = rope.scaling == RopeScaling::Dynamic || rope.scaling == RopeScaling::LongRope;
  if (looksAtLength) {
    const bool holds = m_sequence == sequenceLength && first >= m_first && first + T <= m_first + m_count;
    if (!holds) {
      m_table = ops::ropeTable(rope, modelContext, first, T, sequenceLength);
      m_first = first;
      m_count = T;
      m_sequence = sequenceLength;
    }
    return {&m_table, first - m_first};
  }
  if (first + T > m_count) {
    const int rows = std::max(first + T, m_count + kAhead) - m_count;
    const ops::RopeTable more = ops::ropeTable(rope, modelContext, m_count, rows, sequenceLength);
    m_table.half = more.half;
    m_table.offset = more.offset;
    append(m_table.cos, more.cos);
    append(m_table.sin, more.sin);
    m_count += rows;
  }
  return {&m_table, first};
}

}  // namespace core
