#include "tests/parity/parity.h"

namespace test {
namespace {

using gpu::padded;

struct AttentionCase {
  uint32_t T, first, heads, keyHeads, headDim, window;
  uint64_t scoreBytes;  // small: several blocks of queries
  uint32_t chunk = 0;
  double logitCap = 0;
  bool sinks = false;
  uint32_t valueDim = 0;  // 0: headDim
  uint32_t values() const { return valueDim > 0 ? valueDim : headDim; }
  bool tiled = false;
};

// Heads of P features laid out `padded(P)` apart.
std::vector<float> padHeads(const std::vector<float>& rows, uint32_t P) { return withStride(rows, P, padded(P)); }

Outcome runAttention(const AttentionCase& c, const std::shared_ptr<gpu::Device>& device) {
  core::ops::AttentionShape shape;
  shape.T = static_cast<int>(c.T);
  shape.first = static_cast<int>(c.first);
  shape.heads = static_cast<int>(c.heads);
  shape.keyValueHeads = static_cast<int>(c.keyHeads);
  shape.headDim = static_cast<int>(c.headDim);
  shape.valueDim = static_cast<int>(c.values());
  shape.scale = 0.3;
  shape.window = static_cast<int>(c.window);
  shape.chunk = static_cast<int>(c.chunk);
  shape.logitCap = c.logitCap;
  shape.tiledKeyValues = c.tiled;
  const uint32_t width = c.heads * c.values(), all = c.first + c.T;
  const std::vector<float> q = randomFloats(size_t{c.T} * c.heads * c.headDim, 1, 2);
  const std::vector<float> keys = randomFloats(size_t{all} * c.keyHeads * c.headDim, 2, 2);
  const std::vector<float> values = randomFloats(size_t{all} * c.keyHeads * c.values(), 3);
  const std::vector<float> sinks = randomFloats(c.heads, 4, 3);
  if (c.sinks) shape.sinks = sinks.data();
  Outcome out;
  out.expected.resize(size_t{c.T} * width);
  core::ops::attention(shape, q.data(), keys.data(), values.data(), out.expected.data());

  core::AttentionConfig config;
  config.heads = shape.heads;
  config.keyValueHeads = shape.keyValueHeads;
  config.headDim = shape.headDim;
  if (c.valueDim > 0) config.latent = {0, 1, 0, 0, shape.valueDim};
  config.scale = shape.scale;
  config.logitCap = shape.logitCap;
  config.tiledKeyValues = shape.tiledKeyValues;
  core::LayerConfig layer;
  layer.window = shape.window;
  layer.chunk = shape.chunk;
  // The cache has room behind what it holds; what lies there must not matter.
  std::vector<float> cacheKeys = padHeads(keys, c.headDim), cacheValues = padHeads(values, c.values());
  const uint32_t positions = padded(all) + 8, stride = padded(width);
  cacheKeys.resize(size_t{positions} * c.keyHeads * padded(c.headDim), 1e30f);
  cacheValues.resize(size_t{positions} * c.keyHeads * padded(c.values()), 1e30f);
  const gpu::Buffer step = stepAt(device, c.first), qBuffer = deviceBuffer(device, padHeads(q, c.headDim));
  const gpu::Buffer keyBuffer = deviceBuffer(device, cacheKeys), valueBuffer = deviceBuffer(device, cacheValues);
  const uint64_t scoreBytes = c.scoreBytes ? c.scoreBytes : uint64_t{c.heads} * c.T * positions * 4;
  const gpu::Buffer scores =
      deviceBuffer(device, std::vector<float>(scoreBytes / 4, std::numeric_limits<float>::quiet_NaN()));
  const gpu::Buffer y = deviceBuffer(device, std::vector<float>(size_t{c.T} * stride)),
                    sinkBuffer = deviceBuffer(device, sinks);
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.attention(config, layer, c.T,
                  {qBuffer.view(), keyBuffer.view(), valueBuffer.view(), scores.view(), positions,
                   c.sinks ? sinkBuffer.view() : gpu::View{}},
                  {y.view(), stride});
  });
  out.got = withoutStride(readBuffer<float>(device, y, size_t{c.T} * stride), width, stride);
  return out;
}

struct RopeCase {
  core::RopeLayout layout;
  uint32_t dimensions;
  int offset = 0;
  uint32_t first = 0;
  double temperature = 0;
};

// The queries, then what lies in the cache from token 0 on: keys, values.
Outcome runRope(const RopeCase& c, const std::shared_ptr<gpu::Device>& device) {
  constexpr uint32_t T = 13, A = 6, G = 3, P = 14, R = 10;
  constexpr float kUntouched = 7;
  core::AttentionConfig config;
  config.heads = A;
  config.keyValueHeads = G;
  config.headDim = P;
  config.latent = {0, 1, 0, 0, R};  // values of another width than keys
  config.rope.dimensions = static_cast<int>(c.dimensions);
  config.rope.layout = c.layout;
  config.rope.offset = c.offset;
  const auto start = static_cast<int>(c.first);
  const core::ops::RopeTable table = core::ops::ropeTable(config.rope, 64, start, T, 0);
  const std::vector<float> q = randomFloats(T * A * P, 11), k = randomFloats(T * G * P, 12),
                           v = randomFloats(T * G * R, 13);
  std::vector<float> queries = q, keys = k;
  if (c.dimensions > 0) {
    core::ops::rope(table, c.layout, queries.data(), T, A, P);
    core::ops::rope(table, c.layout, keys.data(), T, G, P);
  }
  if (c.temperature > 0) core::ops::temper(queries.data(), start, T, A * P, c.temperature, 3);
  Outcome out;
  for (const std::vector<float>* part : {&std::as_const(queries), &std::as_const(keys), &v}) {
    out.expected.insert(out.expected.end(), part->begin(), part->end());
  }

  std::vector<float> both = table.cos;
  both.insert(both.end(), table.sin.begin(), table.sin.end());
  const uint32_t rows = c.first + T;
  const gpu::Buffer step = stepAt(device, c.first), qBuffer = deviceBuffer(device, q),
                    kBuffer = deviceBuffer(device, k), vBuffer = deviceBuffer(device, v);
  const gpu::Buffer turns = deviceBuffer(device, c.dimensions > 0 ? both : std::vector<float>(4));
  const gpu::Buffer queryBuffer = deviceBuffer(device, std::vector<float>(T * A * padded(P), kUntouched)),
                    keyBuffer = deviceBuffer(device, std::vector<float>(rows * G * padded(P), kUntouched)),
                    valueBuffer = deviceBuffer(device, std::vector<float>(rows * G * padded(R), kUntouched));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.rope(config, T,
             {{qBuffer.view(), A * P},
              {kBuffer.view(), G * P},
              {vBuffer.view(), G * R},
              queryBuffer.view(),
              keyBuffer.view(),
              valueBuffer.view()},
             c.dimensions > 0 ? gpu::Turns{turns.view(), static_cast<uint32_t>(table.cos.size())} : gpu::Turns{},
             c.temperature, 3);
  });
  const auto add = [&](const gpu::Buffer& buffer, uint32_t heads, uint32_t width, uint32_t before) {
    std::vector<float> all = readBuffer<float>(device, buffer, (before + T) * heads * padded(width));
    const auto begin = all.begin() + before * heads * padded(width);
    EXPECT_TRUE(std::all_of(all.begin(), begin, [](float value) { return value == kUntouched; }))
        << "a row before the first was touched";
    all.erase(all.begin(), begin);
    for (size_t i = 0; i < all.size(); ++i) {
      if (i % padded(width) >= width) {
        EXPECT_EQ(all[i], 0) << "padding " << i;
      }
    }
    const std::vector<float> tight = withoutStride(all, width, padded(width));
    out.got.insert(out.got.end(), tight.begin(), tight.end());
  };
  add(queryBuffer, A, P, 0);
  add(keyBuffer, G, P, c.first);
  add(valueBuffer, G, R, c.first);
  return out;
}

Outcome runPadHeads(uint32_t first, bool toCache, const std::shared_ptr<gpu::Device>& device) {
  constexpr uint32_t T = 13, heads = 3, P = 14;
  const uint32_t before = toCache ? first : 0, width = heads * padded(P);
  const std::vector<float> x = randomFloats(T * heads * P, 14);
  const gpu::Buffer step = stepAt(device, first), xBuffer = deviceBuffer(device, x);
  const gpu::Buffer y = deviceBuffer(device, std::vector<float>((before + T) * width, 7));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.padHeads({xBuffer.view(), heads * P}, T, heads, P, y.view(), toCache);
  });
  Outcome out;
  out.expected.resize(before * width, 7);
  const std::vector<float> padding = padHeads(x, P);
  out.expected.insert(out.expected.end(), padding.begin(), padding.end());
  out.got = readBuffer<float>(device, y, (before + T) * width);
  return out;
}

Outcome runLatentHeads(const core::ops::LatentShape& shape, const std::shared_ptr<gpu::Device>& device) {
  const auto T = static_cast<size_t>(shape.T), A = static_cast<size_t>(shape.heads),
             N = static_cast<size_t>(shape.nopeDim), P = static_cast<size_t>(shape.headDim),
             R = static_cast<size_t>(shape.valueDim);
  const std::vector<float> made = randomFloats(T * A * (N + R), 71), common = randomFloats(T * (P - N), 72);
  std::vector<float> k(T * A * P), v(T * A * R);
  core::ops::latentHeads(shape, made.data(), common.data(), k.data(), v.data());
  const gpu::Buffer step = stepAt(device, 0), madeBuffer = deviceBuffer(device, made),
                    commonBuffer = deviceBuffer(device, common);
  const gpu::Buffer kBuffer = deviceBuffer(device, std::vector<float>(k.size(), 7)),
                    vBuffer = deviceBuffer(device, std::vector<float>(v.size(), 7));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.latentHeads(shape, madeBuffer.view(), commonBuffer.view(), kBuffer.view(), vBuffer.view());
  });
  Outcome out{k, readBuffer<float>(device, kBuffer, k.size()), {}, {}};
  const std::vector<float> values = readBuffer<float>(device, vBuffer, v.size());
  out.expected.insert(out.expected.end(), v.begin(), v.end());
  out.got.insert(out.got.end(), values.begin(), values.end());
  return out;
}

}  // namespace

std::vector<ParityRow> attentionRows() {
  std::vector<ParityRow> rows;
  for (const AttentionCase& c : std::vector<AttentionCase>{{1, 0, 1, 1, 8, 0, 0},
                                                           {2, 3, 1, 1, 8, 0, 0},
                                                           {1, 13, 3, 3, 13, 0, 0},
                                                           {1, 63, 4, 2, 16, 0, 0},
                                                           {13, 0, 3, 3, 14, 0, 0},
                                                           {64, 0, 6, 2, 8, 0, 0},
                                                           {127, 13, 4, 4, 20, 0, 0},
                                                           {127, 0, 2, 1, 8, 9, 0},
                                                           {13, 64, 7, 1, 8, 9, 0},
                                                           {1, 127, 2, 2, 64, 5, 0},
                                                           {64, 7, 4, 2, 16, 0, 16384},
                                                           {127, 5, 3, 1, 12, 0, 0, 13},
                                                           {1, 26, 2, 2, 8, 0, 0, 13},
                                                           {64, 3, 2, 1, 8, 9, 0, 16},
                                                           {13, 5, 2, 1, 12, 0, 0, 0, 1.5},
                                                           {64, 5, 6, 2, 12, 9, 0, 0, 0, true},
                                                           {1, 40, 2, 1, 8, 0, 0, 0, 0, true},
                                                           {1, 13, 3, 3, 18, 0, 0, 0, 0, false, 14},
                                                           {13, 5, 4, 4, 10, 0, 0, 0, 0, false, 29},
                                                           {64, 3, 2, 2, 20, 0, 0, 0, 0, false, 1},
                                                           {1, 13, 6, 2, 12, 0, 0, 0, 0, false, 0, true},
                                                           {13, 5, 6, 3, 13, 0, 0, 0, 0, false, 0, true}}) {
    rows.push_back({"attention",
                    fmt::format("T{} first{} A{} G{} P{} window{} scores{} chunk{} cap{} sinks{} R{} tiled{}", c.T,
                                c.first, c.heads, c.keyHeads, c.headDim, c.window, c.scoreBytes, c.chunk, c.logitCap,
                                c.sinks, c.values(), c.tiled),
                    1e-5, 1e-5,
                    c.T == 1 && c.logitCap == 0 && !c.sinks
                        ? std::vector<std::string>{"attentionToken"}
                        : std::vector<std::string>{"attentionScores", "attentionSoftmax", "attentionMix"},
                    [c](const auto& device) { return runAttention(c, device); }});
  }
  std::vector<RopeCase> turned{{core::RopeLayout::Half, 0, 0, 0, 0.4}, {core::RopeLayout::Half, 0, 0, 5, 0.4}};
  for (core::RopeLayout layout : {core::RopeLayout::Half, core::RopeLayout::Interleaved}) {
    for (uint32_t first : {0u, 5u}) {
      for (uint32_t dimensions : {0u, 8u, 14u}) turned.push_back({layout, dimensions, 0, first});
      turned.push_back({layout, 8, 5, first});
    }
  }
  for (const RopeCase& c : turned) {
    rows.push_back({"rope",
                    fmt::format("{} dimensions{} behind{} first{} temperature{}",
                                c.layout == core::RopeLayout::Half ? "half" : "interleaved", c.dimensions, c.offset,
                                c.first, c.temperature),
                    1e-6,
                    1e-6,
                    {"rope"},
                    [=](const auto& device) { return runRope(c, device); }});
  }
  for (bool toCache : {false, true}) {
    rows.push_back({"padHeads", toCache ? "cache" : "buffer", 0, 0, {"padHeads"}, [=](const auto& device) {
                      return runPadHeads(5, toCache, device);
                    }});
  }
  for (const core::ops::LatentShape& shape :
       {core::ops::LatentShape{1, 1, 1, 3, 1}, {13, 3, 10, 18, 14}, {64, 4, 13, 21, 127}}) {
    rows.push_back(
        {"latentHeads",
         fmt::format("T{} A{} N{} P{} R{}", shape.T, shape.heads, shape.nopeDim, shape.headDim, shape.valueDim),
         0,
         0,
         {"latentHeads"},
         [=](const auto& device) { return runLatentHeads(shape, device); }});
  }
  return rows;
}

}  // namespace test
