// Weights on the device. Matrices keep the type they have in the file where kernels read it (weight_format.h), else they
// become f32; plain rows are padded with zeros to a multiple of eight elements, so that kernels read four at a time. A matrix larger than a binding may be is cut into slices: whole
// experts where one fits, else rows of one expert. Vectors (norms, biases) become f32.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "core/model/model.h"
#include "gpu/device.h"
#include "gpu/weight_format.h"

namespace gpu {

struct MatrixSlice {
  View view;
  uint32_t firstExpert = 0, experts = 1;
  uint32_t firstOutput = 0, outputs = 0;
};

struct Matrix {  // (experts, outputs, inputs)
  core::DType type = core::DType::F32;  // on the device
  uint32_t experts = 1, outputs = 0, inputs = 0;
  std::vector<MatrixSlice> slices;
  View bias;  // (experts, outputs) or none
  uint32_t steps() const { return padded(inputs) / 4; }
  explicit operator bool() const { return outputs > 0; }
};

struct MlpMatrices {
  Matrix gate, up, down;
  explicit operator bool() const { return static_cast<bool>(up); }
};

class DeviceWeights {
 public:
  // `expectedBytes`: of everything that will be added, from storedBytes(); sizes the buffers.
  DeviceWeights(std::shared_ptr<Device> device, uint64_t expectedBytes);

  // What a matrix or a vector takes up on a device with this alignment.
  static uint64_t storedBytes(const core::Linear& linear, uint64_t alignment);
  static uint64_t storedBytes(const core::Tensor& vector, uint64_t alignment);

  // One matrix, or those of all experts as one. An absent weight gives an empty matrix. `what` names it in errors.
  core::Result<Matrix> add(const std::vector<const core::Linear*>& experts, std::string_view what);
  core::Result<Matrix> add(const core::Linear& linear, std::string_view what) {
    return add(std::vector{&linear}, what);
  }
  core::Result<View> add(const core::Tensor& vector, std::string_view what);

  // Block formats that were unpacked to F32.
  const std::set<core::DType>& unpacked() const { return m_unpacked; }

  // Everything is there: lets the staging memory go.
  void finish();

 private:
  // Writes `rows` rows of `rowBytes` into `to`, from fill(row, rows, bytes).
  using Fill = std::function<void(uint64_t row, uint64_t rows, std::byte* bytes)>;
  core::Status write(View to, uint64_t rows, uint64_t rowBytes, const Fill& fill);
  // In the first buffer with room, else in a new one.
  core::Result<View> place(uint64_t bytes, std::string_view what);
  core::Status addSlice(const std::vector<const core::Linear*>& experts, Matrix& matrix, MatrixSlice slice,
                        std::string_view what);

  std::shared_ptr<Device> m_device;
  uint64_t m_remaining;
  std::set<core::DType> m_unpacked;
  struct Arena {
    Buffer buffer;
    uint64_t used = 0;
  };
  std::vector<Arena> m_arenas;
  Buffer m_staging;
};

}  // namespace gpu
