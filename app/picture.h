// What a canvas shows: the whole scene, and which instrument stands where with what it says, for whoever reads it
// aloud.
#pragma once

#include <vector>

#include "ui/scene/scene.h"

namespace app {

struct PicturePart {
  ui::Instrument instrument = ui::Instrument::None;
  ui::Rect place;
  std::string sentence;
};

struct Picture {
  ui::Scene scene;
  std::vector<PicturePart> parts;
};

}  // namespace app
