// Round numbers along an axis.
#pragma once

namespace ui {

struct Axis {
  double low = 0, high = 1, step = 1;  // multiples of step
};

// The smallest axis over [low, high] with steps of 1, 2 or 5 times a power of ten and at most `steps` of them. low <=
// 0.
Axis niceAxis(double low, double high, int steps);

}  // namespace ui
