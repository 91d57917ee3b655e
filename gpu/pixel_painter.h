// Paints a picture on a Vulkan device from a list of rectangles, glyphs and triangles, and reads it back. The items are
// those of a canvas, in words as the kernel paintTiles reads them; nothing here knows where they come from.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "gpu/gpu.h"

namespace gpu {

// Twelve words, see PaintItem of shared.h.
struct PixelItem {
  enum class Kind : uint32_t { Solid, Picture, Triangle };
  uint32_t colour = 0;  // 0xAARRGGBB
  Kind kind = Kind::Solid;
  uint8_t alpha[3] = {255, 255, 255};  // Triangle: of its corners
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // inside of the picture
  int u = 0, v = 0;                    // Picture: the texel on (x0, y0); inside of the atlas with all its width
  float x[3] = {}, y[3] = {};          // Triangle, positive area
};

struct PixelAtlas {
  std::span<const uint8_t> rgba;  // (rows, width, 4)
  int width = 0, rows = 0;
  uint64_t revision = 0;  // another number: other pixels, uploaded again
};

struct PixelTarget {
  int width = 0, height = 0;  // at most 16384 each
  uint32_t background = 0;
  std::span<uint32_t> pixels;  // (height, width), written
};

class PixelPainter {
 public:
  // Errors: no usable device, out of memory.
  static core::Result<std::unique_ptr<PixelPainter>> create(const GpuOptions& options);
  virtual ~PixelPainter() = default;

  // Errors: the device was lost or is out of memory; the target is then not whole, and a lost painter stays lost.
  virtual core::Status paint(std::span<const PixelItem> items, const PixelAtlas& atlas, const PixelTarget& target) = 0;
  virtual const DeviceReport& device() const = 0;
  virtual std::vector<std::string> messages() const = 0;  // of validation
};

}  // namespace gpu
