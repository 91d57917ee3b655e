// The kernel that paints the canvas, against a loop over items and pixels.
#include <algorithm>
#include <cstring>

#include "gpu/shaders/shared.h"
#include "tests/parity/parity.h"

namespace test {
namespace {

constexpr uint32_t kAtlas = 64;  // texels a side

uint32_t div255(uint32_t v) { return (v + 128 + ((v + 128) >> 8)) >> 8; }

uint32_t blend(uint32_t dst, uint32_t src, uint32_t a) {
  uint32_t out = 0xFF000000u;
  for (int shift = 0; shift < 24; shift += 8) {
    const uint32_t mixed = (dst >> shift & 0xFF) * (255 - a) + (src >> shift & 0xFF) * a + 0x80;
    out |= (mixed + (mixed >> 8)) >> 8 << shift;
  }
  return out;
}

struct Item {
  uint32_t kind, colour, alpha, x0, y0, x1, y1, u, v;
  float corners[6];
};

std::vector<Item> randomItems(uint32_t count, uint32_t width, uint32_t height) {
  std::vector<Item> items;
  const std::vector<float> noise = randomFloats(size_t{count} * 8, 91, 1);
  const auto pick = [&](size_t i, uint32_t below) {
    return std::min(below - 1, static_cast<uint32_t>(std::abs(noise[i]) * static_cast<float>(below)));
  };
  for (uint32_t n = 0; n < count; ++n) {
    const size_t at = size_t{n} * 8;
    Item item{};
    item.kind = n % 3;
    item.colour = 0xFF000000u | pick(at, 256) << 16 | pick(at + 1, 256) << 8 | pick(at + 2, 256);
    if (n % 5 == 0) item.colour = 0xFFFFFFFFu;
    item.alpha = n % 4 == 0 ? 255 : pick(at + 3, 256);
    item.x0 = pick(at + 4, width);
    item.y0 = pick(at + 5, height);
    item.x1 = std::min(width, item.x0 + 1 + pick(at + 6, 40));
    item.y1 = std::min(height, item.y0 + 1 + pick(at + 7, 40));
    item.u = pick(at + 1, kAtlas - 40);
    item.v = pick(at + 2, kAtlas);
    // Corners on quarter pixels: which side a centre lies on is exact in floats, so no edge is a matter of rounding.
    const auto x = static_cast<float>(item.x0), y = static_cast<float>(item.y0);
    const float corners[] = {x, y, x + 17.25f, y + 3.25f, x + 5.25f, y + 21.25f};
    std::copy(std::begin(corners), std::end(corners), item.corners);
    if (item.kind == gpu::kPaintTriangle) {
      item.x1 = std::min(width, item.x0 + 18);
      item.y1 = std::min(height, item.y0 + 22);
    }
    items.push_back(item);
  }
  return items;
}

bool inTriangle(const float* c, float px, float py) {
  for (int i = 0; i < 3; ++i) {
    const float *a = c + 2 * ((i + 1) % 3), *b = c + 2 * ((i + 2) % 3);
    const float dx = b[0] - a[0], dy = b[1] - a[1], w = dx * (py - a[1]) - dy * (px - a[0]);
    if (w < 0 || (w == 0 && !(dy > 0 || (dy == 0 && dx < 0)))) return false;
  }
  return true;
}

uint32_t painted(uint32_t pixel, const Item& item, const std::vector<uint32_t>& atlas, uint32_t x, uint32_t y) {
  if (x < item.x0 || y < item.y0 || x >= item.x1 || y >= item.y1) return pixel;
  if (item.kind == gpu::kPaintSolid) return blend(pixel, item.colour, item.alpha);
  if (item.kind == gpu::kPaintPicture) {
    const uint32_t u = item.u + x - item.x0, v = item.v + y - item.y0;
    if (v >= kAtlas) return pixel;
    const uint32_t texel = atlas[v * kAtlas + u], own = texel >> 24;
    if (own == 0) return pixel;
    const uint32_t source = (item.colour & 0xFFFFFF) == 0xFFFFFF
                                ? (texel & 0xFF) << 16 | (texel & 0xFF00) | (texel >> 16 & 0xFF)
                                : item.colour;
    return blend(pixel, source, item.alpha == 255 ? own : div255(own * item.alpha));
  }
  const bool inside = inTriangle(item.corners, static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
  return inside ? blend(pixel, item.colour, item.alpha) : pixel;
}

Outcome runPaint(uint32_t width, uint32_t height, uint32_t count, const std::shared_ptr<gpu::Device>& device) {
  const std::vector<Item> items = randomItems(count, width, height);
  std::vector<uint32_t> atlas(size_t{kAtlas} * kAtlas);
  for (uint32_t i = 0; i < atlas.size(); ++i) atlas[i] = i * 2654435761u;
  const uint32_t across = (width + gpu::kPaintTileWidth - 1) / gpu::kPaintTileWidth;
  const uint32_t down = (height + gpu::kPaintTileHeight - 1) / gpu::kPaintTileHeight;
  std::vector<uint32_t> words, begins{0}, which;
  for (const Item& item : items) {
    const uint32_t alphas = item.kind << 24 | item.alpha << 16 | item.alpha << 8 | item.alpha;
    words.insert(words.end(), {item.colour, alphas, item.y0 << 16 | item.x0, item.y1 << 16 | item.x1, item.u, item.v});
    for (const float corner : item.corners) {
      uint32_t bits = 0;
      std::memcpy(&bits, &corner, 4);
      words.push_back(bits);
    }
  }
  // Every tile looks at every item: what does not touch it must change nothing.
  for (uint32_t tile = 0; tile < across * down; ++tile) {
    for (uint32_t i = 0; i < count; ++i) which.push_back(i);
    begins.push_back(static_cast<uint32_t>(which.size()));
  }
  constexpr uint32_t kBackground = 0xFF123456u;
  const gpu::Buffer itemBuffer = deviceBuffer(device, words), beginBuffer = deviceBuffer(device, begins),
                    whichBuffer = deviceBuffer(device, which), atlasBuffer = deviceBuffer(device, atlas),
                    image = deviceBuffer(device, std::vector<uint32_t>(size_t{width} * height));
  const gpu::PaintParams params{width, height, across, kBackground, kAtlas, kAtlas};
  const auto status = gpu::runOnce(device, [&](gpu::Recorder& recorder) {
    recorder.dispatch("paintTiles", {gpu::kPaintTileWidth, 0, 0, 0, 0},
                      {itemBuffer.view(), beginBuffer.view(), whichBuffer.view(), atlasBuffer.view(), image.view()},
                      params, {across, down, 1});
  });
  EXPECT_TRUE(status) << status.error().message;
  Outcome out;
  for (const uint32_t pixel : readBuffer<uint32_t>(device, image, size_t{width} * height)) {
    out.gotIds.push_back(static_cast<int32_t>(pixel));
  }
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      uint32_t pixel = kBackground;
      for (const Item& item : items) pixel = painted(pixel, item, atlas, x, y);
      out.expectedIds.push_back(static_cast<int32_t>(pixel));
    }
  }
  return out;
}

}  // namespace

std::vector<ParityRow> paintRows() {
  std::vector<ParityRow> rows;
  for (const auto& [width, height, count] : {std::array{1u, 1u, 1u}, {13u, 64u, 9u}, {127u, 65u, 60u}}) {
    rows.push_back({"paint",
                    fmt::format("{}x{}_{}_items", width, height, count),
                    0,
                    0,
                    {"paintTiles"},
                    [=, width = width, height = height, count = count](const std::shared_ptr<gpu::Device>& device) {
                      return runPaint(width, height, count, device);
                    }});
  }
  return rows;
}

}  // namespace test
