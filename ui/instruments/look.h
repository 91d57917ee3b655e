// What every instrument is drawn with: colours, text, words, and where the pointer is.
#pragma once

#include "ui/phrases.h"
#include "ui/scene/scene.h"
#include "ui/text_shaper.h"
#include "ui/theme.h"

namespace ui {

struct Hover {
  SceneId id = 0;  // what lies under the pointer, anywhere in the window: instruments show the same row together
  ElementId element() const { return unpack(id); }
};

struct Look {
  const Theme& theme;
  const TextShaper& shaper;
  const Phrases& say;
  Hover hover;
  bool focused = false;    // the keyboard is in this instrument
  bool ownLabels = false;  // draw expert labels in instruments that stand beside others of the band
  bool live = true;        // false: a picture in a file, where nothing can be pressed
};

}  // namespace ui
