// The GPU engine against the processor's on models of random weights: sizes that the golden cases do not have.
#include <cmath>

#include "core/engine/cpu_engine.h"
#include "tests/gpu/random_model.h"
#include "tests/gpu/test_device.h"

namespace {

// What one forward call says, in place by layer and position, however many passes it took.
struct Collected : core::TensorSink {
  std::vector<int32_t> ids, kept, slot;  // (L, T, K)
  std::vector<float> weights, out;       // (L, T, K), (L, T, D)
  std::vector<float> rows;               // (T, V)
  size_t T, K, D, V;

  Collected(const core::ModelConfig& config, size_t tokens)
      : T(tokens),
        K(static_cast<size_t>(config.router.chosen)),
        D(static_cast<size_t>(config.width)),
        V(static_cast<size_t>(config.vocabulary)) {
    const size_t choices = static_cast<size_t>(config.layers) * T * K;
    for (auto* integers : {&ids, &kept, &slot}) integers->assign(choices, -1);
    weights.resize(choices);
    out.resize(static_cast<size_t>(config.layers) * T * D);
    rows.resize(T * V);
  }
  template <class Value>
  void place(std::vector<Value>& all, const Value* from, size_t width, size_t layer, int first, int tokens) {
    if (from)
      std::copy_n(from, static_cast<size_t>(tokens) * width,
                  all.data() + (layer * T + static_cast<size_t>(first)) * width);
  }
  core::Status layer(const core::LayerTensors& t) override {
    const auto l = static_cast<size_t>(t.layer);
    place(ids, t.ids, K, l, t.firstToken, t.tokens);
    place(kept, t.kept, K, l, t.firstToken, t.tokens);
    place(slot, t.slot, K, l, t.firstToken, t.tokens);
    place(weights, t.weights, K, l, t.firstToken, t.tokens);
    place(out, t.out, D, l, t.firstToken, t.tokens);
    return {};
  }
  core::Status logits(const core::LogitsTensors& t) override {
    place(rows, t.logits, V, 0, t.firstToken, t.tokens);
    return {};
  }
};

void expectNear(const std::vector<float>& expected, const std::vector<float>& got, const char* what) {
  ASSERT_EQ(expected.size(), got.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(expected[i], got[i], 2e-4 + 2e-4 * std::abs(expected[i])) << what << " index " << i;
  }
}

struct Example {
  const char* name;
  test::RandomShape shape;
  size_t tokens;
};

class Agreement : public testing::TestWithParam<std::tuple<Example, bool>> {};

TEST_P(Agreement, TheGpuSaysWhatTheProcessorSays) {
  const auto& [example, asDiscrete] = GetParam();
  const auto model = test::RandomModel::make(example.shape, 3);
  auto cpu = core::makeCpuEngine(model, 2);
  auto onGpu = gpu::makeGpuEngine(model, test::gpuOptions(asDiscrete));
  ASSERT_TRUE(cpu && onGpu);
  std::vector<int32_t> ids;
  for (size_t i = 0; i < example.tokens; ++i)
    ids.push_back(static_cast<int32_t>((i * i * 7 + i * 3 + 1) % model->config.vocabulary));
  std::vector<Collected> said;
  core::RunOptions options;
  options.capture = core::Capture::Ledger;
  for (core::Engine* engine : {cpu->get(), onGpu->get()}) {
    auto context = engine->newContext(static_cast<int>(ids.size()));
    ASSERT_TRUE(context) << context.error().message;
    said.emplace_back(model->config, ids.size());
    const core::Status status = engine->forward(**context, ids, options, said.back());
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ((*context)->length(), static_cast<int>(ids.size()));
  }
  EXPECT_EQ(said[0].ids, said[1].ids);
  EXPECT_EQ(said[0].kept, said[1].kept);
  EXPECT_EQ(said[0].slot, said[1].slot);
  expectNear(said[0].weights, said[1].weights, "weights");
  expectNear(said[0].out, said[1].out, "out");
  expectNear(said[0].rows, said[1].rows, "logits");
  EXPECT_EQ(gpu::gpuCounters(**onGpu).validationMessages, std::vector<std::string>{});
}

std::vector<Example> examples() {
  std::vector<Example> all;
  test::RandomShape many;  // many experts, odd sizes
  many.width = 60;
  many.heads = 3;
  many.experts = 61;
  many.chosen = 6;
  many.expertHidden = 13;
  many.type = core::DType::BF16;
  all.push_back({"many_experts", many, 130});
  test::RandomShape deep;  // longer than a pass
  deep.width = 32;
  deep.expertHidden = 24;
  deep.vocabulary = 90;
  deep.type = core::DType::F16;
  all.push_back({"longer_than_a_pass", deep, 700});
  test::RandomShape drops = deep;  // one group, however long
  drops.dropsChoices = true;
  drops.type = core::DType::F32;
  all.push_back({"one_group_with_drops", drops, 700});
  test::RandomShape single;
  single.experts = 5;
  single.chosen = 1;
  single.sharedHidden = 20;
  all.push_back({"top_one_gated_shared", single, 65});
  test::RandomShape packed;  // weights that stay packed, in blocks of 32 and of 256
  packed.type = core::DType::Q8_0;
  packed.sharedHidden = 96;
  all.push_back({"q8_0", packed, 40});
  packed.type = core::DType::Q6_K;
  packed.width = packed.expertHidden = packed.sharedHidden = 256;
  all.push_back({"q6_k", packed, 20});
  test::RandomShape unpacked;
  unpacked.type = core::DType::IQ4_NL;
  all.push_back({"iq4_nl", unpacked, 20});
  return all;
}

TEST(Upload, SaysWhichBlockFormatsWereUnpacked) {
  test::RandomShape shape;
  for (const auto& [type, expected] : {std::pair{core::DType::MXFP4, "registers"}, {core::DType::Q5_1, "registers, Q5_1 unpacked to F32"}}) {
    shape.type = type;
    const auto engine = gpu::makeGpuEngine(test::RandomModel::make(shape), test::gpuOptions(false));
    ASSERT_TRUE(engine) << engine.error().message;
    EXPECT_EQ((*engine)->info().kernels, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(, Agreement, testing::Combine(testing::ValuesIn(examples()), testing::Bool()),
                         [](const auto& row) {
                           return std::string(std::get<0>(row.param).name) +
                                  (std::get<1>(row.param) ? "_tiles" : "_registers");
                         });

}  // namespace
