#include "ui/theme.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

template <size_t N>
constexpr std::array<Colour, N> hexes(const std::array<uint32_t, N>& values) {
  std::array<Colour, N> out;
  for (size_t i = 0; i < N; ++i) out[i] = rgb(values[i]);
  return out;
}

Theme dark() {
  Theme t;
  t.dark = true;
  t.bg0 = rgb(0x0F1114), t.bg1 = rgb(0x15171B), t.bg2 = rgb(0x1C1F24), t.bg3 = rgb(0x272B32);
  t.line = rgb(0x2A2E36), t.line2 = rgb(0x454C58);
  t.fg1 = rgb(0xE8EAED), t.fg2 = rgb(0xB0B6C0), t.fg3 = rgb(0x8A929E);
  t.accent = rgb(0xF5B83D), t.accentFill = rgb(0xF5B83D);
  t.accentText = rgb(0xF5B83D), t.onAccent = rgb(0x1B1405), t.sel = rgb(0x2B2618);
  t.routed = rgb(0x5B9DF5), t.routed2 = rgb(0xA9CBFA);
  t.kept = rgb(0x4C82CE), t.keptLaterFill = rgb(0x2C4C7C), t.keptLaterBorder = rgb(0x4C82CE);
  t.dropped = rgb(0xFF7A59), t.shared = rgb(0x46C9A0), t.attention = rgb(0x7A5BCB);
  t.residual = rgb(0x68707D), t.remainder = rgb(0x8A929E);
  t.prompt = rgb(0x8A929E), t.generated = rgb(0xE77DB8);
  t.expert = hexes<16>({0xA8CEFE, 0xBE8628, 0x71E4B6, 0xC771A4, 0xCFD26C, 0x9E7FD3, 0x4EE0F7, 0xD47263, 0x708FDF,
                        0xEEC563, 0x0AAA91, 0xFFB0CB, 0x859E3F, 0xE2B6FE, 0x07A2C7, 0xFEB79C});
  t.sequential = hexes<9>({0x1D2026, 0x243755, 0x275080, 0x2B6BA5, 0x3788C5, 0x51A6DD, 0x78C3EE, 0xAADFF9, 0xE6F7FE});
  t.diverging = hexes<9>({0x62BBF5, 0x4F93C0, 0x3E6D8D, 0x2E495C, 0x24262A, 0x593F31, 0x895B43, 0xBA7A58, 0xED9A6F});
  return t;
}

Theme light() {
  Theme t;
  t.dark = false;
  t.bg0 = rgb(0xE9EBEE), t.bg1 = rgb(0xFCFCFD), t.bg2 = rgb(0xF3F4F6), t.bg3 = rgb(0xE4E7EB);
  t.line = rgb(0xDDE0E5), t.line2 = rgb(0xAEB5BF);
  t.fg1 = rgb(0x16191D), t.fg2 = rgb(0x454C57), t.fg3 = rgb(0x5C6470);
  t.accent = rgb(0xE08E00), t.accentFill = rgb(0xF5B83D);
  t.accentText = rgb(0x8F5400), t.onAccent = rgb(0x1B1405), t.sel = rgb(0xFFF3D6);
  t.routed = rgb(0x2563C4), t.routed2 = rgb(0x5E90DD);
  t.kept = rgb(0x2563C4), t.keptLaterFill = rgb(0x9CBDEE), t.keptLaterBorder = rgb(0x2563C4);
  t.dropped = rgb(0xB3261E), t.shared = rgb(0x0B7F5D), t.attention = rgb(0x4A2A8A);
  t.residual = rgb(0x858D98), t.remainder = rgb(0x5C6470);
  t.prompt = rgb(0x5C6470), t.generated = rgb(0xB0377F);
  t.expert = hexes<16>({0x558ED6, 0x744C00, 0x24A479, 0x833365, 0x919227, 0x61418F, 0x0C9EB1, 0x8E3328, 0x36509A,
                        0xAD8617, 0x026454, 0xC7698D, 0x4B5E00, 0xA574C3, 0x005F76, 0xCB704C});
  t.sequential = hexes<9>({0xF2F7F9, 0xB2E1F8, 0x7CC7F3, 0x51AAE6, 0x338CD3, 0x256FB8, 0x225396, 0x203A6E, 0x1B2541});
  t.diverging = hexes<9>({0x24569F, 0x547DBA, 0x86A5D4, 0xBACDEA, 0xF4F6F8, 0xE9C7B6, 0xD29B7F, 0xB8714B, 0x9C470D});
  return t;
}

// Between the nine stops, straight in sRGB.
Colour mapAt(const std::array<Colour, 9>& stops, int level) {
  const double position = level * 8.0 / (kColourLevels - 1);
  const int low = std::min(7, static_cast<int>(position));
  const double part = position - low;
  const auto mix = [part](uint8_t a, uint8_t b) { return static_cast<uint8_t>(std::lround(a + (b - a) * part)); };
  const Colour a = stops[low], b = stops[low + 1];
  return {mix(a.r, b.r), mix(a.g, b.g), mix(a.b, b.b), 255};
}

double channel(uint8_t value) {
  const double c = value / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

}  // namespace

double luminance(Colour colour) {
  return 0.2126 * channel(colour.r) + 0.7152 * channel(colour.g) + 0.0722 * channel(colour.b);
}

double contrast(Colour a, Colour b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

int sequentialLevel(double value) {
  if (!(value > 0)) return 0;
  return static_cast<int>(std::lround(std::min(value, 1.0) * (kColourLevels - 1)));
}

int divergingLevel(double value) {
  const double v = std::isnan(value) ? 0.0 : std::clamp(value, -1.0, 1.0);
  return static_cast<int>(std::lround((v + 1) / 2 * (kColourLevels - 1)));
}

Colour Theme::expertColour(int number, int experts) const {
  return experts <= 16 && number >= 0 && number < 16 ? expert[static_cast<size_t>(number)] : fg3;
}

Colour Theme::rankColour(int rank) const { return rank % 2 == 0 ? routed : routed2; }
Colour Theme::hueByRank(int rank) const { return expert[static_cast<size_t>(std::max(0, rank)) % 16]; }
Colour Theme::sequentialAt(double value) const { return mapAt(sequential, sequentialLevel(value)); }
Colour Theme::divergingAt(double value) const { return mapAt(diverging, divergingLevel(value)); }

Colour Theme::inkOn(Colour background) const {
  const Colour black = rgb(0x000000), white = rgb(0xFFFFFF);
  return contrast(background, black) >= contrast(background, white) ? black : white;
}

const Theme& darkTheme() {
  static const Theme theme = dark();
  return theme;
}

const Theme& lightTheme() {
  static const Theme theme = light();
  return theme;
}

Theme makeTheme(bool wantDark, double textScale) {
  Theme theme = wantDark ? dark() : light();
  theme.textScale = std::isnan(textScale) ? 1.0 : std::clamp(textScale, 1.0, 2.0);
  return theme;
}

std::array<NamedColour, 28> namedColours(const Theme& t) {
  return {{{"bg0", t.bg0},
           {"bg1", t.bg1},
           {"bg2", t.bg2},
           {"bg3", t.bg3},
           {"line", t.line},
           {"line2", t.line2},
           {"fg1", t.fg1},
           {"fg2", t.fg2},
           {"fg3", t.fg3},
           {"accent", t.accent},
           {"accentFill", t.accentFill},
           {"accentText", t.accentText},
           {"onAccent", t.onAccent},
           {"sel", t.sel},
           {"routed", t.routed},
           {"routed2", t.routed2},
           {"kept", t.kept},
           {"keptLaterFill", t.keptLaterFill},
           {"keptLaterBorder", t.keptLaterBorder},
           {"dropped", t.dropped},
           {"shared", t.shared},
           {"attention", t.attention},
           {"residual", t.residual},
           {"remainder", t.remainder},
           {"prompt", t.prompt},
           {"generated", t.generated},
           {"keptBorder", t.kept},
           {"canvas", t.bg1}}};
}

}  // namespace ui
