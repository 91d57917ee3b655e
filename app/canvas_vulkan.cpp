#include "app/canvas_vulkan.h"

#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/pixel_painter.h"
#include "ui/scene/glyph_atlas.h"
#include "ui/scene/paint_items.h"
#endif

namespace app {

#ifdef EXPERTSCOPE_HAS_GPU
namespace {

gpu::PixelItem toPixelItem(const ui::PaintItem& item) {
  gpu::PixelItem out;
  out.colour = item.colour;
  out.kind = static_cast<gpu::PixelItem::Kind>(item.kind);
  out.x0 = item.x0;
  out.y0 = item.y0;
  out.x1 = item.x1;
  out.y1 = item.y1;
  out.u = item.u;
  out.v = item.v;
  for (size_t i = 0; i < 3; ++i) {
    out.alpha[i] = item.alpha[i];
    out.x[i] = item.x[i];
    out.y[i] = item.y[i];
  }
  return out;
}

class Painter : public CanvasVulkan {
 public:
  explicit Painter(std::unique_ptr<gpu::PixelPainter> painter) : m_painter(std::move(painter)) {}

  core::Status paint(const ImDrawData& data, const ui::GlyphAtlas& atlas, ui::Colour background,
                     ui::Image& image) override {
    std::vector<gpu::PixelItem> items;
    for (const ui::PaintItem& item : ui::paintItems(data, image.width, image.height)) {
      items.push_back(toPixelItem(item));
    }
    const auto side = static_cast<size_t>(ui::GlyphAtlas::kSize), rows = static_cast<size_t>(atlas.usedRows());
    const gpu::PixelAtlas glyphs{
        {atlas.pixels(), rows * side * 4}, ui::GlyphAtlas::kSize, atlas.usedRows(), atlas.revision()};
    const uint32_t clear =
        0xFF000000u | uint32_t{background.r} << 16 | uint32_t{background.g} << 8 | uint32_t{background.b};
    return m_painter->paint(items, glyphs, {image.width, image.height, clear, image.pixels});
  }

  std::string deviceName() const override { return m_painter->device().name; }
  std::vector<std::string> messages() const override { return m_painter->messages(); }

 private:
  std::unique_ptr<gpu::PixelPainter> m_painter;
};

core::Result<std::shared_ptr<CanvasVulkan>> openOn(const gpu::GpuOptions& options) {
  TRY_ASSIGN(std::unique_ptr<gpu::PixelPainter> painter, gpu::PixelPainter::create(options));
  return std::make_shared<Painter>(std::move(painter));
}

int deviceOf(bool software) {
  for (const gpu::DeviceReport& device : gpu::listDevices().devices) {
    if (device.usable && (device.type == gpu::DeviceType::Cpu) == software) return device.index;
  }
  return -1;
}

}  // namespace

core::Result<std::shared_ptr<CanvasVulkan>> openCanvasVulkan() {
  gpu::GpuOptions options;
  options.device = deviceOf(false);
  if (options.device < 0) return std::shared_ptr<CanvasVulkan>();
  return openOn(options);
}

core::Result<std::shared_ptr<CanvasVulkan>> openCanvasVulkanOnSoftware() {
  gpu::GpuOptions options;
  options.device = deviceOf(true);
  options.validation = true;
  if (options.device < 0) return core::fail("there is no software Vulkan device; install mesa-vulkan-drivers");
  return openOn(options);
}
#else
core::Result<std::shared_ptr<CanvasVulkan>> openCanvasVulkan() { return std::shared_ptr<CanvasVulkan>(); }
core::Result<std::shared_ptr<CanvasVulkan>> openCanvasVulkanOnSoftware() {
  return core::fail("this program was built without GPU support");
}
#endif

void paintBy(ui::Canvas& canvas, const std::shared_ptr<CanvasVulkan>& painter,
             const std::function<void(const core::Error&)>& failed) {
  if (!painter) return canvas.setPainter({});
  canvas.setPainter(
      [painter, failed](const ImDrawData& data, const ui::GlyphAtlas& atlas, ui::Colour background, ui::Image& image) {
        const core::Status painted = painter->paint(data, atlas, background, image);
        if (!painted) failed(painted.error());
        return painted.has_value();
      });
}

}  // namespace app
