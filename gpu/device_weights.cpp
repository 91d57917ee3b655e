#include "gpu/device_weights.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/engine/ops.h"
#include "gpu/commands.h"

namespace gpu {
namespace {

constexpr uint64_t kArenaBytes = uint64_t{64} << 20;
constexpr uint64_t kSliceBytes = uint64_t{256} << 20;
constexpr uint64_t kStagingBytes = uint64_t{16} << 20;

uint64_t aligned(uint64_t bytes, uint64_t alignment) { return (bytes + alignment - 1) / alignment * alignment; }

core::DType typeOf(const std::vector<const core::Linear*>& experts) {
  const core::DType type = experts.front()->weight.type;
  const bool same = std::all_of(experts.begin(), experts.end(), [&](auto* e) { return e->weight.type == type; });
  return same ? deviceType(type) : core::DType::F32;
}

// The device has its copy: pages of the mapped file need not stay in this process as well. Anonymous memory is not
// harmed by this advice, and nothing is lost if the system does not take it.
void letGo(const core::Tensor& tensor) {
#ifdef MADV_PAGEOUT
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t skip = (page - reinterpret_cast<uintptr_t>(tensor.data) % page) % page;
  if (tensor.bytes() < skip + page) return;
  madvise(const_cast<std::byte*>(tensor.data + skip), (tensor.bytes() - skip) / page * page, MADV_PAGEOUT);
#else
  (void)tensor;
#endif
}

}  // namespace

DeviceWeights::DeviceWeights(std::shared_ptr<Device> device, uint64_t expectedBytes)
    : m_device(std::move(device)), m_remaining(expectedBytes) {}

uint64_t DeviceWeights::storedBytes(const core::Linear& linear, uint64_t alignment) {
  if (!linear.weight) return 0;
  const uint64_t row = rowBytes(deviceType(linear.weight.type), static_cast<uint32_t>(linear.weight.columns()));
  return aligned(static_cast<uint64_t>(linear.weight.rows()) * row, alignment) + storedBytes(linear.bias, alignment);
}

uint64_t DeviceWeights::storedBytes(const core::Tensor& vector, uint64_t alignment) {
  return vector ? aligned(static_cast<uint64_t>(vector.elements()) * 4, alignment) : 0;
}

core::Result<View> DeviceWeights::place(uint64_t bytes, std::string_view what) {
  const uint64_t room = aligned(bytes, m_device->alignment());
  auto arena =
      std::find_if(m_arenas.begin(), m_arenas.end(), [&](const Arena& a) { return a.used + room <= a.buffer.bytes(); });
  if (arena == m_arenas.end()) {
    const uint64_t size = std::max(room, std::min(m_remaining, kArenaBytes));
    TRY_ASSIGN(Buffer buffer, m_device->makeBuffer(size, MemoryUse::Device, what));
    arena = m_arenas.insert(m_arenas.end(), Arena{std::move(buffer), 0});
  }
  const View view = arena->buffer.view(arena->used, aligned(bytes, 16));
  arena->used += room;
  m_remaining -= std::min(m_remaining, room);
  return view;
}

core::Status DeviceWeights::write(View to, uint64_t rows, uint64_t rowBytes, const Fill& fill) {
  const auto arena = std::find_if(m_arenas.begin(), m_arenas.end(),
                                  [&](const Arena& a) { return a.buffer.view().buffer == to.buffer; });
  if (std::byte* mapped = arena->buffer.mapped()) {
    fill(0, rows, mapped + to.offset);
    return {};
  }
  if (!m_staging) {
    TRY_ASSIGN(m_staging, m_device->makeBuffer(kStagingBytes, MemoryUse::Upload, "staging memory"));
  }
  const uint64_t rowsAtOnce = kStagingBytes / rowBytes;
  if (rowsAtOnce == 0)
    return core::fail("a row of {} bytes is larger than the staging memory of {}", rowBytes, kStagingBytes);
  for (uint64_t row = 0; row < rows; row += rowsAtOnce) {
    const uint64_t count = std::min(rowsAtOnce, rows - row);
    fill(row, count, m_staging.mapped());
    const View from = m_staging.view(0, count * rowBytes);
    const View piece{to.buffer, to.offset + row * rowBytes, count * rowBytes};
    TRY_STATUS(runOnce(m_device, [&](Recorder& recorder) { recorder.copy(from, piece); }));
  }
  return {};
}

core::Status DeviceWeights::addSlice(const std::vector<const core::Linear*>& experts, Matrix& matrix, MatrixSlice slice,
                                     std::string_view what) {
  const uint64_t rowBytes = gpu::rowBytes(matrix.type, matrix.inputs);
  TRY_ASSIGN(slice.view, place(rowBytes * slice.outputs * slice.experts, what));
  for (uint32_t e = 0; e < slice.experts; ++e) {
    const core::Tensor& tensor = experts[slice.firstExpert + e]->weight;
    const uint64_t bytes = rowBytes * slice.outputs;
    const View to{slice.view.buffer, slice.view.offset + e * bytes, bytes};
    TRY_STATUS(write(to, slice.outputs, rowBytes, [&](uint64_t row, uint64_t rows, std::byte* out) {
      packRows(tensor, matrix.type, slice.firstOutput + row, rows, out);
    }));
  }
  matrix.slices.push_back(slice);
  return {};
}

core::Result<Matrix> DeviceWeights::add(const std::vector<const core::Linear*>& experts, std::string_view what) {
  Matrix matrix;
  if (experts.empty() || !experts.front()->weight) return matrix;
  matrix.type = typeOf(experts);
  for (const core::Linear* expert : experts) {
    if (core::isQuantised(expert->weight.type) && expert->weight.type != matrix.type) {
      m_unpacked.insert(expert->weight.type);
    }
  }
  matrix.experts = static_cast<uint32_t>(experts.size());
  matrix.outputs = static_cast<uint32_t>(experts.front()->weight.rows());
  matrix.inputs = static_cast<uint32_t>(experts.front()->weight.columns());
  for (const core::Linear* expert : experts) {
    if (expert->weight.shape != experts.front()->weight.shape || bool(expert->bias) != bool(experts.front()->bias)) {
      return core::fail("{}: the experts' shapes differ", what);
    }
  }
  const uint64_t rowBytes = gpu::rowBytes(matrix.type, matrix.inputs);
  const uint64_t limit = std::min(m_device->maxBindingBytes(), kSliceBytes);
  if (rowBytes > limit) {
    return core::fail("{}: a row takes {} bytes, {} binds at most {}", what, rowBytes, m_device->report().name, limit);
  }
  const uint64_t expertBytes = rowBytes * matrix.outputs;
  const auto expertsAtOnce = static_cast<uint32_t>(std::min<uint64_t>(limit / expertBytes, matrix.experts));
  const auto rowsAtOnce = static_cast<uint32_t>(std::min<uint64_t>(limit / rowBytes, matrix.outputs));
  for (uint32_t e = 0; e < matrix.experts; e += std::max(expertsAtOnce, 1u)) {
    const uint32_t count = std::min(std::max(expertsAtOnce, 1u), matrix.experts - e);
    for (uint32_t row = 0; row < matrix.outputs; row += rowsAtOnce) {
      TRY_STATUS(addSlice(experts, matrix, {{}, e, count, row, std::min(rowsAtOnce, matrix.outputs - row)}, what));
    }
  }
  for (const core::Linear* expert : experts) letGo(expert->weight);

  if (experts.front()->bias) {
    std::vector<float> values;
    for (const core::Linear* expert : experts) {
      for (uint32_t o = 0; o < matrix.outputs; ++o) values.push_back(core::ops::element(expert->bias, o));
    }
    core::Tensor all;
    all.data = reinterpret_cast<const std::byte*>(values.data());
    all.shape = {static_cast<int64_t>(values.size())};
    TRY_ASSIGN(matrix.bias, add(all, what));
  }
  return matrix;
}

core::Result<View> DeviceWeights::add(const core::Tensor& vector, std::string_view what) {
  if (!vector) return View{};
  const auto n = static_cast<uint64_t>(vector.elements());
  TRY_ASSIGN(const View view, place(n * 4, what));
  TRY_STATUS(write(view, 1, n * 4, [&](uint64_t, uint64_t, std::byte* out) {
    for (uint64_t i = 0; i < n; ++i) {
      const float value = core::ops::element(vector, static_cast<int64_t>(i));
      std::memcpy(out + i * 4, &value, 4);
    }
  }));
  return view;
}

void DeviceWeights::finish() { m_staging = Buffer(); }

}  // namespace gpu
