#include "ui/numbers.h"

#include <fmt/format.h>

#include <cmath>

namespace ui {
namespace {

constexpr const char* kNone = "\u2013";
constexpr const char* kMinus = "\u2212";
constexpr const char* kPercent = "\u202F%";

std::string fixed(double value, int decimals) {
  if (std::isnan(value)) return kNone;
  if (std::isinf(value)) return value > 0 ? "\u221E" : std::string(kMinus) + "\u221E";
  // Halves go away from zero (0.0625 is 0.063), not to the even digit as printing would have it.
  const double unit = std::pow(10.0, decimals), scaled = std::abs(value) * unit;
  const double rounded = scaled < 1e15 ? std::floor(scaled + 0.5) / unit : std::abs(value);
  std::string digits = fmt::format("{:.{}f}", rounded, decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? kMinus + digits : digits;
}

std::string withSign(double value, int decimals) {
  std::string text = fixed(value, decimals);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return value > 0 && !zero && !std::isinf(value) ? "+" + text : text;
}

}  // namespace

std::string scoreText(double value) {
  if (value > 0 && value < 0.0005) return "<0.001";
  return fixed(value, 3);
}

std::string signedText(double value) { return withSign(value, 2); }
std::string signedScoreText(double value) { return withSign(value, 3); }
std::string normText(double value) { return fixed(value, 1); }
std::string shareText(double fraction) { return std::isnan(fraction) ? kNone : fixed(fraction * 100, 1) + kPercent; }
std::string wholeShareText(double fraction) {
  return std::isnan(fraction) ? kNone : fixed(fraction * 100, 0) + kPercent;
}
std::string signedShareText(double fraction) {
  return std::isnan(fraction) ? kNone : withSign(fraction * 100, 1) + kPercent;
}
std::string ratioText(double value) { return fixed(value, 2); }
std::string natsText(double value) { return fixed(value, 2); }
std::string fourText(double value) { return fixed(value, 4); }

std::string errorText(double value) {
  if (std::isnan(value) || std::isinf(value)) return fixed(value, 0);
  if (value == 0) return "0";
  const std::string text = fmt::format("{:.0e}", value);  // 8e-07
  const size_t e = text.find('e');
  const int exponent = std::stoi(text.substr(e + 1));
  return fmt::format("{}e{}", text.substr(0, e), exponent);
}

std::string countText(int64_t value) {
  std::string digits =
      fmt::format("{}", value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return value < 0 ? kMinus + digits : digits;
}

std::string fullText(float value) { return fmt::format("{}", value); }

std::string shortText(double value) {
  std::string text = fixed(value, 2);
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string expertNumber(int expert, int experts) {
  return fmt::format("{:0{}}", expert, experts >= 1000 ? 4 : experts >= 100 ? 3 : 2);
}
std::string expertLabel(int expert, int experts) { return "E" + expertNumber(expert, experts); }
std::string layerLabel(int layer) { return fmt::format("L{}", layer); }
std::string placeLabel(int layer, int expert, int experts) { return layerLabel(layer) + expertLabel(expert, experts); }

}  // namespace ui
