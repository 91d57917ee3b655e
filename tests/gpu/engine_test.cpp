// What GpuEngine promises beside the right numbers.
#include <cmath>

#include "core/model/loader.h"
#include "tests/gpu/random_model.h"
#include "tests/gpu/test_device.h"
#include "tests/support/support.h"

namespace {

using core::Capture;
using gpu::Fault;
using gpu::FaultPoint;

// Everything a forward call hands out, as bytes in order.
struct Recorded : core::TensorSink {
  std::vector<float> floats;
  std::vector<int32_t> integers;
  std::vector<int> layers;
  std::vector<int> logitRows;
  int failAtLayer = -1;
  core::ModelConfig config;

  explicit Recorded(const core::ModelConfig& c) : config(c) {}
  void add(const float* rows, int count) {
    if (rows) floats.insert(floats.end(), rows, rows + count);
  }
  void add(const int32_t* rows, int count) {
    if (rows) integers.insert(integers.end(), rows, rows + count);
  }
  core::Status layer(const core::LayerTensors& t) override {
    if (t.layer == failAtLayer) return core::fail("the disk is full");
    layers.push_back(t.layer);
    const int TE = t.tokens * config.router.experts, TK = t.tokens * config.router.chosen, TD = t.tokens * config.width;
    add(t.routerLogits, TE);
    add(t.routerScores, TE);
    add(t.weights, TK);
    for (const int32_t* rows : {t.ids, t.kept, t.slot}) add(rows, TK);
    for (const float* rows : {t.in, t.attention, t.shared, t.out, t.routed}) add(rows, TD);
    add(t.experts, TK * config.width);
    return {};
  }
  core::Status logits(const core::LogitsTensors& t) override {
    for (int i = 0; i < t.tokens; ++i) logitRows.push_back(t.firstToken + i);
    add(t.logits, t.tokens * config.vocabulary);
    return {};
  }
  bool same(const Recorded& other) const {
    return integers == other.integers && floats.size() == other.floats.size() &&
           std::memcmp(floats.data(), other.floats.data(), floats.size() * 4) == 0;
  }
};

std::vector<int32_t> promptOf(int tokens, int vocabulary) {
  std::vector<int32_t> ids;
  for (int i = 0; i < tokens; ++i) ids.push_back((i * 37 + 11) % vocabulary);
  return ids;
}

class GpuEngineTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    shape.sharedHidden = 40;
    model = test::RandomModel::make(shape);
    options = test::gpuOptions(GetParam());
    full.capture = Capture::Full;
  }
  std::shared_ptr<core::Engine> engine() {
    auto made = gpu::makeGpuEngine(model, options);
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }
  Recorded run(core::Engine& e, core::Context& context, std::span<const int32_t> ids) {
    Recorded sink(model->config);
    const core::Status status = e.forward(context, ids, full, sink);
    EXPECT_TRUE(status) << status.error().message;
    return sink;
  }
  std::unique_ptr<core::Context> context(core::Engine& e, int tokens = 64) {
    auto made = e.newContext(tokens);
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(*made);
  }

  test::RandomShape shape;
  std::shared_ptr<const core::Model> model;
  gpu::GpuOptions options;
  core::RunOptions full;
  std::vector<int32_t> prompt = promptOf(37, 256);
};

TEST_P(GpuEngineTest, TwentyRepeatsGiveTheSameBits) {
  shape.dropsChoices = true;
  model = test::RandomModel::make(shape);
  const auto e = engine();
  const auto first = context(*e);
  const Recorded expected = run(*e, *first, prompt);
  const Recorded expectedNext = run(*e, *first, std::vector<int32_t>{5});
  for (int repeat = 1; repeat < 20; ++repeat) {
    // On another engine of its own now and then: what ran before must not matter.
    const auto other = repeat % 5 == 0 ? engine() : e;
    const auto c = context(*other);
    EXPECT_TRUE(run(*other, *c, prompt).same(expected)) << repeat;
    EXPECT_TRUE(run(*other, *c, std::vector<int32_t>{5}).same(expectedNext)) << repeat;
  }
}

TEST_P(GpuEngineTest, TellsHowFarTheWeightsAreAndGivesUpWhenAsked) {
  std::vector<double> told;
  options.uploading = [&](double share) {
    told.push_back(share);
    return true;
  };
  engine();
  ASSERT_EQ(told.size(), static_cast<size_t>(model->config.layers));
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), 1);
  options.uploading = [](double) { return false; };
  const auto stopped = gpu::makeGpuEngine(model, options);
  ASSERT_FALSE(stopped);
  EXPECT_TRUE(stopped.error().cancelled);
}

TEST_P(GpuEngineTest, SmallSubmissionsGiveTheSameBitsAndReportProgress) {
  const auto e = engine();
  const Recorded expected = run(*e, *context(*e), prompt);
  options.submissionWork = 1;
  const auto pieces = engine();
  std::vector<double> shares;
  full.progress = [&](double share) {
    shares.push_back(share);
    return true;
  };
  EXPECT_TRUE(run(*pieces, *context(*pieces), prompt).same(expected));
  ASSERT_GT(shares.size(), 10u);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_DOUBLE_EQ(shares.back(), 1);
}

TEST_P(GpuEngineTest, AProfileNamesTheKernelsThatRanAndChangesNoBit) {
  const auto e = engine();
  const Recorded expected = run(*e, *context(*e), prompt);
  core::Profile profile;
  full.profile = &profile;
  const auto c = context(*e);
  const gpu::GpuCounters before = gpu::gpuCounters(*e);
  EXPECT_TRUE(run(*e, *c, prompt).same(expected));
  const gpu::GpuCounters after = gpu::gpuCounters(*e);
  int64_t kernels = 0;
  for (const core::Profile::Row& row : profile.rows) {
    EXPECT_GE(row.seconds, 0) << row.op;
    if (row.op != "copy" && row.op != "zero" && row.op != "recording") kernels += row.calls;
  }
  EXPECT_EQ(kernels, static_cast<int64_t>(after.dispatches - before.dispatches));
  EXPECT_GT(profile.accounted(), 0);
  EXPECT_EQ(after.submissions - before.submissions, 1u) << "the pass; memory was zeroed in the run before";
}

TEST_P(GpuEngineTest, APassIsOneSubmissionWhenShortAndReadsNothingBackWithinIt) {
  const auto e = engine();
  const auto c = context(*e);
  const gpu::GpuCounters before = gpu::gpuCounters(*e);
  run(*e, *c, prompt);
  const gpu::GpuCounters after = gpu::gpuCounters(*e);
  EXPECT_EQ(after.submissions - before.submissions, 2u) << "zeroing new memory, and the pass";
  EXPECT_EQ(after.hostWaits, after.submissions);
  EXPECT_EQ(after.readBacksInsidePass, 0u);
  EXPECT_EQ(after.readBacks, 2u) << "the captured tensors, and the logits";
  run(*e, *c, std::vector<int32_t>{5});
  const gpu::GpuCounters step = gpu::gpuCounters(*e);
  EXPECT_EQ(step.submissions - after.submissions, 1u);
}

TEST(GpuDevice, AReadInsideAPassIsCounted) {
  const auto device = test::sharedDevice(true);
  const uint64_t before = device->counters().readBacksInsidePass;
  const auto buffer = device->makeBuffer(16, gpu::MemoryUse::Download, "a test");
  ASSERT_TRUE(buffer);
  device->setInsidePass(true);
  (void)buffer->read();
  device->setInsidePass(false);
  (void)buffer->read();
  EXPECT_EQ(device->counters().readBacksInsidePass, before + 1);
}

TEST(GpuDevice, ValidationMessagesAreCollected) {
  auto device = gpu::Device::create(test::gpuOptions(false));
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_TRUE((*device)->messages().empty());
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;  // of no bytes
  VkBuffer buffer = VK_NULL_HANDLE;
  (*device)->api().CreateBuffer((*device)->handle(), &info, nullptr, &buffer);
  (*device)->api().DestroyBuffer((*device)->handle(), buffer, nullptr);
  EXPECT_FALSE((*device)->messages().empty());
}

TEST_P(GpuEngineTest, SingleTokensReplayWhatWasRecorded) {
  const auto e = engine();
  const auto c = context(*e, 40);
  run(*e, *c, promptOf(8, 256));
  for (int32_t id = 0; id < 30; ++id) run(*e, *c, std::span(&id, 1));
  EXPECT_EQ(gpu::gpuCounters(*e).recordings, 2u);
  EXPECT_EQ(gpu::gpuCounters(*e).passes, 31u);
}

TEST_P(GpuEngineTest, ATruncatedContextAndAForkGoOnAsTheOriginalDid) {
  const auto e = engine();
  const auto c = context(*e);
  run(*e, *c, prompt);
  auto fork = c->fork();
  ASSERT_TRUE(fork) << fork.error().message;
  const std::vector<int32_t> next = {9, 8, 7};
  const Recorded expected = run(*e, *c, next);
  run(*e, *c, promptOf(5, 200));
  EXPECT_TRUE(run(*e, **fork, next).same(expected));
  c->truncate(static_cast<int>(prompt.size()));
  EXPECT_TRUE(run(*e, *c, next).same(expected));
  EXPECT_EQ((*fork)->length(), c->length());
}

TEST_P(GpuEngineTest, AGrowingContextKeepsWhatItHolds) {
  const auto e = engine();
  const auto small = context(*e, 600), large = context(*e, 600);
  const std::vector<int32_t> longPrompt = promptOf(250, 256), next = promptOf(20, 100);
  run(*e, *small, longPrompt);
  const Recorded grown = run(*e, *small, next);  // past the room for 256
  run(*e, *large, promptOf(300, 256));           // room for more from the start
  large->truncate(0);
  run(*e, *large, longPrompt);
  EXPECT_TRUE(run(*e, *large, next).same(grown));
}

TEST_P(GpuEngineTest, ErrorsLeaveTheContextAsItWas) {
  const auto e = engine();
  const auto c = context(*e, 50);
  run(*e, *c, prompt);
  const int length = c->length();
  Recorded sink(model->config);
  const auto refused = [&](std::vector<int32_t> ids, const core::RunOptions& o, const std::string& why) {
    const core::Status status = e->forward(*c, ids, o, sink);
    ASSERT_FALSE(status) << why;
    EXPECT_NE(status.error().message.find(why), std::string::npos) << status.error().message;
    EXPECT_EQ(c->length(), length);
  };
  refused({256}, full, "token id 256 is outside the vocabulary of 256");
  refused({-1}, full, "token id -1");
  refused(promptOf(20, 256), full, "room for 50 tokens");
  sink.failAtLayer = 1;
  refused({1, 2}, full, "the disk is full");
  sink.failAtLayer = -1;
  core::RunOptions cancelling = full;
  cancelling.progress = [](double) { return false; };
  const core::Status status = e->forward(*c, std::vector<int32_t>{1, 2}, cancelling, sink);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().cancelled);
  EXPECT_EQ(c->length(), length);
  run(*e, *c, std::vector<int32_t>{1, 2});
}

// Its weights are on the device by then, but what is derived from a run still reads the file.
TEST_P(GpuEngineTest, AModelFileThatIsCutShortEndsTheNextCallWithAnErrorThatNamesIt) {
  const test::ScratchFolder scratch;
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::copy_file(test::asset("models/seed-7m") / name, scratch.path() / name);
  }
  auto loaded = core::loadModel(scratch.path(), "copy");
  ASSERT_TRUE(loaded) << loaded.error().message;
  model = *loaded;
  const auto e = engine();
  const auto c = context(*e, 8);
  run(*e, *c, std::vector<int32_t>{1, 2, 3});
  std::filesystem::resize_file(scratch.path() / "model.safetensors", 4096);
  Recorded sink(model->config);
  const core::Status status = e->forward(*c, std::vector<int32_t>{4}, full, sink);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("model.safetensors"), std::string::npos) << status.error().message;
  EXPECT_EQ(c->length(), 3);
}

TEST_P(GpuEngineTest, OnlyTheLastRowOfLogitsWhenThatIsAsked) {
  const auto e = engine();
  const auto c = context(*e);
  const Recorded all = run(*e, *c, prompt);
  c->truncate(0);
  full.lastLogitsOnly = true;
  full.capture = Capture::None;
  const Recorded last = run(*e, *c, prompt);
  EXPECT_EQ(last.logitRows, std::vector<int>{36});
  EXPECT_TRUE(last.layers.empty());
  ASSERT_EQ(last.floats.size(), 256u);
  for (size_t v = 0; v < 256; ++v) EXPECT_NEAR(last.floats[v], all.floats[all.floats.size() - 256 + v], 1e-5);
}

TEST_P(GpuEngineTest, MemoryThatRunsOutEndsTheCallNotTheProcess) {
  int allocations = 0, failAt = -1;
  options.fault = [&](FaultPoint point) {
    return point == FaultPoint::Allocate && allocations++ == failAt ? Fault::OutOfMemory : Fault::None;
  };
  int made = 0;
  for (failAt = 0; failAt < 60; ++failAt) {
    allocations = 0;
    auto e = gpu::makeGpuEngine(model, options);
    if (!e) continue;
    auto c = (*e)->newContext(64);
    if (!c) continue;
    ++made;
    Recorded sink(model->config);
    const core::Status status = (*e)->forward(**c, prompt, full, sink);
    EXPECT_EQ((*c)->length(), status ? 37 : 0);
    if (!status) {
      EXPECT_NE(status.error().message.find("bytes for"), std::string::npos) << status.error().message;
      run(**e, **c, prompt);  // and the next call works
    }
    if (status && allocations <= failAt) break;  // past the last allocation
  }
  EXPECT_GT(made, 10);
  EXPECT_LT(failAt, 60);
}

TEST_P(GpuEngineTest, ALostDeviceEndsTheCallAndEveryLaterOneWithAnError) {
  bool lose = false;
  options.fault = [&](FaultPoint point) {
    return lose && point == FaultPoint::Submit ? Fault::DeviceLost : Fault::None;
  };
  const auto e = engine();
  const auto c = context(*e);
  run(*e, *c, prompt);
  lose = true;
  Recorded sink(model->config);
  const core::Status status = e->forward(*c, std::vector<int32_t>{1}, full, sink);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("was lost"), std::string::npos) << status.error().message;
  EXPECT_EQ(c->length(), 37);
  lose = false;
  EXPECT_FALSE(e->forward(*c, std::vector<int32_t>{1}, full, sink));
  EXPECT_FALSE(c->fork());
}

TEST_P(GpuEngineTest, AModelLargerThanTheDeviceIsRefusedWithBothSizes) {
  auto huge = std::make_shared<core::Model>(*model);
  huge->weights.embedding.shape = {1 << 24, 1 << 14};  // never read
  const auto e = gpu::makeGpuEngine(huge, options);
  ASSERT_FALSE(e);
  EXPECT_NE(e.error().message.find("needs 10995"), std::string::npos) << e.error().message;
  EXPECT_NE(e.error().message.find("has 2147483648"), std::string::npos) << e.error().message;
}

TEST_P(GpuEngineTest, WhatNoEngineRunsIsRefusedByName) {
  auto other = std::make_shared<core::Model>(*model);
  other->config.finalLogitCap = 30;
  const auto e = gpu::makeGpuEngine(other, options);
  ASSERT_FALSE(e);
  EXPECT_NE(e.error().message.find("capped logits"), std::string::npos) << e.error().message;
}

TEST_P(GpuEngineTest, NothingStaysAllocatedBehindAnEngine) {
  const auto e = engine();
  const uint64_t before = gpu::gpuCounters(*e).deviceBytes;
  {
    const auto c = context(*e);
    EXPECT_GT(gpu::gpuCounters(*e).deviceBytes, before);
  }
  EXPECT_EQ(gpu::gpuCounters(*e).deviceBytes, before);
}

INSTANTIATE_TEST_SUITE_P(, GpuEngineTest, testing::Bool(),
                         [](const auto& example) { return example.param ? "tiles" : "registers"; });

}  // namespace
