#include "app/cli/profile_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace app {

double shareOf(const core::Profile& profile, const core::Profile::Row& row) {
  const double whole = std::max(profile.seconds, profile.accounted());
  return whole > 0 ? row.seconds / whole : 0;
}

std::string profileTable(const core::Profile& profile) {
  std::string text =
      fmt::format("{:>6}  {:>10}  {:>7}  op, of {:.3f} s\n", "share", "seconds", "calls", profile.seconds);
  for (const core::Profile::Row& row : profile.bySize()) {
    text += fmt::format("{:5.1f} %  {:10.6f}  {:7}  {}\n", 100 * shareOf(profile, row), row.seconds, row.calls, row.op);
  }
  return text;
}

nlohmann::json profileJson(const core::Profile& profile) {
  nlohmann::json ops = nlohmann::json::array();
  for (const core::Profile::Row& row : profile.bySize()) {
    ops.push_back({{"op", row.op}, {"seconds", row.seconds}, {"share", shareOf(profile, row)}, {"calls", row.calls}});
  }
  return {{"seconds", profile.seconds}, {"ops", std::move(ops)}};
}

}  // namespace app
