#include "core/routing/bias_update.h"

#include "core/base/check.h"

namespace core {

template <class S>
void updateSelectionBias(std::span<const int32_t> load, S gamma, std::span<S> bias) {
  CHECK(load.size() == bias.size(), "load {}, bias {}", load.size(), bias.size());
  int64_t total = 0;
  for (int32_t n : load) total += n;
  for (size_t e = 0; e < bias.size(); ++e) {
    // In whole numbers, so that "exactly at the mean" is exact: mean - load_e = (total - E load_e) / E.
    const int64_t gap = total - static_cast<int64_t>(load.size()) * load[e];
    if (gap != 0) bias[e] += gap > 0 ? gamma : -gamma;
  }
}

template void updateSelectionBias<float>(std::span<const int32_t>, float, std::span<float>);
template void updateSelectionBias<double>(std::span<const int32_t>, double, std::span<double>);

}  // namespace core
