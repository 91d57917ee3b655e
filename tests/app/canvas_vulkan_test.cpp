// The two painters of the canvas, the raster on the processor and the kernel on a Vulkan device, paint the same.
#include "app/canvas_vulkan.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "app/qt_text_shaper.h"
#include "flows.h"
#include "tests/ui/demo_trace.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/theme.h"

namespace {

struct Difference {
  int worst = 0;  // of a channel
  size_t pixels = 0;
};

Difference between(const ui::Image& a, const ui::Image& b) {
  Difference out;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    int worst = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      const auto channel = [&](uint32_t pixel) { return static_cast<int>(pixel >> shift & 0xFF); };
      worst = std::max(worst, std::abs(channel(a.pixels[i]) - channel(b.pixels[i])));
    }
    out.worst = std::max(out.worst, worst);
    out.pixels += worst > 0;
  }
  return out;
}

TEST(CanvasVulkan, PaintsWhatTheRasterPaints) {
  auto painter = app::openCanvasVulkanOnSoftware();
  ASSERT_TRUE(painter) << painter.error().message;
  app::QtTextShaper shaper;
  const ui::Phrases say;
  const ui::ViewSource source = test::demoSource();
  // A software device takes its time for every pixel: each scale once.
  for (const bool dark : {true, false}) {
    for (const float scale : {dark ? 1.0f : 1.5f}) {
      const ui::Theme theme = ui::makeTheme(dark, 1);
      const ui::Look look{theme, shaper, say, {}, false, false};
      const ui::Cursor cursor{22, 3, 8, ui::Stage::Capacity};
      const ui::Scene scenes[] = {ui::makeCentralScene(source, cursor, {}, {960, 400}, look),
                                  ui::makeLowerScene(source, cursor, {}, {700, 215}, look)};
      for (const ui::Scene& scene : scenes) {
        ui::Canvas raster, vulkan;
        app::paintBy(vulkan, *painter, [](const core::Error& error) { ADD_FAILURE() << error.message; });
        raster.frame(scene, shaper, scale, theme.bg1, nullptr);
        vulkan.frame(scene, shaper, scale, theme.bg1, nullptr);
        ASSERT_EQ(raster.image().pixels.size(), vulkan.image().pixels.size());
        const Difference difference = between(raster.image(), vulkan.image());
        EXPECT_LE(difference.worst, 4) << "scale " << scale;
        // Only slanted edges may be rounded another way: hatches, crosses, curves.
        EXPECT_LE(difference.pixels, raster.image().pixels.size() / 500) << "scale " << scale;
      }
    }
  }
  EXPECT_EQ((*painter)->messages(), std::vector<std::string>{});
}

TEST(CanvasVulkan, PaintsTheWindowAndTheRasterTakesOverWhenItFails) {
  class Failing : public app::CanvasVulkan {
   public:
    explicit Failing(std::shared_ptr<app::CanvasVulkan> inner) : m_inner(std::move(inner)) {}
    core::Status paint(const ImDrawData& data, const ui::GlyphAtlas& atlas, ui::Colour background,
                       ui::Image& image) override {
      ++frames;
      if (lost) return core::fail("the device was lost");
      return m_inner->paint(data, atlas, background, image);
    }
    std::string deviceName() const override { return m_inner->deviceName(); }
    std::vector<std::string> messages() const override { return m_inner->messages(); }
    int frames = 0;
    bool lost = false;

   private:
    std::shared_ptr<app::CanvasVulkan> m_inner;
  };
  test::WindowDriver driver;
  auto inner = app::openCanvasVulkanOnSoftware();
  ASSERT_TRUE(inner) << inner.error().message;
  const auto painter = std::make_shared<Failing>(*inner);
  driver.services.openPainter = [painter] { return core::Result<std::shared_ptr<app::CanvasVulkan>>(painter); };
  test::startWithSample(driver);
  ASSERT_TRUE(driver.waitUntil([&] { return painter->frames > 0; }));
  const QImage byKernel = driver.window().band().grab().toImage();
  painter->lost = true;
  driver.key(Qt::Key_Home);
  driver.key(Qt::Key_Right);
  QTest::qWait(50);
  const int frames = painter->frames;
  driver.key(Qt::Key_Right);
  QTest::qWait(50);
  EXPECT_EQ(painter->frames, frames) << "a lost device is not asked again";
  EXPECT_EQ(driver.window().band().grab().toImage().pixelColor(3, 3), byKernel.pixelColor(3, 3));
  EXPECT_EQ(driver.bench().cursor().token, 2);
}

}  // namespace
