// The parity table: every row runs an operation by its readable reference, on the GPU with register tiles and on the
// GPU as if it were a real one, and compares. A row names the kernels it covers; a kernel that no row names fails a
// test.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gpu/device_ops.h"
#include "tests/gpu/test_device.h"

namespace test {

struct Outcome {
  std::vector<float> expected, got;
  std::vector<int32_t> expectedIds, gotIds;  // compared exactly
};

struct ParityRow {
  std::string op, shape;
  double absolute = 0, relative = 0;
  std::vector<std::string> kernels;
  std::function<Outcome(const std::shared_ptr<gpu::Device>&)> run;
};

std::vector<ParityRow> productRows();
std::vector<ParityRow> attentionRows();
std::vector<ParityRow> routerRows();
std::vector<ParityRow> changedRows();
std::vector<ParityRow> rowRows();
std::vector<ParityRow> paintRows();

inline std::vector<ParityRow> parityRows() {
  std::vector<ParityRow> all;
  for (auto* part : {&productRows, &attentionRows, &routerRows, &changedRows, &rowRows, &paintRows}) {
    for (ParityRow& row : (*part)()) all.push_back(std::move(row));
  }
  return all;
}

// Records by `fill` and runs; `step` holds the position of the first token.
template <class Fill>
void onDevice(const std::shared_ptr<gpu::Device>& device, const gpu::Buffer& step, const Fill& fill) {
  const auto status = gpu::runOnce(device, [&](gpu::Recorder& recorder) {
    gpu::DeviceOps ops(recorder, *device, step.view());
    fill(ops, recorder);
  });
  EXPECT_TRUE(status) << status.error().message;
}

inline gpu::Buffer stepAt(const std::shared_ptr<gpu::Device>& device, uint32_t first) {
  return deviceBuffer(device, std::vector<uint32_t>{first, 0, 0, 0});
}

// (rows, width) with rows `stride` apart, the padding filled with zeros.
inline std::vector<float> withStride(const std::vector<float>& tight, size_t width, size_t stride) {
  std::vector<float> out(tight.size() / width * stride);
  for (size_t i = 0; i < tight.size(); ++i) out[i / width * stride + i % width] = tight[i];
  return out;
}

inline std::vector<float> withoutStride(const std::vector<float>& rows, size_t width, size_t stride) {
  std::vector<float> out(rows.size() / stride * width);
  for (size_t i = 0; i < out.size(); ++i) out[i] = rows[i / width * stride + i % width];
  return out;
}

// A matrix of random numbers in the given type; owns its bytes.
struct OwnedLinear {
  core::Linear linear;
  std::vector<std::byte> bytes;
  std::vector<float> biasValues;
  OwnedLinear(core::DType type, uint32_t outputs, uint32_t inputs, bool bias, uint32_t seed, float scale = 0.5f);
};

}  // namespace test
