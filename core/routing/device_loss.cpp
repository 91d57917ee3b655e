#include "core/routing/device_loss.h"

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

// Fills P and the loss from f.
template <class S>
void finish(DeviceLoss<S>& out, std::span<const S> scores, const DeviceMap& map) {
  const size_t E = map.device.size(), T = scores.size() / E;
  std::vector<CarefulSum<S>> sums(static_cast<size_t>(map.devices));
  for (size_t i = 0; i < scores.size(); ++i) sums[static_cast<size_t>(map.device[i % E])].add(scores[i]);
  CarefulSum<S> loss;
  for (size_t d = 0; d < sums.size(); ++d) {
    out.P.push_back(sums[d].value() / static_cast<S>(T));
    loss.add(out.f[d] * out.P[d]);
  }
  out.loss = loss.value();
}

template <class S>
size_t checkedTokens(std::span<const S> scores, std::span<const int32_t> ids, int K, const DeviceMap& map) {
  const size_t E = map.device.size(), T = E == 0 ? 0 : scores.size() / E;
  CHECK(E > 0 && K > 0 && scores.size() == T * E && ids.size() == T * static_cast<size_t>(K),
        "scores {}, ids {}, E {}, K {}", scores.size(), ids.size(), E, K);
  for (int32_t d : map.device) CHECK(d >= 0 && d < map.devices, "device {} of {}", d, map.devices);
  for (int32_t id : ids) CHECK(id >= 0 && static_cast<size_t>(id) < E, "expert {} of {}", id, E);
  return T;
}

}  // namespace

template <class S>
DeviceLoss<S> deviceBalanceLoss(std::span<const S> scores, std::span<const int32_t> ids, int K, const DeviceMap& map) {
  const size_t T = checkedTokens(scores, ids, K, map), devices = static_cast<size_t>(map.devices);
  std::vector<int64_t> choices(devices), experts(devices);
  for (int32_t id : ids) ++choices[static_cast<size_t>(map.device[static_cast<size_t>(id)])];
  for (int32_t d : map.device) ++experts[static_cast<size_t>(d)];
  DeviceLoss<S> out;
  const S uniform =
      static_cast<S>(T) * static_cast<S>(K) / static_cast<S>(map.device.size());  // choices a fair expert gets
  for (size_t d = 0; d < devices; ++d)
    out.f.push_back(static_cast<S>(choices[d]) / uniform / static_cast<S>(experts[d]));
  finish(out, scores, map);
  return out;
}

template <class S>
DeviceLoss<S> communicationLoss(std::span<const S> scores, std::span<const int32_t> ids, int K, const DeviceMap& map,
                                int M) {
  const size_t T = checkedTokens(scores, ids, K, map), devices = static_cast<size_t>(map.devices),
               chosen = static_cast<size_t>(K);
  CHECK(M > 0, "M {}", M);
  std::vector<int64_t> tokens(devices);
  std::vector<size_t> lastToken(devices, T);  // the token that was counted on a device last
  for (size_t i = 0; i < ids.size(); ++i) {
    const size_t d = static_cast<size_t>(map.device[static_cast<size_t>(ids[i])]);
    tokens[d] += lastToken[d] != i / chosen;
    lastToken[d] = i / chosen;
  }
  DeviceLoss<S> out;
  for (int64_t n : tokens)
    out.f.push_back(static_cast<S>(map.devices) * static_cast<S>(n) / (static_cast<S>(M) * static_cast<S>(T)));
  finish(out, scores, map);
  return out;
}

template <class S>
void deviceLossBackward(const DeviceLoss<S>& loss, const DeviceMap& map, S gradLoss, std::span<S> gradScores) {
  const size_t E = map.device.size(), T = gradScores.size() / E;
  const S factor = gradLoss / static_cast<S>(T);
  for (size_t i = 0; i < gradScores.size(); ++i)
    gradScores[i] += factor * loss.f[static_cast<size_t>(map.device[i % E])];
}

#define INSTANTIATE(S)                                                                                              \
  template DeviceLoss<S> deviceBalanceLoss<S>(std::span<const S>, std::span<const int32_t>, int, const DeviceMap&); \
  template DeviceLoss<S> communicationLoss<S>(std::span<const S>, std::span<const int32_t>, int, const DeviceMap&,  \
                                              int);                                                                 \
  template void deviceLossBackward<S>(const DeviceLoss<S>&, const DeviceMap&, S, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
