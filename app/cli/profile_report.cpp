#include "app/cli/profile_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace app {
namespace {

// Of what was measured: where clocks of two devices disagree, the rows may come to more than the whole.
double whole(const core::Profile& profile) { return std::max(profile.seconds, profile.accounted()); }

double shareOf(const core::Profile& profile, const core::Profile::Row& row) {
  return whole(profile) > 0 ? row.seconds / whole(profile) : 0;
}

}  // namespace

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
