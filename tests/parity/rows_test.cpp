#include "tests/parity/parity.h"

namespace test {
namespace {

using gpu::padded;

Outcome runNorm(core::NormKind kind, uint32_t T, uint32_t groups, uint32_t width,
                const std::shared_ptr<gpu::Device>& device) {
  std::vector<float> x = randomFloats(size_t{T} * groups * width, 41, 4);
  for (float& value : x) value += 1;
  const std::vector<float> w = randomFloats(width, 42), bias = randomFloats(width, 43);
  const bool biased = kind == core::NormKind::Layer;
  core::Norm weights;
  weights.weight = {reinterpret_cast<const std::byte*>(w.data()), core::DType::F32, {width}};
  if (biased) weights.bias = {reinterpret_cast<const std::byte*>(bias.data()), core::DType::F32, {width}};
  Outcome out;
  out.expected.resize(x.size());
  core::ops::norm(kind, weights, 1e-5, x.data(), static_cast<int>(T * groups), static_cast<int>(width),
                  out.expected.data());
  const uint32_t all = groups * width, stride = padded(all);
  const gpu::Buffer step = stepAt(device, 0), wBuffer = deviceBuffer(device, w),
                    biasBuffer = deviceBuffer(device, bias);
  const gpu::NormViews views{wBuffer.view(), biased ? biasBuffer.view() : gpu::View{}};
  // Once into another buffer from the second token on, once in place.
  const gpu::Buffer xBuffer = deviceBuffer(device, withStride(x, all, stride));
  const gpu::Buffer y = deviceBuffer(device, std::vector<float>(size_t{T} * stride));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder& recorder) {
    if (T > 1)
      ops.norm(kind, {xBuffer.view(), stride}, (T - 1) * groups, groups, width, views, 1e-5, {y.view(), stride}, 1);
    recorder.barrier();
    ops.norm(kind, {xBuffer.view(), stride}, T * groups, groups, width, views, 1e-5, {xBuffer.view(), stride});
  });
  out.got = withoutStride(readBuffer<float>(device, xBuffer, size_t{T} * stride), all, stride);
  const auto later = withoutStride(readBuffer<float>(device, y, size_t{T} * stride), all, stride);
  for (size_t i = 0; i + all < out.got.size(); ++i) EXPECT_EQ(later[i], out.got[i + all]);
  return out;
}

// The norm of a sum, and the sum itself.
Outcome runAddAndNorm(core::NormKind kind, uint32_t T, uint32_t width, const std::shared_ptr<gpu::Device>& device) {
  const std::vector<float> x = randomFloats(size_t{T} * width, 44, 4), added = randomFloats(size_t{T} * width, 45, 4);
  const std::vector<float> w = randomFloats(width, 46), bias = randomFloats(width, 47);
  const bool biased = kind == core::NormKind::Layer;
  core::Norm weights;
  weights.weight = {reinterpret_cast<const std::byte*>(w.data()), core::DType::F32, {width}};
  if (biased) weights.bias = {reinterpret_cast<const std::byte*>(bias.data()), core::DType::F32, {width}};
  Outcome out;
  std::vector<float> sum = x;
  core::ops::add(sum.data(), added.data(), static_cast<int64_t>(sum.size()), 0.75);
  out.expected.resize(sum.size());
  core::ops::norm(kind, weights, 1e-5, sum.data(), static_cast<int>(T), static_cast<int>(width), out.expected.data());
  out.expected.insert(out.expected.end(), sum.begin(), sum.end());
  const uint32_t stride = padded(width);
  const gpu::Buffer step = stepAt(device, 0), wBuffer = deviceBuffer(device, w),
                    biasBuffer = deviceBuffer(device, bias);
  const gpu::Buffer xBuffer = deviceBuffer(device, withStride(x, width, stride)),
                    addedBuffer = deviceBuffer(device, withStride(added, width, stride)),
                    y = deviceBuffer(device, std::vector<float>(size_t{T} * stride));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.addAndNorm(kind, {xBuffer.view(), stride}, {addedBuffer.view(), stride}, 0.75, T, width,
                   {wBuffer.view(), biased ? biasBuffer.view() : gpu::View{}}, 1e-5, {y.view(), stride});
  });
  for (const gpu::Buffer* buffer : {&y, &xBuffer}) {
    const auto part = withoutStride(readBuffer<float>(device, *buffer, size_t{T} * stride), width, stride);
    out.got.insert(out.got.end(), part.begin(), part.end());
  }
  return out;
}

// The sum of the ranks, and the stream that takes it.
Outcome runSumRanksInto(uint32_t T, uint32_t D, const std::shared_ptr<gpu::Device>& device) {
  constexpr uint32_t K = 3;
  const uint32_t stride = padded(D);
  const std::vector<float> stream = randomFloats(size_t{T} * D, 65, 3), parts = randomFloats(size_t{T} * K * D, 66);
  std::vector<float> sum(stream.size()), taken = stream;
  core::ops::sumRanks(parts.data(), static_cast<int>(T), K, static_cast<int>(D), sum.data());
  core::ops::add(taken.data(), sum.data(), static_cast<int64_t>(sum.size()), 0.75);
  Outcome out;
  out.expected = sum;
  out.expected.insert(out.expected.end(), taken.begin(), taken.end());
  const gpu::Buffer step = stepAt(device, 0), partBuffer = deviceBuffer(device, withStride(parts, D, stride)),
                    streamBuffer = deviceBuffer(device, withStride(stream, D, stride)),
                    y = deviceBuffer(device, std::vector<float>(size_t{T} * stride));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.sumRanks({partBuffer.view(), stride}, T, K, D, {y.view(), stride}, streamBuffer.view(), 0.75);
  });
  for (const gpu::Buffer* buffer : {&y, &streamBuffer}) {
    const auto part = withoutStride(readBuffer<float>(device, *buffer, size_t{T} * stride), D, stride);
    out.got.insert(out.got.end(), part.begin(), part.end());
  }
  return out;
}

Outcome runActivate(core::Activation activation, uint32_t rows, uint32_t H,
                    const std::shared_ptr<gpu::Device>& device) {
  const uint32_t gateWidth = activation == core::Activation::TripleSwiGlu ? 2 * H : H, stride = padded(H);
  const std::vector<float> gate = randomFloats(size_t{rows} * gateWidth, 51, 10),
                           up = randomFloats(size_t{rows} * H, 52, 10);
  Outcome out;
  out.expected.resize(up.size());
  core::ops::activate(activation, gate.data(), up.data(), static_cast<int>(rows), static_cast<int>(H),
                      out.expected.data());
  const gpu::Buffer step = stepAt(device, 0), gateBuffer = deviceBuffer(device, gate),
                    upBuffer = deviceBuffer(device, up);
  const gpu::Buffer y = deviceBuffer(device, std::vector<float>(size_t{rows} * stride, 5));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.activate(activation, {gateBuffer.view(), gateWidth}, {upBuffer.view(), H}, rows, H, {y.view(), stride});
  });
  const auto got = readBuffer<float>(device, y, size_t{rows} * stride);
  out.got = withoutStride(got, H, stride);
  for (uint32_t r = 0; r < rows; ++r) {
    for (uint32_t h = H; h < stride; ++h) EXPECT_EQ(got[r * stride + h], 0);
  }
  return out;
}

Outcome runElementwise(const std::string& op, uint32_t T, uint32_t D, const std::shared_ptr<gpu::Device>& device) {
  constexpr uint32_t K = 3;
  const uint32_t stride = padded(D);
  const std::vector<float> x = randomFloats(size_t{T} * D, 61, 3), y = randomFloats(size_t{T} * D, 62),
                           gate = randomFloats(T, 63, 20);
  const std::vector<float> parts = randomFloats(size_t{T} * K * D, 64);
  Outcome out;
  out.expected = x;
  const auto n = static_cast<int64_t>(x.size());
  if (op == "add") core::ops::add(out.expected.data(), y.data(), n, 0.75);
  if (op == "clip") core::ops::clip(out.expected.data(), n, 1.5);
  if (op == "sumRanks")
    core::ops::sumRanks(parts.data(), static_cast<int>(T), K, static_cast<int>(D), out.expected.data());
  if (op == "sigmoidGate") {
    // A gate whose logits are the numbers themselves: weight 1, one input a row.
    const float one = 1;
    core::Linear linear;
    linear.weight = {reinterpret_cast<const std::byte*>(&one), core::DType::F32, {1, 1}};
    core::ops::sigmoidGate(linear, gate.data(), static_cast<int>(T), static_cast<int>(D), out.expected.data());
  }
  const gpu::Buffer step = stepAt(device, 0), xBuffer = deviceBuffer(device, withStride(x, D, stride));
  const gpu::Buffer yBuffer = deviceBuffer(device, withStride(y, D, stride)), gateBuffer = deviceBuffer(device, gate);
  const gpu::Buffer partBuffer = deviceBuffer(device, withStride(parts, D, stride));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    if (op == "add") ops.add({xBuffer.view(), stride}, {yBuffer.view(), stride}, T, D, 0.75);
    if (op == "clip") ops.clip({xBuffer.view(), stride}, T, D, 1.5);
    if (op == "sumRanks") ops.sumRanks({partBuffer.view(), stride}, T, K, D, {xBuffer.view(), stride});
    if (op == "sigmoidGate") ops.sigmoidGate(gateBuffer.view(), {xBuffer.view(), stride}, T, D);
  });
  out.got = withoutStride(readBuffer<float>(device, xBuffer, size_t{T} * stride), D, stride);
  return out;
}

// Both ways that the local filter uses it: rows of a cache from one position early on, then rows of this call.
Outcome runPairs(uint32_t T, uint32_t first, uint32_t D, const std::shared_ptr<gpu::Device>& device) {
  const uint32_t xStride = padded(D), yStride = padded(2 * D);
  const std::vector<float> history = randomFloats(size_t{first + T} * D, 71),
                           local = randomFloats(size_t{T + 1} * D, 72);
  const int rows = static_cast<int>(T), width = static_cast<int>(D), wide = 2 * width;
  // Row 0 of the first output stands before the call: at position 0 it sees nothing at all.
  Outcome out;
  out.expected.resize(static_cast<size_t>((2 * rows + 1) * wide));
  const float* at = history.data() + size_t{first} * D;
  if (first > 0) {
    core::ops::pairWithPrevious(at - D, first > 1 ? at - 2 * D : nullptr, rows + 1, width, out.expected.data());
  } else {
    core::ops::pairWithPrevious(at, nullptr, rows, width, out.expected.data() + wide);
  }
  core::ops::pairWithPrevious(local.data() + D, first > 0 ? local.data() : nullptr, rows, width,
                              out.expected.data() + (rows + 1) * wide);

  const gpu::Buffer step = stepAt(device, first), cache = deviceBuffer(device, withStride(history, D, xStride));
  const gpu::Buffer own = deviceBuffer(device, local),
                    marked = deviceBuffer(device, std::vector<float>(size_t{T + 1} * yStride, 5)),
                    later = deviceBuffer(device, std::vector<float>(size_t{T} * yStride, 5));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.pairWithPrevious({cache.view(), xStride}, T + 1, D, true, {marked.view(), yStride});
    ops.pairWithPrevious({own.view(), D}, T, D, false, {later.view(), yStride});
  });
  for (const gpu::Buffer* buffer : {&marked, &later}) {
    const auto got =
        readBuffer<float>(device, *buffer, buffer == &marked ? size_t{T + 1} * yStride : size_t{T} * yStride);
    for (size_t i = 0; i < got.size(); ++i) {
      const float padding = i % yStride >= 2 * D ? got[i] : 0;
      EXPECT_EQ(padding, 0) << i;
    }
    const auto tight = withoutStride(got, 2 * D, yStride);
    out.got.insert(out.got.end(), tight.begin(), tight.end());
  }
  return out;
}

}  // namespace

std::vector<ParityRow> rowRows() {
  std::vector<ParityRow> rows;
  for (auto [T, first, D] :
       {std::tuple{1u, 0u, 1u}, {1u, 1u, 13u}, {1u, 2u, 64u}, {13u, 0u, 13u}, {64u, 7u, 20u}, {13u, 1u, 127u}}) {
    rows.push_back({"pairWithPrevious",
                    fmt::format("T{} first{} D{}", T, first, D),
                    0,
                    0,
                    {"pairWithPrevious"},
                    [=, T = T, first = first, D = D](const auto& device) { return runPairs(T, first, D, device); }});
  }
  for (auto [T, groups, width] :
       {std::tuple{1u, 1u, 1u}, {1u, 1u, 127u}, {13u, 1u, 64u}, {64u, 5u, 13u}, {127u, 1u, 130u}}) {
    for (core::NormKind kind : {core::NormKind::Rms, core::NormKind::Layer}) {
      rows.push_back(
          {"norm",
           fmt::format("{} T{} groups{} D{}", kind == core::NormKind::Rms ? "rms" : "layer", T, groups, width),
           1e-6,
           1e-5,
           {"norm"},
           [=, T = T, groups = groups, width = width](const auto& device) {
             return runNorm(kind, T, groups, width, device);
           }});
    }
  }
  for (auto [T, D] : {std::pair{1u, 1u}, {13u, 127u}, {127u, 64u}}) {
    for (core::NormKind kind : {core::NormKind::Rms, core::NormKind::Layer}) {
      rows.push_back({"addAndNorm",
                      fmt::format("{} T{} D{}", kind == core::NormKind::Rms ? "rms" : "layer", T, D),
                      1e-6,
                      1e-5,
                      {"addAndNorm"},
                      [=, T = T, D = D](const auto& device) { return runAddAndNorm(kind, T, D, device); }});
    }
    rows.push_back(
        {"sumRanks", fmt::format("T{} D{}, added", T, D), 1e-6, 1e-6, {"sumRanks"}, [T = T, D = D](const auto& device) {
           return runSumRanksInto(T, D, device);
         }});
  }
  const std::pair<core::Activation, const char*> activations[] = {{core::Activation::SwiGlu, "swiglu"},
                                                                  {core::Activation::GeGluTanh, "geglu"},
                                                                  {core::Activation::TripleSwiGlu, "triple"},
                                                                  {core::Activation::ClampedSwiGlu, "clamped"}};
  for (const auto& [activation, name] : activations) {
    for (auto [T, H] : {std::pair{1u, 1u}, {13u, 127u}, {64u, 64u}}) {
      rows.push_back({"activate",
                      fmt::format("{} T{} H{}", name, T, H),
                      1e-5,
                      1e-5,
                      {"activate"},
                      [=, a = activation, T = T, H = H](const auto& device) { return runActivate(a, T, H, device); }});
    }
  }
  for (const char* op : {"add", "clip", "sumRanks", "sigmoidGate"}) {
    for (auto [T, D] : {std::pair{1u, 1u}, {13u, 127u}, {127u, 64u}}) {
      rows.push_back({op, fmt::format("T{} D{}", T, D), 1e-6, 1e-6, {op}, [=, T = T, D = D](const auto& device) {
                        return runElementwise(op, T, D, device);
                      }});
    }
  }
  return rows;
}

}  // namespace test
