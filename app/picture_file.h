// Instruments as files: the same scenes as the window's, under a title and over a line that says where the numbers come
// from. Needs no display.
#pragma once

#include "app/cli/painter.h"
#include "ui/scene/scene.h"
#include "ui/theme.h"

namespace app {

class QtTextShaper;

Painter filePainter();

// The picture without a file. `shaper` measures.
ui::Scene makePicture(const PictureOrder& order, const ui::Theme& theme, const ui::TextShaper& shaper);

// An instrument under its title and over the line that says where its numbers come from.
ui::Scene framePicture(const ui::Scene& instrument, const std::string& title, const std::string& provenance,
                       ui::Size size, const ui::Theme& theme, const ui::TextShaper& shaper);
// How much of a picture's height title and line take.
constexpr float kPictureFrame = 58;

// What a file says of its picture beside the pixels. `record` is core::provenance as JSON text: an SVG's <metadata>, a
// PNG's text "Provenance".
struct PictureWords {
  std::string title, provenance, record;
};

// Errors: too many pixels, what the disk says.
core::Status writePicture(const ui::Scene& picture, const PictureWords& words, double scale, const ui::Theme& theme,
                          QtTextShaper& shaper, const std::filesystem::path& out);

constexpr int64_t kMostPicturePixels = int64_t{64} << 20;

}  // namespace app
