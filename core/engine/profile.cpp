#include "core/engine/profile.h"

#include <algorithm>

namespace core {

void Profile::add(std::string_view op, double time, int64_t calls) {
  auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.op == op; });
  if (row == rows.end()) row = rows.insert(rows.end(), {std::string(op), 0, 0});
  row->seconds += time;
  row->calls += calls;
}

void Profile::add(const Profile& other) {
  for (const Row& row : other.rows) add(row.op, row.seconds, row.calls);
  seconds += other.seconds;
}

double Profile::accounted() const {
  double sum = 0;
  for (const Row& row : rows) sum += row.seconds;
  return sum;
}

double Profile::shareOf(const Row& row) const {
  const double whole = std::max(seconds, accounted());
  return whole > 0 ? row.seconds / whole : 0;
}

std::vector<Profile::Row> Profile::bySize() const {
  std::vector<Row> sorted = rows;
  if (const double rest = seconds - accounted(); rest > 0) sorted.push_back({"other", rest, 1});
  std::stable_sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) { return a.seconds > b.seconds; });
  return sorted;
}

}  // namespace core
