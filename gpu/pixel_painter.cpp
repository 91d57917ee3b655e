#include "gpu/pixel_painter.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "gpu/commands.h"
#include "gpu/shaders/shared.h"

namespace gpu {
namespace {

constexpr int kMostPixels = 16384;  // a side; coordinates are packed into 16 bits

using Words = std::array<uint32_t, kPaintItemWords>;

Words wordsOf(const PixelItem& item) {
  Words words{};
  words[0] = item.colour;
  words[1] = static_cast<uint32_t>(item.kind) << 24 | uint32_t{item.alpha[2]} << 16 | uint32_t{item.alpha[1]} << 8 |
             item.alpha[0];
  words[2] = static_cast<uint32_t>(item.y0) << 16 | static_cast<uint32_t>(item.x0);
  words[3] = static_cast<uint32_t>(item.y1) << 16 | static_cast<uint32_t>(item.x1);
  words[4] = static_cast<uint32_t>(item.u);
  words[5] = static_cast<uint32_t>(item.v);
  for (size_t i = 0; i < 3; ++i) {
    std::memcpy(&words[6 + 2 * i], &item.x[i], 4);
    std::memcpy(&words[7 + 2 * i], &item.y[i], 4);
  }
  return words;
}

// Which items touch which tile, in their order: counted first, then written.
struct Tiles {
  uint32_t across = 0, down = 0;
  std::vector<uint32_t> begins, which;
};

Tiles tilesOf(std::span<const PixelItem> items, int width, int height) {
  constexpr int kWidth = static_cast<int>(kPaintTileWidth), kHeight = static_cast<int>(kPaintTileHeight);
  Tiles tiles;
  tiles.across = static_cast<uint32_t>((width + kWidth - 1) / kWidth);
  tiles.down = static_cast<uint32_t>((height + kHeight - 1) / kHeight);
  tiles.begins.assign(size_t{tiles.across} * tiles.down + 1, 0);
  const auto each = [&](const PixelItem& item, const auto& visit) {
    for (int row = item.y0 / kHeight; row <= (item.y1 - 1) / kHeight; ++row) {
      for (int column = item.x0 / kWidth; column <= (item.x1 - 1) / kWidth; ++column) {
        visit(static_cast<size_t>(row) * tiles.across + static_cast<size_t>(column));
      }
    }
  };
  for (const PixelItem& item : items) each(item, [&](size_t tile) { ++tiles.begins[tile + 1]; });
  for (size_t i = 1; i < tiles.begins.size(); ++i) tiles.begins[i] += tiles.begins[i - 1];
  tiles.which.resize(tiles.begins.back());
  std::vector<uint32_t> next(tiles.begins.begin(), tiles.begins.end() - 1);
  for (size_t i = 0; i < items.size(); ++i) {
    each(items[i], [&](size_t tile) { tiles.which[next[tile]++] = static_cast<uint32_t>(i); });
  }
  return tiles;
}

class DevicePainter : public PixelPainter {
 public:
  explicit DevicePainter(std::shared_ptr<Device> device) : m_device(std::move(device)) {}

  core::Status paint(std::span<const PixelItem> items, const PixelAtlas& atlas, const PixelTarget& target) override {
    const int width = target.width, height = target.height;
    CHECK(width > 0 && height > 0 && width <= kMostPixels && height <= kMostPixels, "a picture of {} x {}", width,
          height);
    const Tiles tiles = tilesOf(items, width, height);
    std::vector<Words> words;
    words.reserve(items.size());
    for (const PixelItem& item : items) words.push_back(wordsOf(item));
    m_copies.clear();
    TRY_STATUS(put(m_items, words.data(), words.size() * sizeof(Words), "items"));
    TRY_STATUS(put(m_begins, tiles.begins.data(), tiles.begins.size() * 4, "tiles"));
    TRY_STATUS(put(m_which, tiles.which.data(), tiles.which.size() * 4, "tiles"));
    if (!m_atlas.device || m_revision != atlas.revision || m_atlasBytes != atlas.rgba.size()) {
      TRY_STATUS(put(m_atlas, atlas.rgba.data(), atlas.rgba.size(), "glyphs"));
      m_revision = atlas.revision;
      m_atlasBytes = atlas.rgba.size();
    }
    const uint64_t bytes = static_cast<uint64_t>(width) * static_cast<uint64_t>(height) * 4;
    TRY_STATUS(grow(m_image, bytes, MemoryUse::Device, "the picture"));
    TRY_STATUS(grow(m_back, bytes, MemoryUse::Download, "the picture"));
    const PaintParams params{
        static_cast<uint32_t>(width),       static_cast<uint32_t>(height),    tiles.across, target.background,
        static_cast<uint32_t>(atlas.width), static_cast<uint32_t>(atlas.rows)};
    TRY_STATUS(runOnce(m_device, [&](Recorder& recorder) {
      for (const auto& [from, to] : m_copies) recorder.copy(from, to);
      recorder.barrier();
      recorder.dispatch(
          "paintTiles", {kPaintTileWidth, 0, 0, 0, 0},
          {m_items.device.view(), m_begins.device.view(), m_which.device.view(), m_atlas.device.view(), m_image.view()},
          params, {tiles.across, tiles.down, 1});
      recorder.barrier();
      recorder.copy(m_image.view(0, bytes), m_back.view(0, bytes));
    }));
    std::memcpy(target.pixels.data(), m_back.read(), bytes);
    return {};
  }

  const DeviceReport& device() const override { return m_device->report(); }
  std::vector<std::string> messages() const override { return m_device->messages(); }

 private:
  struct Pair {
    Buffer host, device;
  };

  // Buffers only ever grow: frames are alike.
  core::Status grow(Buffer& buffer, uint64_t bytes, MemoryUse use, std::string_view what) {
    if (buffer && buffer.bytes() >= bytes) return {};
    TRY_ASSIGN(buffer, m_device->makeBuffer(bytes + bytes / 2, use, what));
    return {};
  }

  core::Status put(Pair& pair, const void* data, uint64_t bytes, std::string_view what) {
    TRY_STATUS(grow(pair.host, bytes, MemoryUse::Upload, what));
    TRY_STATUS(grow(pair.device, bytes, MemoryUse::Device, what));
    if (bytes == 0) return {};
    std::memcpy(pair.host.mapped(), data, bytes);
    const uint64_t whole = (bytes + 3) & ~uint64_t{3};
    m_copies.emplace_back(pair.host.view(0, whole), pair.device.view(0, whole));
    return {};
  }

  std::shared_ptr<Device> m_device;
  Pair m_items, m_begins, m_which, m_atlas;
  Buffer m_image, m_back;
  std::vector<std::pair<View, View>> m_copies;
  uint64_t m_revision = 0;
  size_t m_atlasBytes = 0;
};

}  // namespace

core::Result<std::unique_ptr<PixelPainter>> PixelPainter::create(const GpuOptions& options) {
  TRY_ASSIGN(std::shared_ptr<Device> device, Device::create(options));
  return std::make_unique<DevicePainter>(std::move(device));
}

}  // namespace gpu
