#include "tests/parity/parity.h"

#include "core/routing/dispatch.h"

namespace test {
namespace {

using core::DType;
using gpu::padded;

struct ProductCase {
  DType type;
  uint32_t T, outputs, inputs;
  bool bias;
  double scale;
  uint64_t sliceBytes;  // 0: one slice
};

// A device with its own limit on bindings, so that small matrices are cut.
std::shared_ptr<gpu::Device> limited(const std::shared_ptr<gpu::Device>& device, uint64_t limit) {
  if (limit == 0) return device;
  gpu::GpuOptions options = gpuOptions(!device->hostMemory());
  options.maxBindingBytes = limit;
  auto made = gpu::Device::create(options);
  EXPECT_TRUE(made);
  return *made;
}

uint32_t wholeBlocks(DType type, uint32_t inputs) {
  const auto block = static_cast<uint32_t>(core::infoOf(type).blockElements);
  return (inputs + block - 1) / block * block;
}

Outcome runLinear(const ProductCase& c, const std::shared_ptr<gpu::Device>& shared) {
  const auto device = limited(shared, c.sliceBytes);
  const OwnedLinear weights(c.type, c.outputs, c.inputs, c.bias, 7);
  const std::vector<float> x = randomFloats(size_t{c.T} * c.inputs, 3);
  Outcome out;
  out.expected.resize(size_t{c.T} * c.outputs);
  core::ops::linear(weights.linear, x.data(), static_cast<int>(c.T), out.expected.data());
  for (float& value : out.expected) value *= static_cast<float>(c.scale);

  gpu::DeviceWeights store(device, uint64_t{1} << 20);
  const auto matrix = store.add(weights.linear, "test matrix");
  EXPECT_TRUE(matrix) << matrix.error().message;
  if (c.sliceBytes > 0) {
    EXPECT_GT(matrix->slices.size(), 1u);
  }
  const uint32_t stride = padded(c.inputs);
  const gpu::Buffer step = stepAt(device, 0), xBuffer = deviceBuffer(device, withStride(x, c.inputs, stride));
  const gpu::Buffer yBuffer = deviceBuffer(device, std::vector<float>(out.expected.size()));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.linear(*matrix, {xBuffer.view(), stride}, c.T, {yBuffer.view(), c.outputs}, static_cast<float>(c.scale));
  });
  out.got = readBuffer<float>(device, yBuffer, out.expected.size());
  if (device != shared) {
    EXPECT_EQ(device->messages(), std::vector<std::string>{});
  }
  return out;
}

// Routed experts' product: gathered rows, scattered by choice, the output or (with a bias, which the weight does not
// touch) the input weighted.
Outcome runGrouped(uint32_t T, uint32_t E, uint32_t K, DType type, uint64_t limit, bool onInput,
                   const std::shared_ptr<gpu::Device>& shared) {
  const auto device = limited(shared, limit);
  const uint32_t outputs = 37, inputs = wholeBlocks(type, 29), stride = padded(inputs);
  std::vector<OwnedLinear> experts;
  std::vector<const core::Linear*> pointers;
  for (uint32_t e = 0; e < E; ++e) experts.emplace_back(type, outputs, inputs, onInput, 100 + e);
  for (const OwnedLinear& expert : experts) pointers.push_back(&expert.linear);
  const std::vector<float> x = randomFloats(size_t{T} * inputs, 5), weights = randomFloats(size_t{T} * K, 6);
  std::vector<int32_t> ids(size_t{T} * K);
  std::mt19937 generator(9);
  for (uint32_t t = 0; t < T; ++t) {
    const uint32_t first = generator() % E;
    for (uint32_t j = 0; j < K; ++j) ids[t * K + j] = static_cast<int32_t>((first + j * (1 + first % 2)) % E);
  }
  core::DispatchOptions<float> options;
  options.capacity = (T * K + E - 1) / E;
  const uint32_t capacity = static_cast<uint32_t>(*options.capacity);
  const core::Dispatch decided = core::dispatch<float>(ids, {}, static_cast<int>(E), static_cast<int>(K), options);
  Outcome out;
  out.expected.assign(size_t{T} * K * outputs, 0);
  for (size_t c = 0; c < ids.size(); ++c) {
    if (!decided.kept[c]) continue;
    std::vector<float> row(x.data() + c / K * inputs, x.data() + (c / K + 1) * inputs);
    for (float& value : row) value *= onInput ? weights[c] : 1;
    core::ops::linear(*pointers[static_cast<size_t>(ids[c])], row.data(), 1, out.expected.data() + c * outputs);
    for (uint32_t o = 0; o < outputs; ++o) out.expected[c * outputs + o] *= onInput ? 1 : weights[c];
  }

  gpu::DeviceWeights store(device, uint64_t{1} << 20);
  const auto matrix = store.add(pointers, "test experts");
  EXPECT_TRUE(matrix) << matrix.error().message;
  if (limit > 0) {
    EXPECT_GT(matrix->slices.size(), 1u);
  }
  const gpu::Buffer step = stepAt(device, 0), xBuffer = deviceBuffer(device, withStride(x, inputs, stride));
  const gpu::Buffer yBuffer = deviceBuffer(device, std::vector<float>(out.expected.size()));
  const gpu::Buffer idBuffer = deviceBuffer(device, ids), applied = deviceBuffer(device, weights);
  const gpu::Buffer slot = deviceBuffer(device, ids), kept = deviceBuffer(device, ids),
                    rows = deviceBuffer(device, ids);
  const gpu::Buffer asked = deviceBuffer(device, std::vector<uint32_t>(E)),
                    begins = deviceBuffer(device, std::vector<uint32_t>(E));
  gpu::Buffer tiles;
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder& recorder) {
    gpu::Batches batches;
    batches.tileRows = ops.tileRows(T * K, E);
    batches.tileCount = gpu::DeviceOps::tileCount(T * K, E, batches.tileRows);
    tiles = deviceBuffer(device, std::vector<uint32_t>(batches.tileCount * 4));
    batches.tiles = tiles.view();
    batches.rows = rows.view();
    batches.applied = applied.view();
    batches.chosen = K;
    batches.gather = batches.scatter = true;
    batches.weighIn = onInput;
    batches.weighOut = !onInput;
    const gpu::DispatchViews views{idBuffer.view(), slot.view(),  kept.view(), asked.view(),
                                   begins.view(),   tiles.view(), rows.view()};
    ops.slots(views, T, E, K, capacity);
    recorder.barrier();
    ops.batchByExpert(views, T, E, K, capacity, batches.tileRows, batches.tileCount);
    recorder.barrier();
    ops.linear(*matrix, {xBuffer.view(), stride}, T * K, {yBuffer.view(), outputs}, 1, &batches);
  });
  out.got = readBuffer<float>(device, yBuffer, out.expected.size());
  for (size_t c = 0; c < ids.size(); ++c) {
    out.expectedIds.push_back(decided.slot[c]);
    out.expectedIds.push_back(decided.kept[c]);
  }
  const auto gotSlot = readBuffer<int32_t>(device, slot, ids.size()),
             gotKept = readBuffer<int32_t>(device, kept, ids.size());
  for (size_t c = 0; c < ids.size(); ++c) {
    out.gotIds.push_back(gotSlot[c]);
    out.gotIds.push_back(gotKept[c]);
  }
  return out;
}

Outcome runEmbed(DType type, uint32_t T, uint32_t V, uint32_t D, uint64_t limit,
                 const std::shared_ptr<gpu::Device>& shared) {
  const auto device = limited(shared, limit);
  const OwnedLinear table(type, V, D, false, 21);
  std::vector<int32_t> ids(T);
  std::mt19937 generator(4);
  for (int32_t& id : ids) id = static_cast<int32_t>(generator() % V);
  Outcome out;
  out.expected.resize(size_t{T} * D);
  core::ops::embed(table.linear.weight, ids.data(), static_cast<int>(T), 1.5, out.expected.data());
  gpu::DeviceWeights store(device, uint64_t{1} << 20);
  const auto matrix = store.add(table.linear, "test table");
  EXPECT_TRUE(matrix) << matrix.error().message;
  if (limit > 0) {
    EXPECT_GT(matrix->slices.size(), 1u);
  }
  const gpu::Buffer step = stepAt(device, 0), idBuffer = deviceBuffer(device, ids);
  const gpu::Buffer yBuffer = deviceBuffer(device, std::vector<float>(size_t{T} * padded(D), 9));
  onDevice(device, step,
           [&](gpu::DeviceOps& ops, gpu::Recorder&) { ops.embed(idBuffer.view(), T, *matrix, 1.5f, yBuffer.view()); });
  const auto rows = readBuffer<float>(device, yBuffer, size_t{T} * padded(D));
  out.got = withoutStride(rows, D, padded(D));
  for (uint32_t t = 0; t < T; ++t) {  // the padding is a product's input: zeros
    for (uint32_t d = D; d < padded(D); ++d) EXPECT_EQ(rows[t * padded(D) + d], 0);
  }
  return out;
}

}  // namespace

std::vector<ParityRow> productRows() {
  std::vector<ParityRow> rows;
  const std::vector<std::string> products = {"linearRegisters", "linearTiles", "linearRow"};
  for (DType type : {DType::F32, DType::F16, DType::BF16}) {
    for (const ProductCase& c : std::vector<ProductCase>{{type, 1, 1, 1, false, 1, 0},
                                                         {type, 1, 127, 64, true, 1, 0},
                                                         {type, 2, 64, 13, false, 1, 0},
                                                         {type, 13, 13, 127, true, 0.25, 0},
                                                         {type, 64, 64, 64, false, 1, 0},
                                                         {type, 127, 130, 61, true, 2, 0},
                                                         {type, 13, 127, 96, true, 1, 8192},
                                                         {type, 1, 127, 96, true, 1, 8192}}) {
      rows.push_back({"linear",
                      fmt::format("{} T{} out{} in{}{}", core::nameOf(type), c.T, c.outputs, c.inputs,
                                  c.sliceBytes ? " sliced" : ""),
                      2e-5, 1e-5, products, [c](const auto& device) { return runLinear(c, device); }});
    }
    for (uint64_t limit : {uint64_t{0}, uint64_t{8192}, uint64_t{4096}}) {
      for (auto [T, E, K] : {std::tuple{1u, 13u, 4u}, {13u, 13u, 2u}, {64u, 12u, 3u}, {127u, 8u, 1u}}) {
        if (limit > 0 && T > 13) continue;  // what is not a weight must fit into a binding
        for (bool onInput : {false, true}) {
          rows.push_back(
              {"experts",
               fmt::format("{} T{} E{} K{} limit{}{}", core::nameOf(type), T, E, K, limit, onInput ? " input" : ""),
               2e-5,
               1e-5,
               {"linearRegisters", "linearTiles", "linearRow", "slots", "batches", "scatterRows"},
               [=, T = T, E = E, K = K](const auto& device) {
                 return runGrouped(T, E, K, type, limit, onInput, device);
               }});
        }
      }
    }
    for (uint64_t limit : {uint64_t{0}, uint64_t{4096}}) {
      rows.push_back({"embed",
                      fmt::format("{} T13 V127 D61 limit{}", core::nameOf(type), limit),
                      0,
                      1e-6,
                      {"embed"},
                      [=](const auto& device) { return runEmbed(type, 13, 127, 61, limit, device); }});
    }
  }
  // Block formats: those that stay packed, and one that is unpacked on upload.
  for (DType type : {DType::Q8_0, DType::Q4_0, DType::MXFP4, DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::IQ4_NL}) {
    const auto inputs = [&](uint32_t least) { return wholeBlocks(type, least); };
    const uint64_t slice = gpu::rowBytes(gpu::deviceType(type), inputs(96)) * 40 / 4096 * 4096 + 4096;
    for (const ProductCase& c : std::vector<ProductCase>{{type, 1, 1, inputs(1), false, 1, 0},
                                                         {type, 1, 127, inputs(64), true, 1, 0},
                                                         {type, 13, 13, inputs(300), true, 0.25, 0},
                                                         {type, 127, 130, inputs(61), true, 2, 0},
                                                         {type, 4, 127, inputs(96), true, 1, slice},
                                                         {type, 1, 127, inputs(96), true, 1, slice}}) {
      rows.push_back({"linear",
                      fmt::format("{} T{} out{} in{}{}", core::nameOf(type), c.T, c.outputs, c.inputs,
                                  c.sliceBytes ? " sliced" : ""),
                      2e-5, 1e-5, products, [c](const auto& device) { return runLinear(c, device); }});
    }
    for (auto [T, E, K] : {std::tuple{1u, 13u, 4u}, {64u, 12u, 3u}}) {
      if (type == DType::Q4_0 || type == DType::Q5_K) continue;  // differ from others in a line of one function
      rows.push_back(
          {"experts",
           fmt::format("{} T{} E{} K{}", core::nameOf(type), T, E, K),
           2e-5,
           1e-5,
           {"linearRegisters", "linearTiles", "linearRow", "slots", "batches", "scatterRows"},
           [=, T = T, E = E, K = K](const auto& device) { return runGrouped(T, E, K, type, 0, T == 1, device); }});
    }
    rows.push_back(
        {"embed", fmt::format("{} T13 V127", core::nameOf(type)), 0, 2e-6, {"embed"}, [=](const auto& device) {
           return runEmbed(type, 13, 127, wholeBlocks(type, 61), 0, device);
         }});
  }
  return rows;
}

}  // namespace test
