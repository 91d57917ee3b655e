// Limits a choice to groups of neighbours (core/routing/grouped.h): of selection[row ...], what lies outside the chosen
// groups becomes -infinity. A group counts as its best expert or as the sum of its two best; of two equal groups the
// lower one is chosen. The shader that includes this declares `selection`.
float groupScore(uint row, uint group, uint size, bool pairs) {
  float best = uintBitsToFloat(0xff800000u), second = best;
  for (uint e = group * size; e < (group + 1) * size; ++e) {
    const float value = selection[row + e];
    if (value > best) {
      second = best;
      best = value;
    } else if (value > second) {
      second = value;
    }
  }
  return !pairs || size == 1 ? best : best + second;
}

void limitToGroups(uint row, uint experts, uint groups, uint groupsChosen, bool pairs) {
  if (groupsChosen == groups) return;
  const uint size = experts / groups;
  // The worst group that is chosen: each round takes the first group that comes after the one taken before.
  uint lastRank = 0xffffffffu, lastGroup = 0;
  for (uint j = 0; j < groupsChosen; ++j) {
    uint bestRank = 0, best = groups;
    for (uint g = 0; g < groups; ++g) {
      const uint rank = rankOf(groupScore(row, g, size, pairs));
      const bool after = rank < lastRank || (rank == lastRank && g > lastGroup);
      if (after && (best == groups || rank > bestRank)) {
        bestRank = rank;
        best = g;
      }
    }
    lastRank = bestRank;
    lastGroup = best;
  }
  for (uint g = 0; g < groups; ++g) {
    const uint rank = rankOf(groupScore(row, g, size, pairs));
    if (rank > lastRank || (rank == lastRank && g <= lastGroup)) continue;
    for (uint e = g * size; e < (g + 1) * size; ++e) selection[row + e] = uintBitsToFloat(0xff800000u);
  }
}
