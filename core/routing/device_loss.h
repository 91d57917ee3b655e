// Balance between devices (DeepSeekMoE 3.3, DeepSeek-V2 eq. 23 to 31). Experts live on D devices. Here f_e is
// normalised to 1 for uniform routing: f_e = E / (K T) choices of e. Per device d, P_d sums the mean scores of its
// experts, and
//
//   computation    f_d = mean of f_e over its experts                               loss = sum_d f_d P_d
//   communication  f_d = D / (M T) tokens with at least one choice on d, M the most devices a token may go to
//
// Expert-level balance is balanceLoss with PerChoice. Losses are without their coefficients.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

struct DeviceMap {
  std::vector<int32_t> device;  // (E) device of each expert, in [0, devices)
  int devices = 1;              // D; every device has an expert
};

template <class S>
struct DeviceLoss {
  std::vector<S> f;  // (D)
  std::vector<S> P;  // (D)
  S loss = 0;
};

template <class S>
DeviceLoss<S> deviceBalanceLoss(std::span<const S> scores /* (T, E) */, std::span<const int32_t> ids /* (T, K) */,
                                int K, const DeviceMap& map);

template <class S>
DeviceLoss<S> communicationLoss(std::span<const S> scores /* (T, E) */, std::span<const int32_t> ids /* (T, K) */,
                                int K, const DeviceMap& map, int M);

// gradScores[t,e] += gradLoss f_d / T, d the device of e: the gradient of either loss, f held fixed.
template <class S>
void deviceLossBackward(const DeviceLoss<S>& loss, const DeviceMap& map, S gradLoss,
                        std::span<S> gradScores /* (T, E) */);

}  // namespace core
