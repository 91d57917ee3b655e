#include "ui/views/align.h"

#include <algorithm>

namespace ui {
namespace {

constexpr size_t kMostCells = size_t{1} << 24;

// Tokens between two common ones. Equal counts are replacements, one for one; else the shorter side has gaps at its
// end.
void addBetween(int& a, int toA, int& b, int toB, std::vector<AlignedPair>& out) {
  if (toA - a == toB - b) {
    while (a < toA) out.push_back({a++, b++});
    return;
  }
  while (a < toA) out.push_back({a++, -1});
  while (b < toB) out.push_back({-1, b++});
}

// lengths[i][j]: longest common subsequence of a from i and b from j.
std::vector<AlignedPair> common(std::span<const int32_t> a, std::span<const int32_t> b) {
  const size_t A = a.size(), B = b.size(), width = B + 1;
  std::vector<uint16_t> lengths((A + 1) * width, 0);
  for (size_t i = A; i-- > 0;) {
    for (size_t j = B; j-- > 0;) {
      lengths[i * width + j] = a[i] == b[j] ? static_cast<uint16_t>(lengths[(i + 1) * width + j + 1] + 1)
                                            : std::max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  std::vector<AlignedPair> out;
  for (size_t i = 0, j = 0; i < A && j < B;) {
    if (a[i] == b[j]) {
      out.push_back({static_cast<int>(i++), static_cast<int>(j++)});
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  return out;
}

}  // namespace

std::vector<AlignedPair> alignTokens(std::span<const int32_t> a, std::span<const int32_t> b) {
  size_t front = 0, back = 0;
  const size_t least = std::min(a.size(), b.size());
  while (front < least && a[front] == b[front]) ++front;
  while (back < least - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  const std::span<const int32_t> middleA = a.subspan(front, a.size() - front - back);
  const std::span<const int32_t> middleB = b.subspan(front, b.size() - front - back);
  std::vector<AlignedPair> same;
  if (!middleA.empty() && !middleB.empty() && middleA.size() < 65536 && middleB.size() < 65536 &&
      (middleA.size() + 1) * (middleB.size() + 1) <= kMostCells) {
    same = common(middleA, middleB);
  }
  std::vector<AlignedPair> out;
  for (size_t i = 0; i < front; ++i) out.push_back({static_cast<int>(i), static_cast<int>(i)});
  const int offset = static_cast<int>(front);
  int nextA = offset, nextB = offset;
  for (const AlignedPair& pair : same) {
    addBetween(nextA, pair.a + offset, nextB, pair.b + offset, out);
    out.push_back({nextA++, nextB++});
  }
  addBetween(nextA, static_cast<int>(a.size() - back), nextB, static_cast<int>(b.size() - back), out);
  for (size_t i = 0; i < back; ++i) out.push_back({nextA++, nextB++});
  return out;
}

}  // namespace ui
