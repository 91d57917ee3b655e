// Every instrument by name, for tests that go through all of them.
#pragma once

#include <string>
#include <vector>

#include "ui/instruments/look.h"
#include "ui/views/source.h"
#include "ui/views/token_strip_view.h"

namespace test {

struct SceneOptions {
  ui::Lens lens = ui::Lens::FirstExpert;
  bool ownLabels = false, focused = false, byScore = false, empty = false;
  int hoverExpert = -1;
  const ui::ViewSource* other = nullptr;  // second run of compare
};

std::vector<std::string> sceneNames();
ui::Scene sceneNamed(const std::string& name, const ui::ViewSource& source, const ui::Cursor& cursor, ui::Size size,
                     const ui::Theme& theme, const ui::TextShaper& shaper, const ui::Phrases& say,
                     const SceneOptions& options);

}  // namespace test
