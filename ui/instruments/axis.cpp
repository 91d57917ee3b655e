#include "ui/instruments/axis.h"

#include <algorithm>
#include <cmath>

namespace ui {

Axis niceAxis(double low, double high, int steps) {
  const double span = high - low;
  if (!(span > 0) || !std::isfinite(span) || steps < 1) return {0, 1, 1};
  const double least = span / steps;
  const double decade = std::pow(10.0, std::floor(std::log10(least)));
  double step = decade * 10;
  for (const double part : {1.0, 2.0, 5.0}) {
    const double candidate = decade * part;
    if (std::ceil(high / candidate - 1e-9) - std::floor(low / candidate + 1e-9) <= steps) {
      step = candidate;
      break;
    }
  }
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step};
}

}  // namespace ui
