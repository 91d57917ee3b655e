#include "app/cli/profile_report.h"

#include <fmt/format.h>

namespace app {

std::string profileTable(const core::Profile& profile) {
  std::string text =
      fmt::format("{:>6}  {:>10}  {:>7}  op, of {:.3f} s\n", "share", "seconds", "calls", profile.seconds);
  for (const core::Profile::Row& row : profile.bySize()) {
    text += fmt::format("{:5.1f} %  {:10.6f}  {:7}  {}\n", 100 * profile.shareOf(row), row.seconds, row.calls, row.op);
  }
  return text;
}

nlohmann::json profileJson(const core::Profile& profile) {
  nlohmann::json ops = nlohmann::json::array();
  for (const core::Profile::Row& row : profile.bySize()) {
    ops.push_back({{"op", row.op}, {"seconds", row.seconds}, {"share", profile.shareOf(row)}, {"calls", row.calls}});
  }
  return {{"seconds", profile.seconds}, {"ops", std::move(ops)}};
}

}  // namespace app
