// The painter of the canvases on a GPU: the draw lists of a frame are painted by a compute kernel into memory and read
// back as an image, which the widget shows like any other. No window system takes part, so it works under every
// platform plugin. Where there is no real GPU the raster on the processor paints, which is faster than a software
// device.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "ui/scene/canvas.h"

namespace app {

class CanvasVulkan {
 public:
  virtual ~CanvasVulkan() = default;

  // Errors: the device was lost or is out of memory; then another painter takes over.
  virtual core::Status paint(const ImDrawData& data, const ui::GlyphAtlas& atlas, ui::Colour background,
                             ui::Image& image) = 0;
  virtual std::string deviceName() const = 0;
  virtual std::vector<std::string> messages() const = 0;  // of validation, where it is on
};

// On the first real GPU. Null: there is none, or the program was built without GPU support. Takes a while: the drivers
// are asked.
core::Result<std::shared_ptr<CanvasVulkan>> openCanvasVulkan();

// On the software device, with validation: for tests.
core::Result<std::shared_ptr<CanvasVulkan>> openCanvasVulkanOnSoftware();

// Lets a canvas be painted by `painter`; when it fails the raster takes over for good, and `failed` is told why.
void paintBy(ui::Canvas& canvas, const std::shared_ptr<CanvasVulkan>& painter,
             const std::function<void(const core::Error&)>& failed);

}  // namespace app
